"""parse_mode Markdown, the old one: no nesting, escapes before _ * ` [ only."""

from typing import Any

from simulator.telegram.markdown import KINDS, Reader

_ESCAPED = "_*`["
_MARKS = {"```", "`", "*", "_", "["}


class _OldReader(Reader):
    def step(self) -> None:
        letter, following = self.source[self.at], self.source[self.at + 1 : self.at + 2]
        if letter == "\\" and following and following in _ESCAPED:
            self.emit(following, 2)
        elif self.top() == "text_link" and letter == "]":
            self.end_link()
        elif (
            self.stack and self.top() != "text_link" and self.source.startswith(self.stack[-1].mark, self.at)
        ):
            self.close()
        elif not self.stack and (mark := self.mark()):
            self.open(mark)
        else:
            self.emit(letter, 1)

    def mark(self) -> str | None:
        return next((m for m in KINDS if m in _MARKS and self.source.startswith(m, self.at)), None)

    def line_start(self) -> None:
        return


def parse_markdown(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities (offsets in UTF-16 units). Raises Refusal "can't parse entities: …"."""
    return _OldReader(source).read()
