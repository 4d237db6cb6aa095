"""Reading what a script wishes for: every value is checked, everything wrong is Refused with a sentence."""

from typing import Any

from simulator.errors import Refused

Json = dict[str, Any]


def amount(wish: Json, name: str, default: float | None = None) -> float:
    """A number, zero or more."""
    value = wish.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise Refused(f"{name} must be a number, zero or more")
    return value


def whole(wish: Json, name: str, default: int) -> int:
    value = wish.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{name} must be a whole number")
    return value


def optional(wish: Json, name: str) -> float | None:
    return None if wish.get(name) is None else amount(wish, name)


def share(wish: Json) -> float:
    value = amount(wish, "share", 1.0)
    if value > 1:
        raise Refused("share is between 0 and 1")
    return value


def seconds_between(wish: Json, name: str, default: int) -> tuple[int, int]:
    """One number of seconds, or [least, most]."""
    value = wish.get(name, default)
    pair = value if isinstance(value, list) else [value, value]
    numbers = all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in pair)
    if len(pair) != 2 or not numbers or pair[0] > pair[1]:  # noqa: PLR2004 - a pair
        raise Refused(f"{name} must be whole seconds, or [least, most]")
    return pair[0], pair[1]


def names(wish: Json, name: str) -> frozenset[str]:
    """One value or a list of them, as texts; empty when missing."""
    value = wish.get(name)
    values = value if isinstance(value, list) else [] if value is None or value == "" else [value]
    if not all(isinstance(v, str | int) and not isinstance(v, bool) for v in values):
        raise Refused(f"{name} must be a text, a number or a list of them")
    return frozenset(str(v) for v in values)


def choice(wish: Json, name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, by default the first."""
    value = wish.get(name, choices[0])
    if value not in choices:
        raise Refused(f"{name} is one of {', '.join(choices)}")
    return str(value)


def flag(wish: Json, name: str, *, default: bool) -> bool:
    value = wish.get(name, default)
    if not isinstance(value, bool):
        raise Refused(f"{name} must be true or false")
    return value
