"""The simulator's own time: real time plus an offset that people may move."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulator.errors import Refused


def iso(moment: float) -> str:
    """Unix seconds as ISO 8601 in UTC with a trailing Z."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> float:
    """ISO 8601 as Unix seconds; a text without a zone is taken as UTC. Raises Refused."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"not an ISO 8601 moment: {text[:40]!r}") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


@dataclass
class Follower:
    """What the program that follows this clock last told about itself."""

    applied: float | None = None
    next_due: float | None = None
    backlog: int | None = None
    seen_at: float | None = None

    def told(self, applied: float | None, next_due: float | None, backlog: int | None) -> None:
        self.applied, self.next_due, self.backlog = applied, next_due, backlog
        self.seen_at = time.time()

    def view(self) -> dict[str, object]:
        return {
            "applied": self.applied,
            "next_due": None if self.next_due is None else iso(self.next_due),
            "backlog": self.backlog,
            "seen_at": None if self.seen_at is None else iso(self.seen_at),
        }


@dataclass
class Clock:
    """Seconds since 1970 of the simulated world; `offset` is in seconds and may be negative."""

    offset: float = 0.0
    follower: Follower = field(default_factory=Follower)
    _moved: asyncio.Event | None = None

    def now(self) -> float:
        return time.time() + self.offset

    def move(self, offset: float) -> None:
        self.offset = offset
        moved, self._moved = self._moved, None
        if moved is not None:
            moved.set()

    def move_to(self, moment: float) -> None:
        self.move(moment - time.time())

    async def sleep(self, seconds: float) -> None:
        """Wait in simulated time: a clock set forward ends the wait."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            if self._moved is None:
                self._moved = asyncio.Event()
            try:
                async with asyncio.timeout(left):  # who waits goes on in the very next turn of the loop
                    await self._moved.wait()
            except TimeoutError:
                return
