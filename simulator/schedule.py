"""A script of faults: when each begins, how long it lasts; chance comes from one seed."""

from dataclasses import dataclass
from random import Random
from typing import Any

from simulator.errors import Refused
from simulator.wishes import Json, choice, whole

MOST = 10_000  # entries
CLOCKS = ("real", "simulator")
_DURATION = {"real": "seconds", "simulator": "sim_seconds"}


@dataclass(frozen=True)
class Entry:
    """`wish` begins `at` seconds after the script; how long it lasts stands in the wish."""

    at: float
    wish: Json


@dataclass(frozen=True)
class Script:
    entries: list[Entry]
    seed: int
    clock: str


def read_script(values: Json) -> Script:
    """{"script": [{"at", "fault", "for"?, "every"?, "times"?}, …], "seed"?, "clock"?: real | simulator}.

    `at` and `for` are seconds or [least, most]; `fault` is a wish or a list of which chance takes one;
    `times` repeats the line, `every` so many seconds. Raises Refused.
    """
    lines = values.get("script")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise Refused("script must be a list of objects")
    seed, clock = whole(values, "seed", 0), choice(values, "clock", CLOCKS)
    random = Random(seed)  # noqa: S311 - repeatable, no secret
    entries = [entry for line in lines for entry in _repeated(line, random, clock)]
    if len(entries) > MOST:
        raise Refused(f"a script has at most {MOST} entries")
    return Script(sorted(_named(entries), key=lambda entry: entry.at), seed, clock)


def _repeated(line: Json, random: Random, clock: str) -> list[Entry]:
    times = whole(line, "times", 1)
    if not 1 <= times <= MOST:
        raise Refused(f"times is 1 to {MOST}")
    every = _drawn(line.get("every", 0), "every", random)
    return [entry for n in range(times) for entry in _once(line, random, clock, n * every)]


def _once(line: Json, random: Random, clock: str, later: float) -> list[Entry]:
    at = _drawn(line.get("at", 0), "at", random) + later
    wishes = line.get("fault")
    wish = random.choice(wishes) if isinstance(wishes, list) and wishes else wishes
    if not isinstance(wish, dict):
        raise Refused("fault must be an object, or a list to choose from")
    lasts = None if line.get("for") is None else _drawn(line["for"], "for", random)
    if wish.get("kind") == "flood":
        off = [] if lasts is None else [Entry(at + lasts, {"kind": "flood", "on": False})]
        return [Entry(at, wish), *off]
    return [Entry(at, wish if lasts is None else {**wish, _DURATION[clock]: lasts})]


def _drawn(value: Any, name: str, random: Random) -> float:
    pair = value if isinstance(value, list) else [value, value]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and v >= 0 for v in pair)
    if len(pair) != 2 or not numbers or pair[0] > pair[1]:  # noqa: PLR2004 - a pair
        raise Refused(f"{name} must be seconds, or [least, most]")
    return float(random.uniform(*pair))


def _named(entries: list[Entry]) -> list[Entry]:
    """Nameless faults get names of their own, so that one does not end another."""
    return [
        Entry(entry.at, {"name": f"{entry.wish.get('kind')} {number}", **entry.wish})
        if entry.wish.get("kind") not in {"none", "flood"}
        else entry
        for number, entry in enumerate(entries, 1)
    ]
