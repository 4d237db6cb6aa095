"""Long texts in parts that a platform takes. Lengths are UTF-16 units, as platforms count."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot.language import Say
from locales.text import Span, Text


def length(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits(text: str, limit: int) -> bool:
    """Whether it is no longer than `limit` UTF-16 units; a letter is one or two."""
    return 2 * len(text) <= limit or length(text) <= limit


def is_blank(text: Text) -> bool:
    """Whether there is nothing to see: no platform takes such a message."""
    return not text.plain.strip()


def split(text: Text, limit: int) -> list[Text]:
    """Parts of at most `limit` UTF-16 units, cut at a paragraph, line or word border where there is one."""
    parts: list[Text] = []
    rest = text
    while not fits(plain := rest.plain, limit):
        at = _border(plain, limit)
        parts.append(cut(rest, 0, at))
        rest = cut(rest, at, None)
    return [*parts, rest]


def trimmed(text: Text) -> Text:
    """Without white space at either end."""
    plain = text.plain
    return cut(text, len(plain) - len(plain.lstrip()), len(plain.rstrip()))


def cut(text: Text, start: int, end: int | None) -> Text:
    """The letters from `start` to before `end`, in their styles."""
    spans: list[Span] = []
    position = 0
    for span in text.spans:
        low = max(start - position, 0)
        high = len(span.text) if end is None else max(min(end - position, len(span.text)), 0)
        if low < high:
            spans.append(replace(span, text=span.text[low:high]))
        position += len(span.text)
    return Text(tuple(spans))


def _border(plain: str, limit: int) -> int:
    fits = _letters_within(plain, limit)
    for mark in ("\n\n", "\n", " "):
        at = plain.rfind(mark, 1, fits)
        if at > fits // 2:
            return at + len(mark)
    return fits


def _letters_within(plain: str, units: int) -> int:
    used = 0
    for index, letter in enumerate(plain):
        used += 2 if ord(letter) > 0xFFFF else 1  # noqa: PLR2004 (beyond the basic plane)
        if used > units:
            return index
    return len(plain)


def bodies(says: Sequence[Say]) -> int:
    """How many of these are messages of their own; a toast alone is none."""
    return sum(bool(say.text or say.picture or say.file) for say in says)
