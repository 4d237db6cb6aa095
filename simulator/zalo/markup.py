"""Zalo's own markup on the phone: markdown, html, and styles by place (zalo.md 2.4, sendMessage)."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from simulator.telegram.utf16 import length16

Entity = dict[str, Any]

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "s": "strikethrough",
    "del": "strikethrough", "strike": "strikethrough",
}  # fmt: skip
_BLOCKS = {"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "p", "div"}
_STYLES = {"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough"}
_MARKS = (
    ("***", "bold"),
    ("**", "bold"),
    ("~~", "strikethrough"),
    ("`", "code"),
    ("*", "italic"),
    ("_", "italic"),
)
_BRACES = re.compile(r"\{/?(?:red|orange|yellow|green|big|underline)\}")
_HEADING = re.compile(r"^(?:#{1,4} |> )", re.MULTILINE)


class BrokenMarkup(Exception):
    """Something is opened and not closed, or not known."""


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities: list[Entity] = []
        self._open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        if tag == "br":
            self.text += "\n"
        elif tag in _TAGS or tag in _BLOCKS:
            self._open.append((tag, length16(self.text)))
        else:
            raise BrokenMarkup(f"unknown tag {tag[:20]}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise BrokenMarkup(f"{tag[:20]} is closed, but not open")
        _, begin = self._open.pop()
        if tag in _BLOCKS:
            self.text += "\n"
        else:
            self.entities.append({"type": _TAGS[tag], "offset": begin, "length": length16(self.text) - begin})

    def handle_data(self, data: str) -> None:
        self.text += data

    def done(self) -> tuple[str, list[Entity]]:
        self.close()
        if self._open:
            raise BrokenMarkup(f"{self._open[-1][0]} is not closed")
        return self.text.rstrip("\n"), self.entities


def _markdown(source: str) -> tuple[str, list[Entity]]:
    source = _HEADING.sub("", _BRACES.sub("", source))
    text, at = "", 0
    entities: list[Entity] = []
    opened: dict[str, int] = {}
    while at < len(source):
        if source[at] == "\\" and source[at + 1 : at + 2]:
            text, at = text + source[at + 1], at + 2
            continue
        mark = next((m for m in _MARKS if source.startswith(m[0], at)), None)
        if mark is None or _inside_word(source, at, mark[0]):
            text, at = text + source[at], at + 1
            continue
        begin = opened.pop(mark[0], None)
        if begin is None:
            opened[mark[0]] = length16(text)
        else:
            entities.append({"type": mark[1], "offset": begin, "length": length16(text) - begin})
        at += len(mark[0])
    if opened:
        raise BrokenMarkup(f"{next(iter(opened))} is not closed")
    return text, entities


def _inside_word(source: str, at: int, mark: str) -> bool:
    """a_b and 3 * 4 are no marks."""
    before, after = source[at - 1 : at], source[at + len(mark) : at + len(mark) + 1]
    alone = not before.strip() and not after.strip()
    return alone or (mark == "_" and before.isalnum() and after.isalnum())


def parsed(text: str, mode: str) -> tuple[str, list[Entity]]:
    """`mode` is "markdown" or "html". Raises BrokenMarkup."""
    if mode == "markdown":
        return _markdown(text)
    reader = _Html()
    reader.feed(text)
    return reader.done()


def stripped(text: str) -> str:
    """What is left of broken markup on the phone."""
    return unescape(re.sub(r"</?[a-zA-Z][^>]*>", "", text))


def styled(styles: Any) -> list[Entity]:
    """`text_styles`: [{"start", "len", "st": [codes]}], UTF-16 units; of the codes b i u s are shown."""
    found: list[Entity] = []
    for style in styles if isinstance(styles, list) else []:
        codes = style.get("st", []) if isinstance(style, dict) else []
        for code in codes if isinstance(codes, list) else []:
            if code in _STYLES:
                found.append(
                    {"type": _STYLES[code], "offset": style.get("start", 0), "length": style.get("len", 0)}
                )
    return found
