"""What people have learnt for the quiz: questions, as they read on the screen, and the right options."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

LETTERS = "ABCDEFGH"
_HEAD = re.compile(r"^Câu (\d+)/(\d+)( ·.*)?$", re.MULTILINE)
_OPTION = re.compile(r"^([A-H])\. (.+)$", re.MULTILINE)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Asked:
    """A question as it stands on the screen. `number` from 1; `options` by letter."""

    number: int
    total: int
    text: str
    options: dict[str, str]


def read_question(text: str) -> Asked | None:
    """The question in a message, if there is one."""
    head = _HEAD.search(text)
    if head is None:
        return None
    rest = text[head.end() :]
    options = {letter: plain(option) for letter, option in _OPTION.findall(rest)}
    first = _OPTION.search(rest)
    return Asked(int(head[1]), int(head[2]), plain(rest[: first.start()] if first else rest), options)


def plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


class Knowledge:
    """Right options by question; empty when nobody has a book to learn from."""

    def __init__(self, right: dict[str, frozenset[str]] | None = None) -> None:
        self._right = right or {}

    def choose(self, asked: Asked, skill: float, chance: random.Random) -> list[str]:
        """Letters to answer with: the right ones in `skill` of all cases, else a guess."""
        right = [letter for letter, option in asked.options.items() if option in self._known(asked)]
        if right and chance.random() < skill:
            return right
        return [chance.choice(list(asked.options))]

    def is_right(self, asked: Asked, letters: list[str]) -> bool | None:
        """Whether these letters are the right ones; None for a question that is in no book."""
        known = self._known(asked)
        return {asked.options[letter] for letter in letters} == known if known else None

    def _known(self, asked: Asked) -> frozenset[str]:
        return self._right.get(asked.text, frozenset())


def read_book(path: Path) -> Knowledge:
    """Learn from a question file of an office: columns Câu hỏi, Phương án A …, Đáp án."""
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    head = [str(cell) for cell in rows[0]]
    question, key = head.index("Câu hỏi"), head.index("Đáp án")
    columns = {name[-1]: place for place, name in enumerate(head) if name.startswith("Phương án ")}
    right: dict[str, frozenset[str]] = {}
    for row in rows[1:]:
        letters = [letter for letter in str(row[key]).upper() if letter in columns]
        right[plain(str(row[question]))] = frozenset(plain(str(row[columns[letter]])) for letter in letters)
    return Knowledge(right)
