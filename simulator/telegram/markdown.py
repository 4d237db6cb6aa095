"""parse_mode MarkdownV2 as the platform reads it, refusals in its words."""

from dataclasses import dataclass, field
from typing import Any

from simulator.telegram.errors import Refusal, bad
from simulator.telegram.utf16 import length16

_RESERVED = "_*[]()~`>#+-=|{}.!"
_ASCII_END = 126
KINDS = {
    "```": "pre",
    "||": "spoiler",
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "`": "code",
    "[": "text_link",
}
_TITLES = {"pre": "Pre", "code": "Code", "text_link": "TextUrl"}


@dataclass
class Opened:
    """A mark that waits for its end: `at` in UTF-16 units of the text, `byte` in the source."""

    kind: str
    mark: str
    at: int
    byte: int
    language: str = ""


@dataclass
class Reader:
    """One pass over the source; `units` is the length of the text so far in UTF-16."""

    source: str
    at: int = 0
    units: int = 0
    out: list[str] = field(default_factory=list)
    stack: list[Opened] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    quote_from: int | None = None
    quote_kind: str = "blockquote"

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        self.line_start()
        while self.at < len(self.source):
            self.step()
        self._end_quote(self.units)
        if self.stack:
            left = self.stack[-1]
            title = _TITLES.get(left.kind, left.kind.title())
            raise bad(f"can't parse entities: Can't find end of {title} entity at byte offset {left.byte}")
        return "".join(self.out), self.entities

    def emit(self, text: str, width: int) -> None:
        """Add to the text, and go `width` letters on in the source."""
        self.out.append(text)
        self.units += length16(text)
        self.at += width

    def top(self) -> str:
        return self.stack[-1].kind if self.stack else ""

    def step(self) -> None:
        letter, following = self.source[self.at], self.source[self.at + 1 : self.at + 2]
        if letter == "\\" and following and 0 < ord(following) <= _ASCII_END:
            self.emit(following, 2)
        elif self.top() in {"code", "pre"}:
            self._code_step(letter)
        elif letter == "\n":
            self._new_line()
        elif letter == ">" and self.quote_from is None and (not self.out or self.out[-1] == "\n"):
            self.line_start()
        elif letter == "]" and self.top() == "text_link":
            self.end_link()
        elif mark := self.mark():
            self._toggle(mark)
        elif letter in _RESERVED:
            raise _reserved(letter)
        else:
            self.emit(letter, 1)

    def mark(self) -> str | None:
        """The longest mark that begins here."""
        return next((mark for mark in KINDS if self.source.startswith(mark, self.at)), None)

    def _code_step(self, letter: str) -> None:
        if self.source.startswith(self.stack[-1].mark, self.at):
            self.close()
        elif letter == "`":
            raise _reserved(letter)
        else:
            self.emit(letter, 1)

    def _toggle(self, mark: str) -> None:
        if mark != "[" and self.top() == KINDS[mark]:
            self.close()
        elif (
            mark == "||"
            and self.quote_from is not None
            and self.source[self.at + 2 : self.at + 3] in {"", "\n"}
        ):
            self.quote_kind = "expandable_blockquote"
            self.at += len(mark)
        else:
            self.open(mark)

    def open(self, mark: str) -> None:
        self.stack.append(Opened(KINDS[mark], mark, self.units, len(self.source[: self.at].encode())))
        self.at += len(mark)
        if mark == "```":
            self._language()

    def _language(self) -> None:
        line, end, _ = self.source[self.at :].partition("\n")
        if end and "`" not in line and " " not in line:
            self.stack[-1].language = line
            self.at += len(line) + 1

    def close(self) -> None:
        opened = self.stack.pop()
        self.at += len(opened.mark)
        self._add(
            opened.kind, opened.at, self.units, **({"language": opened.language} if opened.language else {})
        )

    def end_link(self) -> None:
        opened = self.stack.pop()
        self.at += 1
        if self.source.startswith("(", self.at):
            self._add("text_link", opened.at, self.units, url=self._url())

    def _url(self) -> str:
        """What stands in the brackets behind a link's words; a backslash escapes."""
        url: list[str] = []
        start, self.at = self.at, self.at + 1
        while self.at < len(self.source) and self.source[self.at] != ")":
            self.at += self.source[self.at] == "\\"
            url.append(self.source[self.at : self.at + 1])
            self.at += 1
        if self.at >= len(self.source):
            offset = len(self.source[:start].encode())
            raise bad(f"can't parse entities: Can't find end of a URL at byte offset {offset}")
        self.at += 1
        return "".join(url)

    def _new_line(self) -> None:
        ended_at = self.units
        self.emit("\n", 1)
        if not self.source.startswith(">", self.at):
            self._end_quote(ended_at)
        self.line_start()

    def line_start(self) -> None:
        if self.source.startswith(">", self.at):
            self.at += 1
            self.quote_from = self.units if self.quote_from is None else self.quote_from

    def _end_quote(self, end: int) -> None:
        if self.quote_from is not None:
            self._add(self.quote_kind, self.quote_from, end)
            self.quote_from, self.quote_kind = None, "blockquote"

    def _add(self, kind: str, start: int, end: int, **extra: str) -> None:
        if end > start:
            self.entities.append({"type": kind, "offset": start, "length": end - start, **extra})


def _reserved(letter: str) -> Refusal:
    escape = "must be escaped with the preceding '\\'"
    return bad(f"can't parse entities: Character '{letter}' is reserved and {escape}")


def parse_markdown_v2(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities (offsets in UTF-16 units). Raises Refusal "can't parse entities: …"."""
    return Reader(source).read()
