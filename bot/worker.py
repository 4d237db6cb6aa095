"""Handles the inbox: one chat's updates strictly one by one, different chats side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy.orm import Session

from bot.answering import Answering
from bot.channels.base import Channel
from bot.clock import Clock
from bot.dialogue import Dialogue
from bot.faults import point
from bot.limits import (
    HANDLED_AT_ONCE,
    KEPT_OF_TOO_LONG,
    LONGEST_STORE_WAIT,
    LONGEST_UPDATE,
)
from bot.metrics import Metrics, now
from bot.shares import ALONE, Shares
from bot.tally import Tally
from bot.unsaved import Unsaved
from db import inbox
from db.claims import NotOurTurn, tell_holder
from db.errors import (
    StoreError,
)
from db.inbox import Arrival, Delivery, Waiting
from db.store import Store

log = logging.getLogger(__name__)
SUSPECT_AFTER = 2  # crashes while it was handled
ALONE_SECONDS = 10.0
LET_GO_AGAIN_SECONDS = 0.5


class Worker:
    """Takes arrivals in, and works them off."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        dialogue: Dialogue,
        channels: Mapping[str, Channel],
        metrics: Metrics | None = None,
        tally: Tally | None = None,
        shares: Shares = ALONE,
    ) -> None:
        self._store = store
        self._shares = shares
        self._working = set(channels) if shares is ALONE else set()  # accounts whose lanes are here
        self._clock = clock
        self._channels = channels
        self._metrics = metrics or Metrics()
        self._tally = tally or Tally()
        self._lanes: dict[tuple[str, str], deque[Waiting]] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}  # each with its account
        self._storing: set[asyncio.Task[None]] = set()
        self._places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(HANDLED_AT_ONCE))
        self._unsaved = Unsaved(channels)
        self._answering = Answering(
            store,
            clock,
            dialogue,
            channels,
            self._metrics,
            self._tally,
            shares,
            self._unsaved,
            self._lined_up,
        )
        self.heard: Callable[[str], Awaitable[None]] = _nobody_listens  # a channel's platform was there

    async def take_in(self, channel: str, arrivals: Sequence[Arrival]) -> None:
        """Store what is new; returns once it is durable. Handling follows by itself.

        StoreError: nothing was stored, so nothing may be acknowledged; people are told so. Who is cancelled
        while waiting leaves the storing to go on: a platform may never hand over again what we have read.
        """
        if arrivals:
            task = asyncio.create_task(self._take_in(channel, [_within_limit(one) for one in arrivals]))
            self._storing.add(task)
            task.add_done_callback(self._stored)
            await asyncio.shield(task)
        await self.heard(channel)

    def _stored(self, task: asyncio.Task[None]) -> None:
        self._storing.discard(task)
        if not task.cancelled():
            task.exception()  # looked at here where nobody waits any more

    async def _take_in(self, channel: str, arrivals: Sequence[Arrival]) -> None:
        began = now()
        await point("inbox.storing")
        try:
            fresh = await self._store.write_each(
                self._store_all, Delivery(channel, arrivals, self._clock.now())
            )
        except StoreError:
            self._unsaved.tell(channel, [arrival.raw for arrival in arrivals])
            raise
        self._metrics.took_in(channel, began, len(arrivals), [row.id for row in fresh])
        self._line_up(fresh)
        await point("inbox.stored")

    def _store_all(self, session: Session, deliveries: Sequence[Delivery]) -> list[list[Waiting]]:
        """The rows to be handled here; the process that holds the account is told of others."""
        owner = self._shares.owner
        ours = [replace(one, owner=owner if self._is_ours(one.channel) else None) for one in deliveries]
        fresh = inbox.store_all(session, ours)
        return [self._here(session, delivery, rows) for delivery, rows in zip(ours, fresh, strict=True)]

    def _here(self, session: Session, delivery: Delivery, fresh: list[Waiting]) -> list[Waiting]:
        channel = delivery.channel
        self._tally.heard(session, channel, len(fresh), delivery.now)
        if not self._shares.owner:
            return fresh
        if delivery.owner:
            others = inbox.take_new(session, [channel], delivery.owner)
            return sorted([*others, *fresh], key=lambda row: row.id)
        if fresh:
            tell_holder(session, channel)
        return []

    async def take_new(self, channels: Sequence[str]) -> None:
        """Take up what other processes stored for accounts whose lanes are here."""
        ours = [name for name in channels if self._is_ours(name)]
        if ours and self._shares.owner:
            self._line_up(await self._store.write(inbox.take_new, ours, self._shares.owner))

    async def take_forgotten(self) -> None:
        """Take up whatever of our accounts another process stored, or had and does no more."""
        ours = [name for name in sorted(self._working) if self._is_ours(name)]
        if ours and self._shares.owner:
            self._line_up(await self._store.write(inbox.take_from_others, ours, self._shares.owner))

    def _is_ours(self, channel: str) -> bool:
        """Not while another process may have taken the account over: its updates would be torn apart."""
        return channel in self._working and self._shares.holds(channel)

    async def resume(self, channels: Sequence[str] = ()) -> None:
        """Take up what a stopped process left behind for these accounts (none named: all).

        What was begun in vain before is handled first, one by one and with nothing beside it: if one of
        these ends the process again, it is known which.
        """
        names = list(channels or self._channels)
        left = await self._left(names)
        self._answering.found_left_behind(left)
        heads = {(row.channel, row.lane): row for row in reversed(left)}.values()
        for suspect in sorted((r for r in heads if _is_suspect(r)), key=lambda row: row.id):
            with contextlib.suppress(TimeoutError, NotOurTurn):
                async with asyncio.timeout(ALONE_SECONDS):
                    await self._answering.handle(suspect)
        left = await self._left(names)
        self._working.update(names)
        self._line_up(left)

    async def _left(self, channels: list[str]) -> list[Waiting]:
        if self._shares.owner:
            return await self._store.write(inbox.take_over, channels, self._shares.owner)
        waiting = await self._store.read(inbox.unfinished)
        return [row for row in waiting if row.channel in channels]

    async def leave(self, channels: Sequence[str], patience: float) -> None:
        """Work for these accounts no more: what is being handled is finished, if there is still time."""
        self._working.difference_update(channels)
        tasks = [task for task, account in self._tasks.items() if account in channels]
        for name in channels:
            for lane in (lane for (account, _), lane in self._lanes.items() if account == name):
                while len(lane) > 1:
                    lane.pop()
        if tasks and all(self._shares.holds(name) for name in channels):
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._answering.all_marked()), patience)
        for key in [key for key in self._lanes if key[0] in channels]:
            del self._lanes[key]

    async def take_put_back(self) -> None:
        """Take up what somebody put back from what was set aside."""
        if await self._store.read(inbox.has_put_back):
            ours, owner = sorted(self._working), self._shares.owner
            self._line_up(await self._store.write(inbox.take_put_back, ours, owner))

    @property
    def backlog(self) -> int:
        """Updates stored and not yet finished."""
        return sum(len(lane) for lane in self._lanes.values())

    async def finish(self) -> None:
        """Wait until everything read is stored, and everything lined up is done."""
        while self._storing:
            await asyncio.wait(self._storing)
        while self._tasks:
            await asyncio.gather(*self._tasks)
        await self._answering.all_marked()

    async def abandon(self) -> None:
        """Leave the rest to the next start: what was stored is kept."""
        for task in (*self._storing, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._storing, *self._tasks, return_exceptions=True)

    def _lined_up(self) -> Iterator[int]:
        return (row.id for lane in self._lanes.values() for row in lane)

    def _line_up(self, rows: Sequence[Waiting]) -> None:
        for row in rows:
            if row.channel not in self._working:
                continue  # we have just left it: whoever holds it finds the row
            key = (row.channel, row.lane)
            lane = self._lanes.setdefault(key, deque())
            _put_in_order(lane, row)
            if len(lane) == 1 and lane[0] is row:
                task = asyncio.create_task(self._work_off(key))
                self._tasks[task] = row.channel
                task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _work_off(self, key: tuple[str, str]) -> None:
        lane, wait = self._lanes[key], 0.5
        while lane:
            try:
                async with self._places[lane[0].channel]:
                    saved = await self._answering.handle(lane[0])
            except NotOurTurn as error:
                log.info("%s", error)
                await self._let_go(lane)
                continue
            if not saved:
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_STORE_WAIT)
                continue
            wait = 0.5
            lane.popleft()
        self._lanes.pop(key, None)

    async def _let_go(self, lane: deque[Waiting]) -> None:
        """Another process has the account, or had it: whoever has it now takes all this up, in order."""
        rows = list(lane)
        while True:
            try:
                await self._store.write(inbox.let_go, [row.id for row in rows], self._shares.owner)
                break
            except StoreError as error:
                log.warning("updates cannot be left to another process yet: %s", error)
                await asyncio.sleep(LET_GO_AGAIN_SECONDS)
        for row in rows:
            lane.remove(row)


def _within_limit(arrival: Arrival) -> Arrival:
    """No platform sends an update this long: a beginning is kept to look at, which nobody can read as one."""
    if len(arrival.raw) <= LONGEST_UPDATE:
        return arrival
    return replace(arrival, raw=arrival.raw[:KEPT_OF_TOO_LONG])


def _put_in_order(lane: deque[Waiting], row: Waiting) -> None:
    """Where it belongs behind the first, which is being handled; nothing when it is there already."""
    at = len(lane)
    while at > 1 and lane[at - 1].id > row.id:
        at -= 1
    if not at or lane[at - 1].id != row.id:
        lane.insert(at, row)


def _is_suspect(row: Waiting) -> bool:
    return row.answer is None and row.attempts >= SUSPECT_AFTER


async def _nobody_listens(_channel: str) -> None:
    """Until somebody wants to hear that a platform was there."""
