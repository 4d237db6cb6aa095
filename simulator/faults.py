"""The faults that are at work now: several at once, by name, each with an aim and limits of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from simulator.clock import Clock
from simulator.damage import Aim, Damage, Target
from simulator.errors import Refused
from simulator.fault_kinds import KINDS, Draw, kind_of
from simulator.wishes import Json, flag, names, optional, share

_ANY = "*"
_NAME_LENGTH = 64

Told = Callable[["Fault", str], None]


@dataclass
class Limits:
    """How long a fault lasts. `until` is monotonic real time, `until_simulated` the simulator's time."""

    calls: int | None = None
    until: float | None = None
    until_simulated: float | None = None
    share: float = 1.0

    def over(self, now: float) -> bool:
        """`now` is the simulator's time."""
        if self.calls is not None and self.calls <= 0:
            return True
        if self.until is not None and time.monotonic() >= self.until:
            return True
        return self.until_simulated is not None and now >= self.until_simulated

    def view(self, now: float) -> Json:
        seen: Json = {} if self.calls is None else {"calls": self.calls}
        if self.until is not None:
            seen["seconds"] = round(max(0.0, self.until - time.monotonic()), 1)
        if self.until_simulated is not None:
            seen["sim_seconds"] = round(max(0.0, self.until_simulated - now), 1)
        return seen | ({"share": self.share} if self.share < 1 else {})


@dataclass
class Fault:
    """One fault at work. `settings` is the wish it came from, `struck` the calls it has spoilt."""

    name: str
    kind: str
    draw: Draw
    aim: Aim
    limits: Limits
    settings: Json
    random: Random
    struck: int = 0

    def strike(self, target: Target, now: float) -> Damage | None:
        limits = self.limits
        if limits.over(now) or not self.aim.hits(target):
            return None
        if limits.share < 1 and self.random.random() >= limits.share:
            return None
        if limits.calls is not None:
            limits.calls -= 1
        self.struck += 1
        return replace(self.draw(self.random), fault=self.name)

    def view(self, now: float) -> Json:
        kept = {k: v for k, v in self.settings.items() if k not in {"calls", "seconds", "sim_seconds"}}
        return {**kept, "name": self.name, "kind": self.kind, "struck": self.struck, **self.limits.view(now)}


def _aim(wish: Json, reach: str) -> Aim:
    methods = frozenset(name.lower() for name in names(wish, "method"))
    if _ANY in methods:
        reach, methods = ("all" if reach == "sends" else reach), frozenset()
    bots = frozenset(name.removeprefix("@") for name in names(wish, "bot"))
    return Aim(reach, methods, names(wish, "person") | names(wish, "chat"), bots)


def _limits(wish: Json, kind: str, clock: Clock) -> Limits:
    calls, seconds, simulated = (optional(wish, name) for name in ("calls", "seconds", "sim_seconds"))
    limited = any(limit is not None for limit in (calls, seconds, simulated))
    if not limited and not flag(wish, "always", default=False) and "share" not in wish:
        seconds = KINDS[kind].seconds
        calls = 1 if seconds is None and not KINDS[kind].lasting else None
    return Limits(
        None if calls is None else int(calls),
        None if seconds is None else time.monotonic() + seconds,
        None if simulated is None else clock.now() + simulated,
        share(wish),
    )


@dataclass
class Faults:
    """Named faults in the order they began; the first that hits a call strikes it.

    `told(fault, "began" | "ended")` is called for each; a fault whose limit is reached ends at the next
    call, look or `sweep`.
    """

    clock: Clock = field(default_factory=Clock)
    active: dict[str, Fault] = field(default_factory=dict)
    told: Told = lambda _fault, _what: None
    seed: int = 0

    def wish(self, wish: Json) -> Fault | None:
        """Begin the wished fault, in place of one of the same name; its name is its kind unless given.

        `none` ends the named one, or all. Limits: calls, seconds (real), sim_seconds, share (0-1), always;
        aim: method, person or chat, bot (one or a list). Without any limit most kinds strike once.
        Raises Refused.
        """
        if wish.get("kind") == "none":
            self.clear(None if wish.get("name") is None else str(wish["name"]))
            return None
        fault = self.read(wish)
        self.drop(fault.name)
        self.active[fault.name] = fault
        self.told(fault, "began")
        return fault

    def read(self, wish: Json) -> Fault:
        """The fault that a wish means, not begun. Raises Refused."""
        kind = kind_of(wish)
        name = wish.get("name", kind)
        if not isinstance(name, str) or not 0 < len(name) <= _NAME_LENGTH:
            raise Refused(f"name must be a text of 1-{_NAME_LENGTH} letters")
        draw, aim = KINDS[kind].read(wish), _aim(wish, KINDS[kind].reach)
        random = Random(f"{wish.get('seed', self.seed)}/{name}")  # noqa: S311 - repeatable, no secret
        return Fault(name, kind, draw, aim, _limits(wish, kind, self.clock), dict(wish), random)

    def drop(self, name: str) -> bool:
        """End one; False when there is none of that name."""
        fault = self.active.pop(name, None)
        if fault is not None:
            self.told(fault, "ended")
        return fault is not None

    def clear(self, name: str | None = None) -> None:
        for known in list(self.active) if name is None else [name]:
            self.drop(known)

    def sweep(self) -> None:
        """End what has reached its limit."""
        if self.active:
            now = self.clock.now()
            for fault in [f for f in self.active.values() if f.limits.over(now)]:
                self.drop(fault.name)

    def strike(self, target: Target) -> Damage | None:
        if not self.active:
            return None
        now = self.clock.now()
        for fault in self.active.values():
            damage = fault.strike(target, now)
            if damage is not None:
                self.sweep()
                return damage
        self.sweep()
        return None

    def of_kind(self, kind: str, bot: str) -> Fault | None:
        """A fault of this kind that concerns this bot."""
        if not self.active:
            return None
        now = self.clock.now()
        for fault in self.active.values():
            if fault.kind == kind and fault.aim.covers(bot) and not fault.limits.over(now):
                return fault
        return None

    def offline(self, bot: str = "") -> bool:
        """Whether the line of this bot is dead."""
        return self.of_kind("offline", bot) is not None

    def view(self) -> Json:
        """{"active": […]} and beside it the newest fault's own fields, kind "none" without any."""
        self.sweep()
        now = self.clock.now()
        active: list[dict[str, Any]] = [fault.view(now) for fault in self.active.values()]
        return {**(active[-1] if active else {"kind": "none"}), "active": active}
