"""Text with light markup: spans, never markup characters, so typed names can break nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

Value: TypeAlias = "str | int | Text"

_TOKEN = re.compile(r"<(?P<close>/?)(?P<tag>b|i|code)>|\{(?P<name>\w+)(?P<format>:\w+)?\}")


class Span(Struct, frozen=True):
    """A run of letters in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False


class Text(Struct, frozen=True, dict=True):
    """A sequence of spans. `plain` is what a channel without markup shows."""

    spans: tuple[Span, ...] = ()

    @cached_property
    def plain(self) -> str:
        """All letters without styles."""
        spans = self.spans
        return spans[0].text if len(spans) == 1 else "".join([span.text for span in spans])

    def __add__(self, other: Text | str) -> Text:
        return Text(self.spans + as_text(other).spans)

    def __bool__(self) -> bool:
        return bool(self.plain)


def as_text(value: Value) -> Text:
    """Plain letters as unstyled text."""
    return value if isinstance(value, Text) else Text((Span(str(value)),))


def join(parts: list[Text] | list[str], separator: str = "\n") -> Text:
    """The parts with the separator between them."""
    spans: list[Span] = []
    for part in parts:
        if spans:
            spans.append(Span(separator))
        spans.extend(as_text(part).spans)
    return Text(_together(spans))


def fill(template: str, values: Mapping[str, Value]) -> Text:
    """`<b>`, `<i>`, `<code>` and `{name}` of a template become spans; values are never parsed."""
    spans: list[Span] = []
    for part in _parts(template):
        if isinstance(part, Span):
            spans.append(part)
        else:
            spans.extend(_filled(values[part.name], part))
    return Text(_together(spans))


def _together(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Neighbours of one style as one: whatever is done with a text is done once a span."""
    made: list[Span] = []
    for span in spans:
        last = made[-1] if made else None
        if last and last.bold == span.bold and last.italic == span.italic and last.code == span.code:
            made[-1] = Span(last.text + span.text, span.bold, span.italic, span.code)
        elif span.text:
            made.append(span)
    return tuple(made)


class _Place(Struct, frozen=True):
    """Where a value goes, and how it is shown."""

    name: str
    format: str
    style: Span


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[Span | _Place, ...]:
    """The template taken apart, once."""
    parts: list[Span | _Place] = []
    style = Span("")
    position = 0
    for token in _TOKEN.finditer(template):
        parts.append(replace(style, text=template[position : token.start()]))
        position = token.end()
        if token["tag"]:
            style = _switch(style, token["tag"], on=not token["close"])
        else:
            parts.append(_Place(token["name"], (token["format"] or ":")[1:], style))
    parts.append(replace(style, text=template[position:]))
    return tuple(part for part in parts if isinstance(part, _Place) or part.text)


def placeholders(template: str) -> set[str]:
    """The names in braces."""
    return {token["name"] for token in _TOKEN.finditer(template) if token["name"]}


def _switch(style: Span, tag: str, *, on: bool) -> Span:
    if tag == "b":
        return replace(style, bold=on)
    if tag == "i":
        return replace(style, italic=on)
    return replace(style, code=on)


def _filled(value: Value, place: _Place) -> tuple[Span, ...]:
    if isinstance(value, Text):
        return value.spans
    style = place.style
    return (Span(format(value, place.format), style.bold, style.italic, style.code),)
