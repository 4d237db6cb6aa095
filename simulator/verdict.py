"""What the platform's side can know of a bot's manners: waits kept, rates, repeated texts, unclear answers.

All by real time and by the simulator's time, since either clock may be the bot's.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import iso
from simulator.windows import Peak, Window

LISTED = 200  # examples of each kind
MOST_TEXTS = 1_000_000  # texts remembered; beyond it `duplicates.complete` is false
_SECOND = 1.0
_MINUTE = 60.0
_SHOWN = 80  # characters of a text
_TOO_MANY = 429
_NO_MESSAGES = frozenset({"sendChatAction"})

Json = dict[str, Any]
_Where = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Heard:
    """One finished call, `now` in the simulator's time; `wire` names how the answer was spoilt."""

    n: int
    bot: str
    method: str
    chat: str
    text: str
    now: float
    ok: bool
    retry_after: int | None = None
    code: int = 0
    wire: str = ""


@dataclass
class Rates:
    """Sliding maxima on one clock: a second overall and by chat, a minute by group."""

    second: Window = field(default_factory=lambda: Window(_SECOND))
    minute: Window = field(default_factory=lambda: Window(_MINUTE))

    def add(self, chat: _Where, now: float) -> None:
        self.second.add(chat, now)
        if chat[1].startswith("-"):
            self.minute.add(chat, now)

    def view(self, since: float) -> Json:
        """`since` is added to a peak's moment to make it the simulator's Unix time."""
        peaks = {
            "second": self.second.overall,
            "chat_second": self.second.by_key,
            "group_minute": self.minute.by_key,
        }
        return {name: _peak(peak, since) for name, peak in peaks.items()}


def _peak(peak: Peak, since: float) -> Json:
    seen: Json = {"most": peak.most, "at": None if peak.at is None else iso(peak.at + since)}
    return seen if peak.key is None else {**seen, "chat": peak.key[1]}


@dataclass
class Waits:
    """Chats that were told to wait, and calls to them before that was over."""

    until: dict[_Where, tuple[float, float, int]] = field(default_factory=dict)  # real, simulated, told
    real: int = 0
    simulator: int = 0
    both: int = 0
    calls: list[Json] = field(default_factory=list)

    def check(self, heard: Heard, where: _Where, real: float) -> None:
        told = self.until.get(where)
        if told is None:
            return
        early_real, early_sim = real < told[0], heard.now < told[1]
        if not early_real and not early_sim:
            del self.until[where]
            return
        self.real += early_real
        self.simulator += early_sim
        self.both += early_real and early_sim
        by = [name for name, early in (("real", early_real), ("simulator", early_sim)) if early]
        left = {"left_real": round(told[0] - real, 3), "left_simulator": round(told[1] - heard.now, 3)}
        if len(self.calls) < LISTED:
            self.calls.append({**_line(heard), "retry_after": told[2], "by": by, **left})

    def begin(self, heard: Heard, where: _Where, real: float) -> None:
        wait = heard.retry_after or 0
        before = self.until.get(where, (0.0, 0.0, 0))
        self.until[where] = (max(before[0], real + wait), max(before[1], heard.now + wait), wait)

    def view(self) -> Json:
        counts = {"count": self.both, "real": self.real, "simulator": self.simulator}
        return {**counts, "calls": self.calls}


def _line(heard: Heard) -> Json:
    return {"n": heard.n, "at": iso(heard.now), "bot": heard.bot, "method": heard.method, "chat": heard.chat}


@dataclass
class Repeats:
    """Messages that arrived in one chat with the same text by the same method."""

    seen: dict[int, tuple[int, int]] = field(default_factory=dict)  # copies, answers unclear
    found: dict[int, Json] = field(default_factory=dict)
    extra: int = 0
    chats: set[_Where] = field(default_factory=set)
    complete: bool = True

    def add(self, heard: Heard, where: _Where) -> None:
        key = hash((where, heard.method, heard.text))
        copies, unclear = self.seen.get(key, (0, 0))
        if not copies and len(self.seen) >= MOST_TEXTS:
            self.complete = False
            return
        self.seen[key] = copies + 1, unclear + bool(heard.wire)
        if copies:
            self.extra += 1
            self.chats.add(where)
            self._list(key, heard)

    def _list(self, key: int, heard: Heard) -> None:
        if key in self.found or len(self.found) < LISTED:
            copies, unclear = self.seen[key]
            last = _line(heard) | {"text": heard.text[:_SHOWN]}
            self.found[key] = {**last, "copies": copies, "ambiguous": unclear}

    def unexcused(self) -> int:
        """Extra copies beyond one for every unclear answer."""
        return sum(max(0, copies - 1 - unclear) for copies, unclear in self.seen.values() if copies > 1)

    def view(self) -> Json:
        counts = {"count": self.extra, "unexcused": self.unexcused(), "chats": len(self.chats)}
        return {**counts, "complete": self.complete, "messages": list(self.found.values())}


@dataclass
class Unclear:
    """Calls whose answer was lost or spoilt on its way."""

    accepted: int = 0
    not_accepted: int = 0
    calls: list[Json] = field(default_factory=list)

    def add(self, heard: Heard) -> None:
        self.accepted += heard.ok
        self.not_accepted += not heard.ok
        if len(self.calls) < LISTED:
            self.calls.append({**_line(heard), "accepted": heard.ok, "how": heard.wire})

    def view(self) -> Json:
        counts = {"count": self.accepted + self.not_accepted, "accepted": self.accepted}
        return {**counts, "not_accepted": self.not_accepted, "calls": self.calls}


class Verdict:
    """Hears every call to a chat; `view` is what it has to say since the last `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self, since: float | None = None) -> None:
        """`since`: the simulator's time, to be shown."""
        self._since = since
        self.calls = self.messages = 0
        self.refused: Counter[int] = Counter()
        self.waits, self.repeats, self.unclear = Waits(), Repeats(), Unclear()
        self.sends = {"real": Rates(), "simulator": Rates()}
        self.all_calls = {"real": Rates(), "simulator": Rates()}

    def hear(self, heard: Heard, real: float) -> None:
        """`real`: monotonic seconds. Calls without a chat concern nobody's wait and no rate."""
        if heard.wire:
            self.unclear.add(heard)
        if not heard.ok and heard.code:
            self.refused[heard.code] += 1
        if heard.chat:
            self._hear(heard, real)

    def _hear(self, heard: Heard, real: float) -> None:
        where = heard.bot, heard.chat
        self.calls += 1
        self.waits.check(heard, where, real)
        if heard.code == _TOO_MANY:
            self.waits.begin(heard, where, real)
        self._rate(self.all_calls, where, real, heard.now)
        if heard.method.startswith("send") and heard.method not in _NO_MESSAGES:
            self._rate(self.sends, where, real, heard.now)
            if heard.ok:
                self.messages += 1
                self.repeats.add(heard, where)

    def _rate(self, rates: dict[str, Rates], where: _Where, real: float, simulated: float) -> None:
        rates["real"].add(where, real)
        rates["simulator"].add(where, simulated)

    def view(self) -> Json:
        shift = {"real": time.time() - time.monotonic(), "simulator": 0.0}
        return {
            "since": None if self._since is None else iso(self._since),
            "calls": self.calls,
            "messages": self.messages,
            "refused": {str(code): count for code, count in sorted(self.refused.items())},
            "inside_retry_after": self.waits.view(),
            "maxima": {clock: rates.view(shift[clock]) for clock, rates in self.sends.items()},
            "maxima_of_all_calls": {
                clock: rates.view(shift[clock]) for clock, rates in self.all_calls.items()
            },
            "duplicates": self.repeats.view(),
            "ambiguous": self.unclear.view(),
        }
