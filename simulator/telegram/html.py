"""parse_mode HTML: tags and entities as the platform reads them, refusals in its words."""

import re
from dataclasses import dataclass
from html.entities import html5
from typing import Any

from simulator.telegram.errors import bad
from simulator.telegram.utf16 import length16

_KINDS = {
    "b": "bold", "strong": "bold",
    "i": "italic", "em": "italic",
    "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "code": "code", "pre": "pre", "a": "text_link",
    "tg-spoiler": "spoiler", "span": "spoiler", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
_NAMED = {"lt", "gt", "amp", "quot"}
_TAG = re.compile(r"</?[A-Za-z][^\s>]*", re.ASCII)
_ATTRIBUTE = re.compile(r"""\s*([A-Za-z-]+)\s*(?:=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""", re.ASCII)
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([a-z]+));?")


@dataclass
class _Open:
    tag: str
    at: int
    attributes: dict[str, str]


class _Reader:
    """One pass over the source; `out` is the plain text, `units` its length in UTF-16."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.units = 0
        self.stack: list[_Open] = []
        self.entities: list[dict[str, Any]] = []

    def byte_offset(self, at: int) -> int:
        return len(self.source[:at].encode())

    def emit(self, text: str) -> None:
        self.out.append(text)
        self.units += length16(text)

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        while self.at < len(self.source):
            letter = self.source[self.at]
            if letter == "<":
                self._tag()
            elif letter == "&":
                self._reference()
            else:
                end = _next_special(self.source, self.at)
                self.emit(self.source[self.at : end])
                self.at = end
        if self.stack:
            tag = self.stack[-1].tag
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\"")
        return "".join(self.out), self.entities

    def _reference(self) -> None:
        found = _REFERENCE.match(self.source, self.at)
        meaning = _meaning(found) if found else None
        if found is None or meaning is None:
            self.emit("&")
            self.at += 1
            return
        self.emit(meaning)
        self.at = found.end()

    def _tag(self) -> None:
        start = self.at
        if self.source.startswith("</", start):
            self._end_tag(start)
            return
        found = _TAG.match(self.source, start)
        tag = found.group()[1:].lower() if found else ""
        if tag not in _KINDS:
            offset = self.byte_offset(start)
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {offset}')
        self.at = start + 1 + len(tag)
        attributes = self._attributes(start)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            offset = self.byte_offset(start)
            raise bad(
                f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {offset}'
            )
        self.stack.append(_Open(tag, self.units, attributes))

    def _attributes(self, start: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            while self.at < len(self.source) and self.source[self.at].isspace():
                self.at += 1
            if self.source[self.at : self.at + 1] == ">":
                self.at += 1
                return found
            one = _ATTRIBUTE.match(self.source, self.at)
            if one is None:
                raise bad(
                    f"can't parse entities: Unclosed start tag at byte offset {self.byte_offset(start)}"
                )
            raw = (one.group(2) or "").strip("\"'")
            found[one.group(1).lower()] = _REFERENCE.sub(lambda m: _meaning(m) or m.group(), raw)
            self.at = one.end()

    def _end_tag(self, start: int) -> None:
        end = self.source.find(">", start)
        offset = self.byte_offset(start)
        if end < 0:
            raise bad(f"can't parse entities: Unclosed end tag at byte offset {offset}")
        if not self.stack:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {offset}")
        tag = self.source[start + 2 : end].strip().lower()
        opened = self.stack.pop()
        if tag and tag != opened.tag:
            expected = f'expected "</{opened.tag}>", found "</{tag}>"'
            raise bad(f"can't parse entities: Unmatched end tag at byte offset {offset}, {expected}")
        self.at = end + 1
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self.units - opened.at
        if not length:
            return
        entity: dict[str, Any] = {"type": _KINDS[opened.tag], "offset": opened.at, "length": length}
        if opened.tag == "a":
            entity["url"] = opened.attributes.get("href") or "".join(self.out)[-length:]
        if opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        if opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
        if opened.tag == "tg-time":
            entity["unix_time"] = int(opened.attributes.get("unix", "0") or 0)
        if opened.tag == "code" and self.stack and self.stack[-1].tag == "pre":
            self.stack[-1].attributes["language"] = opened.attributes.get("class", "").removeprefix(
                "language-"
            )
            return
        if opened.tag == "pre" and opened.attributes.get("language"):
            entity["language"] = opened.attributes["language"]
        self.entities.append(entity)


def _next_special(source: str, at: int) -> int:
    ends = [end for end in (source.find("<", at), source.find("&", at)) if end >= 0]
    return min(ends, default=len(source))


def _meaning(found: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = found.groups()
    if name:
        return html5[name + ";"] if name in _NAMED else None
    try:
        return chr(int(decimal) if decimal else int(hexadecimal, 16)) if found.group() else None
    except (ValueError, OverflowError):
        return None


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities (offsets in UTF-16 units). Raises Refusal "can't parse entities: …"."""
    return _Reader(source).read()
