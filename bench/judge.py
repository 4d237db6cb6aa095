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
    """Walk through what a person was told, in order. A crash may only repeat what was said just before."""
    found, at = Aligned(), 0
    lines: dict[str, int] = {}
    for number, what in said:
        if at < len(expected) and expected[at] == what:
            at += 1
        elif what in lines and what in expected[max(0, at - LOOK_BACK) : at]:
            found.twice.append((lines[what], number))
        elif what in expected[at:]:
            skipped = expected.index(what, at) - at
            found.lost += skipped
            at += skipped + 1
        else:
            found.strange.append(what)
        lines[what] = number
    found.lost += len(expected) - at
    return found


def by_cause(twice: Iterable[tuple[int, int]], kills: Sequence[int]) -> tuple[int, int]:
    """(most repetitions that one kill caused, repetitions without a kill between the two).

    `kills`: the journal's last line at each. The first kill after a saying is what left it in doubt.
    """
    counts: Counter[int] = Counter()
    unprovoked = 0
    for first, second in twice:
        kill = bisect.bisect_left(kills, first)
        if kill < len(kills) and kills[kill] < second:
            counts[kill] += 1
        else:
            unprovoked += 1
    return max(counts.values(), default=0), unprovoked
