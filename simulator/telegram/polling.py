"""getUpdates: one consumer, offsets that confirm, and the platform's ways to slow a hasty bot down."""

import asyncio
import time
from dataclasses import dataclass

from simulator.models import Pending
from simulator.telegram.arguments import Arguments
from simulator.telegram.errors import OTHER_POLLER, WEBHOOK_ACTIVE, Refusal, conflict
from simulator.telegram.updates import Queue
from simulator.world import World

MAX_TIMEOUT = 50  # seconds
MAX_LIMIT = 100
REPEATED = 3.0  # polling again within 3 s with the same offset waits so long
HASTY = 0.5  # ... and within half a second gets one update at a time
CONFLICT_PAUSE = 3.0
POLLING_SEEN = 60.0  # a bot counts as polling so long after its last poll


@dataclass
class Poller:
    """The long poll of one bot."""

    world: World
    queue: Queue
    last_start: float = -1e9
    last_offset: int | None = None
    next_conflict: float = 0.0
    current: asyncio.Task[None] | None = None
    ended_by: str = ""
    waiting: bool = False

    def seen(self) -> bool:
        return self.waiting or time.monotonic() - self.last_start < POLLING_SEEN

    def end(self, sentence: str) -> None:
        """Make the poll that waits now fail with 409, or come back empty when there is no sentence."""
        if self.current is not None and not self.current.done():
            self.ended_by = sentence
            self.current.cancel()

    async def conflict(self, sentence: str) -> Refusal:
        """A 409; a repeated one within 3 s comes only after a pause."""
        now = time.monotonic()
        pause = CONFLICT_PAUSE * self.world.pause_scale
        if now < self.next_conflict:
            await asyncio.sleep(pause)
        else:
            self.next_conflict = now + pause
        return conflict(sentence)

    async def get(self, args: Arguments) -> list[Pending]:
        """The updates for one call. Raises Refusal 409."""
        if self.queue.bot.webhook.url:
            raise await self.conflict(WEBHOOK_ACTIVE)
        self.queue.allow(args.strings("allowed_updates"))
        self.end(OTHER_POLLER)
        offset = args.number("offset")
        limit = min(max(args.number("limit", MAX_LIMIT), 1), MAX_LIMIT)
        limit, timeout = self._slowed(offset, limit, float(min(max(args.number("timeout"), 0), MAX_TIMEOUT)))
        self._confirm(offset)
        if not self.queue.items and timeout > 0:
            await self._wait(timeout)
        batch = self.queue.first(limit)
        for update in batch:
            self.queue.delivered(update)
        return batch

    def _slowed(self, offset: int, limit: int, timeout: float) -> tuple[int, float]:
        now, scale = time.monotonic(), self.world.pause_scale
        hasty = offset == self.last_offset and now < self.last_start + REPEATED * scale
        if hasty and not self.queue.upset():
            timeout = max(timeout, REPEATED * scale)
            limit = 1 if now < self.last_start + HASTY * scale else limit
        self.last_offset, self.last_start = offset, now
        return limit, timeout

    def _confirm(self, offset: int) -> None:
        self.queue.expire()
        if offset < 0:
            self.queue.keep_last(-offset)
        elif offset:
            self.queue.confirm_below(offset)

    async def _wait(self, seconds: float) -> None:
        self.waiting = True
        task = self.current = asyncio.create_task(self.queue.arrival(seconds))
        try:
            await asyncio.wait({task})
            if task.cancelled() and self.ended_by:
                raise await self.conflict(self.ended_by)
        finally:
            task.cancel()
            if self.current is task:
                self.current, self.waiting = None, False
        self.queue.expire()
