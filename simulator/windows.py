"""Sliding windows: the most events inside any so many seconds, overall and by key, at a constant cost."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Peak:
    """The most there was, of which key, and when the window that held it ended."""

    most: int = 0
    key: Any = None
    at: float | None = None

    def see(self, count: int, key: Any, now: float) -> None:
        if count > self.most:
            self.most, self.key, self.at = count, key, now


@dataclass
class Window:
    """Events of the last `seconds`: an event so long ago to the tick is outside.

    Time that goes back empties the window: what was is then not comparable.
    """

    seconds: float
    overall: Peak = field(default_factory=Peak)
    by_key: Peak = field(default_factory=Peak)
    _events: deque[tuple[float, Any]] = field(default_factory=deque)
    _counts: dict[Any, int] = field(default_factory=dict)

    def add(self, key: Any, now: float) -> None:
        if self._events and now < self._events[-1][0]:
            self._events.clear()
            self._counts.clear()
        self._forget(now - self.seconds)
        self._events.append((now, key))
        count = self._counts[key] = self._counts.get(key, 0) + 1
        self.by_key.see(count, key, now)
        self.overall.see(len(self._events), None, now)

    def _forget(self, limit: float) -> None:
        events, counts = self._events, self._counts
        while events and events[0][0] <= limit:
            _, key = events.popleft()
            if counts[key] == 1:
                del counts[key]
            else:
                counts[key] -= 1
