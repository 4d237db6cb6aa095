"""The waking: APScheduler calls `tick` every few seconds; what is due is decided by rows and by `now` alone.

`now` may be a clock that is set forward or back: nothing here keeps a date of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic

from apscheduler.schedulers.asyncio import AsyncIOScheduler

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
        self._every = every
        self._busy = False
        self._again = False
        self._scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self.next_due: datetime | None = None

    def start(self) -> None:
        """Begin waking, the first time at once. Call inside the running loop."""
        self._scheduler.add_job(self.beat, "interval", seconds=self._every.total_seconds(), id="beat")
        self._scheduler.start()
        self.wake()

    def wake(self) -> None:
        """Look at the rows now: something was written, or the clock was moved."""
        self._scheduler.add_job(self.beat, id="wake", replace_existing=True)

    def stop(self) -> None:
        """Wake no more; a waking under way is left to finish."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @property
    def busy(self) -> bool:
        """Whether a waking is under way or will follow."""
        return self._busy or self._again

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
