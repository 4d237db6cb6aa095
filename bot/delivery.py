"""Drains the outbox of one channel account: due letters are claimed as places become free.

So many messages are claimed and not recorded at any moment as `bot.limits.in_flight` says: so many may go out
twice after a crash, none is lost. Each letter's way is `bot/courier.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime

from bot.channels.base import Channel
from bot.clock import Clock
from bot.context import Home
from bot.courier import Courier
from bot.limits import in_flight
from bot.metrics import Metrics
from bot.router import Router
from bot.shares import ALONE, Shares
from bot.tally import Tally
from db.due import Due, are_due
from db.errors import StoreError
from db.outbox import Letter, Priority
from members import budget
from members.budget import Claim

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 1.0
CLAIM_TOGETHER = 8  # a claim is worth its transaction when an eighth of all places is free


class Sender:
    """The one sender of a channel account."""

    def __init__(
        self,
        home: Home,
        router: Router,
        clock: Clock,
        channel: Channel,
        metrics: Metrics | None = None,
        shares: Shares = ALONE,
    ) -> None:
        self._shares = shares
        self._home = home
        self._clock = clock
        self._channel = channel
        self._tally = Tally(home.settings.bots, home.settings.zone)
        self._courier = Courier(home, router, clock, channel, metrics or Metrics(), shares, self._tally)
        self._places = in_flight(home.settings.rate_of(channel.name))
        self._awake = asyncio.Event()
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._claiming = asyncio.Lock()  # who gives the account away must not leave claims behind

    def wake(self) -> None:
        """Something may be due now."""
        self._awake.set()

    def stop(self) -> None:
        """Claim no more; what is on its way is finished and recorded."""
        self._stopping = True
        self._awake.set()

    async def idle(self) -> None:
        """Once it was stopped: wait until nothing is being claimed and nothing is on its way."""
        await self._claimed()
        while self._on_their_way:
            await asyncio.wait(self._on_their_way)

    async def _claimed(self) -> None:
        async with self._claiming:
            return

    @property
    def account(self) -> str:
        """The channel account."""
        return self._channel.name

    async def abandon(self) -> None:
        """Once it was stopped: leave what is on its way as it is, claimed."""
        await self._claimed()
        for task in self._on_their_way:
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)

    async def run(self) -> None:
        """Send until stopped or cancelled."""
        self._stopping = False
        while not self._stopping:
            await self.send_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._awake.wait()

    async def send_due(self) -> None:
        """Send until nothing is due and nothing is on its way."""
        self._awake.clear()
        while await self._fill() or self._on_their_way:
            await self._awake.wait()
            self._awake.clear()

    async def _fill(self) -> bool:
        """Claim as many letters as there are free places, when it is worth it; whether any was due."""
        if not self._may_claim:
            return False
        await self._channel.ready()
        async with self._claiming:
            letters = await self._claim(self._places - len(self._on_their_way)) if self._may_claim else []
            for letter in letters:
                task = asyncio.create_task(self._courier.see_off(letter))
                self._on_their_way.add(task)
                task.add_done_callback(self._is_over)
        return bool(letters)

    @property
    def _may_claim(self) -> bool:
        return not self._stopping and self._has_room and self._shares.holds(self.account)

    @property
    def _has_room(self) -> bool:
        return (self._places - len(self._on_their_way)) * CLAIM_TOGETHER >= self._places

    def _is_over(self, task: asyncio.Task[None]) -> None:
        self._on_their_way.discard(task)
        if self._has_room:
            self._awake.set()

    async def _claim(self, free: int) -> list[Letter]:
        now = self._clock.now()
        worst = Priority.MEETING if self.is_quiet(now) else Priority.BULK
        due = Due(self._channel.name, now, worst)
        bot, month = self._tally.bot(self._channel.name), self._tally.month(now)
        try:
            if not await self._home.store.read_each(are_due, due):
                return []
            while True:
                wanted = Claim(bot, month, due, free, self._shares.owner)
                claimed = await self._home.store.write_each(budget.claim_within, wanted)
                if claimed.letters or not claimed.refused:
                    return claimed.letters
        except StoreError as error:
            log.warning("the outbox cannot be read now: %s", error)
            return []

    def is_quiet(self, now: datetime) -> bool:
        """Whether only messages of a meeting that is on may go out (quiet hours)."""
        settings = self._home.settings
        return settings.timetable.hours.quiet.covers(now.astimezone(settings.zone).time())
