"""The waking: every few seconds, or when poked; what is due is decided by rows and by `now` alone.

`now` may be a clock that is set forward or back: nothing here keeps a date of its own, and the pause between
two wakings is measured by the event loop, which no clock moves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic

from scheduler.chores import Chore, H, tick

log = logging.getLogger(__name__)
EVERY = timedelta(seconds=2)  # a due row leaves within 5 s (reliability.md P6)


class ClockWork(Generic[H]):
    """Wakes the chores. One waking at a time; a poke during one makes another follow."""

    def __init__(
        self, home: H, chores: Sequence[Chore[H]], now: Callable[[], datetime], every: timedelta = EVERY
    ) -> None:
        self._home = home
        self._chores = tuple(chores)
        self._now = now
        self._every = every.total_seconds()
        self._busy = False
        self._again = False
        self._poked = asyncio.Event()
        self._waking: asyncio.Task[None] | None = None
        self.next_due: datetime | None = None

    def start(self) -> None:
        """Begin waking, the first time at once. Call inside the running loop."""
        self._waking = asyncio.create_task(self._wake_again_and_again())

    def wake(self) -> None:
        """Look at the rows now: something was written, or the clock was moved."""
        if self._busy:
            self._again = True
        else:
            self._poked.set()

    def stop(self) -> None:
        """Wake no more. A waking under way is cut short: what it committed is whole, the rest stays due."""
        if self._waking is not None:
            self._waking.cancel()

    @property
    def busy(self) -> bool:
        """Whether a waking is under way or will follow."""
        return self._busy or self._again or self._poked.is_set()

    async def beat(self) -> None:
        """One waking."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        try:
            await self._until_quiet()
        finally:
            self._busy = False

    async def _until_quiet(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            self.next_due = await tick(self._home, self._chores, self._now())

    async def _wake_again_and_again(self) -> None:
        while True:
            self._poked.clear()
            try:
                await self.beat()
            except Exception:
                log.exception("a waking failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._poked.wait()
