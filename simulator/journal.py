"""Every call that came through a platform door, and totals for checkers."""

from collections import Counter
from typing import Any

KEPT = 200_000
_SLACK = 10_000


class Journal:
    """Numbered lines, newest last. Tokens never get in here; files are noted by their size."""

    def __init__(self) -> None:
        self.last = 0
        self.calls: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self._lines: list[dict[str, Any]] = []

    def note(self, **line: Any) -> dict[str, Any]:
        self.last += 1
        kept = {"n": self.last, **line}
        self.calls[line["method"]] += 1
        self._lines.append(kept)
        if len(self._lines) > KEPT + _SLACK:
            del self._lines[:_SLACK]
        return kept

    def since(self, number: int, limit: int) -> list[dict[str, Any]]:
        first = self.last - len(self._lines) + 1
        start = max(0, number + 1 - first)
        return self._lines[start : start + limit]

    def counters(self) -> dict[str, Any]:
        names = ("updates_queued", "updates_delivered", "updates_confirmed", "updates_expired")
        return {"calls": dict(self.calls), **{name: self.totals[name] for name in names}}
