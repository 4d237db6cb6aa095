"""What the running process counts about itself: plain numbers, added to on the hot path, worded elsewhere.

Labels are names of channel accounts and of outcomes: no person, no chat, no token. Everything here runs on
the event loop, so that nothing needs a lock; `bot/exposition.py` words it for Prometheus.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

REMEMBERED_UPDATES = 10_000  # on their way at once; the time of older ones is not measured
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Histogram:
    """How often a value fell into each bucket; the last one has no upper bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.updates: Counter[str] = Counter()  # channel
        self.repeated: Counter[str] = Counter()  # channel: an update that had come before
        self.handled: Counter[tuple[str, str]] = Counter()  # channel, outcome
        self.sends: Counter[tuple[str, str]] = Counter()  # channel, outcome of a message of the outbox
        self.answers: Counter[tuple[str, str]] = Counter()  # channel, outcome of an answer
        self.throttled: Counter[str] = Counter()  # channel: the platform asked for patience (429)
        self.stored = Histogram(SECONDS)  # update received → committed
        self.answered = Histogram(SECONDS)  # update received → answer delivered
        self.batch = Histogram(SIZES)  # use cases in one commit
        self.commit = Histogram(SECONDS)
        self._arrived: dict[int, float] = {}

    def took_in(self, channel: str, began: float, came: int, fresh: Sequence[int]) -> None:
        """Of `came` updates the `fresh` ones are new; `began`: when they were received (`now`)."""
        self.updates[channel] += len(fresh)
        self.repeated[channel] += came - len(fresh)
        self.stored.add(now() - began)
        for inbox_id in fresh:
            self._arrived[inbox_id] = began
        while len(self._arrived) > REMEMBERED_UPDATES:  # another process has handled them
            del self._arrived[next(iter(self._arrived))]

    def finished(self, channel: str, inbox_id: int, outcome: str) -> None:
        """An update is over: answered, or set aside."""
        self.handled[channel, outcome] += 1
        began = self._arrived.pop(inbox_id, None)
        if began is not None and outcome == "done":
            self.answered.add(now() - began)

    def committed(self, use_cases: int, seconds: float) -> None:
        """One transaction of the store with so many use cases in it."""
        self.batch.add(use_cases)
        self.commit.add(seconds)


def now() -> float:
    """Seconds of a clock that only goes forward; for durations, never for moments."""
    return perf_counter()
