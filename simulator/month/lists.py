"""Choosing where there are no buttons: the list that stands on the phone, and ways to type from it."""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

_LINE = re.compile(r"(\d{1,2}|[A-H])\. (.+)")
_LETTERS = "ABCDEFGH"
_TOGETHER = " · "
_PARAGRAPH = re.compile(r"\n\s*\n")
_MARKS = "✓☑ "
_LINK = re.compile(r".+: https?://\S+")


@dataclass(frozen=True)
class Line:
    """One choice of a list: what to type, and what it means."""

    key: str
    label: str

    @property
    def is_letter(self) -> bool:
        """Whether the choice is nothing but its letter: the answers of a question."""
        return self.key == self.label.strip(_MARKS) and len(self.key) == 1


def lines_in(text: str) -> list[Line]:
    """The last list in a message; empty when there is none."""
    for paragraph in reversed(_PARAGRAPH.split(text)):
        found = _lines(paragraph.strip().split("\n"))
        if found:
            return found
    return []


def _lines(rows: list[str]) -> list[Line]:
    """The lines of a paragraph that is nothing but a list: letters in one line, then lines in order."""
    rows = [row for row in rows if not _LINK.fullmatch(row)]
    letters = _letters(rows[0]) if rows else []
    others = [_LINE.fullmatch(row) for row in (rows[1:] if letters else rows)]
    lines = [Line(row[1], row[2]) for row in others if row]
    if len(lines) < len(others) or not _in_order([line.key for line in lines]):
        return []
    return letters + lines


def _letters(row: str) -> list[Line]:
    """'A · B · C · Xong'."""
    parts = row.split(_TOGETHER)
    keys = [part.strip(_MARKS) for part in parts]
    if keys[:2] != ["A", "B"]:
        return []
    return [Line(key, part) for key, part in zip(keys, parts, strict=True)]


def _in_order(keys: list[str]) -> bool:
    """'1', '2', '3' or 'A', 'B', 'C'."""
    places = [_LETTERS.index(key) if key in _LETTERS else int(key) for key in keys]
    return all(later == earlier + 1 for earlier, later in pairwise(places))


def without_tones(text: str) -> str:
    """'Tôi sẽ dự' as somebody types who uses no tone marks."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


_Way = Callable[[Line], str]
_BY_KEY: tuple[_Way, ...] = (
    lambda line: line.key,
    lambda line: line.key.lower(),
    lambda line: f"{line.key}.",
    lambda line: f"{line.key} )",
    lambda line: f"câu {line.key.lower()}",
    lambda line: f"Chọn {line.key}",
    lambda line: f"CAU {line.key}",
)
_BY_WORDS: tuple[_Way, ...] = (
    lambda line: line.label,
    lambda line: without_tones(line.label),
    lambda line: line.label.upper(),
    lambda line: without_tones(line.label).lower(),
)


def typed(line: Line, chance: random.Random, *, words_only: bool = False) -> str:
    """One of the ways to type a choice; `words_only` when its number may mean something else by now."""
    if words_only:
        return chance.choice(_BY_WORDS)(line)
    if line.is_letter or chance.random() < 0.7:  # noqa: PLR2004 - most people type the number
        return chance.choice(_BY_KEY)(line)
    return chance.choice(_BY_WORDS)(line)
