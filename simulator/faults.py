"""What goes wrong in life, on demand. A new fault is one class here and one line in `_KINDS`."""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.errors import Refused

_PEACEFUL = {"getupdates", "getme", "setwebhook", "deletewebhook", "getwebhookinfo"}


@dataclass(frozen=True)
class Damage:
    """What a call meets instead of its answer: an error with a code, or no answer at all (`code` 0)."""

    code: int
    description: str = ""
    retry_after: int | None = None


class Fault(Protocol):
    def strike(self, method: str, person: str) -> Damage | None: ...
    def view(self) -> dict[str, Any]: ...
    def over(self) -> bool: ...


@dataclass
class Refusing:
    """The next `calls` sends are refused; `method` (lower case) and `person` narrow it."""

    kind: str
    damage: Damage
    calls: int
    method: str = ""
    person: str = ""

    def strike(self, method: str, person: str) -> Damage | None:
        hit = method == self.method if self.method else method not in _PEACEFUL
        if self.over() or not hit or (self.person and person != self.person):
            return None
        self.calls -= 1
        return self.damage

    def view(self) -> dict[str, Any]:
        return {"kind": self.kind, "calls": self.calls, "retry_after": self.damage.retry_after}

    def over(self) -> bool:
        return self.calls <= 0


@dataclass
class Offline:
    """Nobody answers at all, neither calls nor webhooks, until the real time `until` (monotonic)."""

    until: float

    def strike(self, method: str, person: str) -> Damage | None:
        return None if self.over() else Damage(0)

    def view(self) -> dict[str, Any]:
        return {"kind": "offline", "seconds": round(max(0.0, self.until - time.monotonic()), 1)}

    def over(self) -> bool:
        return time.monotonic() >= self.until


def _number(wish: dict[str, Any], name: str, default: float) -> float:
    value = wish.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise Refused(f"{name} must be a number, zero or more")
    return value


def _refusing(wish: dict[str, Any], kind: str, damage: Damage) -> Refusing:
    method, person = str(wish.get("method", "")).lower(), str(wish.get("person", ""))
    return Refusing(kind, damage, int(_number(wish, "calls", 1)), method, person)


def _429(wish: dict[str, Any]) -> Fault:
    after = int(_number(wish, "retry_after", 3))
    return _refusing(wish, "429", Damage(429, f"Too Many Requests: retry after {after}", after))


def _500(wish: dict[str, Any]) -> Fault:
    return _refusing(wish, "500", Damage(500, "Internal Server Error"))


def _offline(wish: dict[str, Any]) -> Fault:
    return Offline(time.monotonic() + _number(wish, "seconds", 10))


_KINDS = {"429": _429, "500": _500, "offline": _offline}


@dataclass
class Faults:
    """At most one fault at a time."""

    current: Fault | None = field(default=None)

    def wish(self, wish: dict[str, Any]) -> None:
        """Begin the fault that a script asked for; `none` ends the present one. Raises Refused."""
        kind = str(wish.get("kind", ""))
        if kind == "none":
            self.current = None
        elif kind in _KINDS:
            self.current = _KINDS[kind](wish)
        else:
            raise Refused(f"unknown fault: {kind[:40]!r}; known are none, {', '.join(_KINDS)}")

    def strike(self, method: str, person: str) -> Damage | None:
        return self.current.strike(method, person) if self.current else None

    def offline(self) -> bool:
        return isinstance(self.current, Offline) and not self.current.over()

    def view(self) -> dict[str, Any]:
        if self.current is None or self.current.over():
            return {"kind": "none"}
        return self.current.view()
