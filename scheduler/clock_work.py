"""The waking: APScheduler calls `tick` every few seconds; what is due is decided by rows and by `now` alone.

`now` may be a clock that is set forward or back: nothing here keeps a date of its own. APScheduler does: when
the machine's clock is set back, its next waking would be as far away; a pulse of the event loop, which no
clock moves, notices the silence and wakes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.chores import Chore, H, tick

log = logging.getLogger(__name__)
EVERY = timedelta(seconds=2)  # a due row leaves within 5 s (reliability.md P6)
SILENCE = 2  # wakings missed before the pulse steps in


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
        self._ended = False
        self._last = 0.0
        self._pulse: asyncio.TimerHandle | None = None
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self.next_due: datetime | None = None

    def start(self) -> None:
        """Begin waking, the first time at once. Call inside the running loop."""
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it would note every waking
        self._schedule()
        self._scheduler.start()
        self.wake()
        self._listen()

    def wake(self) -> None:
        """Look at the rows now: something was written, or the clock was moved."""
        if self._busy:
            self._again = True
        else:
            self._scheduler.add_job(self.beat, id="wake", replace_existing=True)

    def stop(self) -> None:
        """Wake no more. A waking under way is cut short: what it committed is whole, the rest stays due."""
        self._ended = True
        if self._pulse is not None:
            self._pulse.cancel()
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
        except asyncio.CancelledError:
            if not self._ended:  # else it is our own `stop`, which APScheduler would log as a failure
                raise
        finally:
            self._busy = False
            self._last = asyncio.get_running_loop().time()

    async def _until_quiet(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            self.next_due = await tick(self._home, self._chores, self._now())

    def _schedule(self) -> None:
        self._scheduler.add_job(self.beat, "interval", seconds=self._every, id="beat", replace_existing=True)

    def _listen(self) -> None:
        """The pulse: monotonic, so it goes on whatever happens to the clock."""
        loop = asyncio.get_running_loop()
        if not self._busy and self._last and loop.time() - self._last > SILENCE * self._every:
            log.warning(
                "no waking for %.1f s: the machine was busy, or its clock set back", loop.time() - self._last
            )
            self._schedule()
            self.wake()
        self._pulse = loop.call_later(self._every, self._listen)
