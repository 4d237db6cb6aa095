"""The checker's pure part: what was said compared with what had to be said."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LOOK_BACK = 6  # parts of an answer that may come again after a crash
BEGINNING = 24
_DIGITS = re.compile(r"\d+")


def sends(journal: Iterable[Json]) -> list[Json]:
    """The calls that put words before somebody's eyes and were accepted."""
    return [line for line in journal if line["ok"] and _shows(str(line["method"]))]


def _shows(method: str) -> bool:
    return method.startswith(("send", "edit")) and method != "sendChatAction"


def shape(line: Json, own_words: str = "") -> str:
    """The beginning of what was said, without numbers and without what the person wrote."""
    args = line["args"]
    text = str(args.get("text") or args.get("caption") or line["method"])
    if own_words:
        text = text.replace(own_words, "~")
    first = re.sub(r"<[^>]*>", "", text).lstrip().split("\n", 1)[0]
    return _DIGITS.sub("#", first)[:BEGINNING]


@dataclass
class Aligned:
    """`lost`: parts never said. `twice`: journal lines of a saying and its repeat. `strange`: the rest."""

    lost: int = 0
    twice: list[tuple[int, int]] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def align(expected: Sequence[str], said: Iterable[tuple[int, str]]) -> Aligned:
    """Walk through what a person was told, in order. A crash may only repeat what was said just before.

    Of several sayings of one shape in a row nobody can tell which is the repeat, so a repeat is paired with
    the first of its row.
    """
    found, at = Aligned(), 0
    rows: dict[str, int] = {}  # shape: line that began its latest row
    before = ""
    for number, what in said:
        began = rows[what] if what == before else rows.get(what, number)
        if at < len(expected) and expected[at] == what:
            at += 1
        elif what in rows and what in expected[max(0, at - LOOK_BACK) : at]:
            found.twice.append((began, number))
        elif what in expected[at:]:
            skipped = expected.index(what, at) - at
            found.lost += skipped
            at += skipped + 1
        else:
            found.strange.append(what)
        if what != before:
            rows[what] = number
        before = what
    found.lost += len(expected) - at
    return found


def by_cause(twice: Iterable[tuple[int, int]], kills: Sequence[int]) -> tuple[int, int]:
    """(most repetitions that one kill caused, repetitions without a kill between the two).

    `kills`: the journal's last line at each. Of several kills between, the one blamed least in this row of
    sayings is blamed.
    """
    counts: Counter[int] = Counter()
    in_row: Counter[tuple[int, int]] = Counter()
    unprovoked = 0
    for first, second in twice:
        between = range(bisect.bisect_left(kills, first), bisect.bisect_left(kills, second))
        if not between:
            unprovoked += 1
            continue
        kill = min(between, key=lambda one: in_row[first, one])
        in_row[first, kill] += 1
        counts[kill] += 1
    return max(counts.values(), default=0), unprovoked
