"""Every call that came through a platform door, and totals for checkers."""

from collections import Counter
from typing import Any

import msgspec

KEPT = 200_000  # lines
KEPT_BYTES = 96 * 1024 * 1024
_PART = 10  # a full journal forgets a tenth at once
_encode = msgspec.json.encode


class Journal:
    """Numbered lines, newest last. Tokens never get in here; files are noted by their size.

    Lines are kept as JSON, a third of their size as objects; the oldest go when there are too many or
    they grow too big together.
    """

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self.last = 0
        self.calls: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self._kept, self._kept_bytes = kept, kept_bytes
        self._lines: list[bytes] = []
        self._bytes = 0

    @property
    def first(self) -> int:
        """The number of the oldest line that is kept; `last` + 1 when there is none."""
        return self.last - len(self._lines) + 1

    def note(self, **line: Any) -> dict[str, Any]:
        self.last += 1
        kept = {"n": self.last, **line}
        self.calls[line["method"]] += 1
        written = _encode(kept)
        self._lines.append(written)
        self._bytes += len(written)
        if len(self._lines) > self._kept or self._bytes > self._kept_bytes:
            self._forget(max(1, len(self._lines) // _PART))
        return kept

    def _forget(self, count: int) -> None:
        self._bytes -= sum(map(len, self._lines[:count]))
        del self._lines[:count]

    def since(self, number: int, limit: int) -> list[msgspec.Raw]:
        """At most `limit` lines after line `number`, as JSON."""
        start = max(0, number + 1 - self.first)
        return [msgspec.Raw(line) for line in self._lines[start : start + limit]]

    def counters(self) -> dict[str, Any]:
        names = ("updates_queued", "updates_delivered", "updates_confirmed", "updates_expired")
        return {"calls": dict(self.calls), **{name: self.totals[name] for name in names}}
