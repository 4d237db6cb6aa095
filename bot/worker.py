"""Handles the inbox: one chat's updates strictly one by one, different chats side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.dialogue import Dialogue
from bot.faults import point
from bot.language import Said, Say
from bot.limits import (
    ANSWERS_IN_FLIGHT,
    ATTEMPTS_BEFORE_SET_ASIDE,
    HANDLED_AT_ONCE,
    KEPT_OF_TOO_LONG,
    LONGEST_STORE_WAIT,
    LONGEST_UPDATE,
    SEND_ATTEMPTS,
)
from bot.logs import about
from bot.metrics import Metrics, now
from bot.offering import steps_after
from bot.shares import ALONE, Shares
from bot.tally import Tally
from bot.unsaved import Unsaved
from db import conversation, inbox
from db.claims import NotOurTurn, tell_holder
from db.errors import (
    DeliveryError,
    RetryAfter,
    Spent,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    TryLater,
    Unreachable,
)
from db.inbox import Arrival, Delivery, Waiting
from db.store import Store
from members.identity import mark_unreachable

log = logging.getLogger(__name__)
SUSPECT_AFTER = 2  # crashes while it was handled
ALONE_SECONDS = 10.0
LET_GO_AGAIN_SECONDS = 0.5
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(list[Say]).decode


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
        self._dialogue = dialogue
        self._channels = channels
        self._metrics = metrics or Metrics()
        self._tally = tally or Tally()
        self._lanes: dict[tuple[str, str], deque[Waiting]] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}  # each with its account
        self._storing: set[asyncio.Task[None]] = set()
        self._left_behind: set[int] = set()
        self._breaks = 0  # of the session that holds our accounts, seen so far
        self._doubtful: set[int] = set()  # may be stored otherwise than we know
        self._places = asyncio.Semaphore(HANDLED_AT_ONCE)
        self._in_flight = asyncio.Semaphore(ANSWERS_IN_FLIGHT)
        self._replacing = asyncio.Semaphore(HANDLED_AT_ONCE)
        self._unsaved = Unsaved(channels)
        self._delivered: dict[int, int] = {}  # answered at this cost, the mark of it not yet stored
        self.handled: Callable[[], None] = lambda: None  # called after each: the outbox may have grown
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
        ours = [replace(one, owner=owner if self._is_ours(one.channel) else "") for one in deliveries]
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
        self._left_behind.update(row.id for row in left)
        heads = {(row.channel, row.lane): row for row in reversed(left)}.values()
        for suspect in sorted((r for r in heads if _is_suspect(r)), key=lambda row: row.id):
            with contextlib.suppress(TimeoutError, NotOurTurn):
                async with asyncio.timeout(ALONE_SECONDS):
                    await self._handle_saved(suspect)
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

    async def abandon(self) -> None:
        """Leave the rest to the next start: what was stored is kept."""
        for task in (*self._storing, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._storing, *self._tasks, return_exceptions=True)

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
                async with self._places:
                    saved = await self._handle_saved(lane[0])
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
            self.handled()
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

    async def _handle_saved(self, row: Waiting) -> bool:
        """False when the store takes nothing now: the same update is tried again, the chat waits."""
        try:
            with about(channel=row.channel, update=row.id):
                await self._handle_safely(row)
        except StoreError as error:
            log.warning("update %s of %s waits for the store: %s", row.id, row.channel, error)
            if self._shares.owner:
                self._doubtful.add(row.id)
            if row.id not in self._delivered:
                self._unsaved.tell(row.channel, [row.raw])
            return False
        self._delivered.pop(row.id, None)
        return True

    async def _handle_safely(self, row: Waiting) -> None:
        try:
            await self._handle(row)
        except (asyncio.CancelledError, NotOurTurn, StoreBusy, StoreDamaged, StoreFull):
            raise
        except Exception as error:
            log.exception("update %s of %s could not be finished", row.id, row.channel)
            await self._set_aside(row, type(error).__name__)

    async def _handle(self, row: Waiting) -> None:
        await self._shares.until_ours(row.channel)
        if row.id in self._delivered:
            await self._finish(row)
            return
        row = await self._looked_at(row)
        if row.answer is None and row.attempts >= ATTEMPTS_BEFORE_SET_ASIDE:
            await self._set_aside(row, "the process ended each time it was handled")
            return
        try:
            said = self._channels[row.channel].read(row.raw, row.received_at)
        except ValueError as error:
            await self._set_aside(row, f"not understood: {error}")
            return
        says = await self._answer_to(row, said)
        await self._deliver(row, said, says)

    async def _looked_at(self, row: Waiting) -> Waiting:
        """The update as it is stored, where that may be another than we know. NotOurTurn: we have it no more.

        While the session that holds our accounts was lost, another process may have had them; a COMMIT that
        nobody heard of may have been one.
        """
        if self._breaks != self._shares.breaks:
            self._breaks = self._shares.breaks
            self._doubtful = {row.id for lane in self._lanes.values() for row in lane}
        if row.id not in self._doubtful:
            return row
        found = await self._store.read(inbox.held, row.id, self._shares.owner)
        if found is None:
            raise _taken_over(row.id)
        self._doubtful.discard(row.id)
        return found

    async def _count_attempt(self, row: Waiting) -> None:
        """Only handling that begins is counted: waiting or being sent through many crashes is no fault."""
        if row.id in self._left_behind:
            await self._store.write(inbox.count_attempt, row.id)
            self._left_behind.discard(row.id)

    async def _answer_to(self, row: Waiting, said: Said) -> list[Say]:
        if row.answer is not None:
            return _DECODE(row.answer)
        await self._count_attempt(row)
        says = await self._dialogue.answer(said, self._channels[row.channel].fetch)
        await point("inbox.answering")
        if says:
            await self._store.write_each(self._keep_all, Kept(row.id, said, says))
            await point("inbox.answered")
        return says

    def _keep_all(self, session: Session, answers: Sequence[Kept]) -> list[NotOurTurn | None]:
        """Answers, and the next steps of their chats."""
        encoded = {one.inbox_id: _ENCODE(one.says).decode() for one in answers}
        ours = inbox.keep_answers(session, encoded, self._shares.owner)
        kept = [one for one in answers if one.inbox_id in ours]
        conversation.keep_all(session, steps_after(session, [(one.said, one.says) for one in kept]))
        return [None if one.inbox_id in ours else _taken_over(one.inbox_id) for one in answers]

    async def _deliver(self, row: Waiting, said: Said, says: Sequence[Say]) -> None:
        """Send the answer, with patience; recorded within its place, so that a crash leaves few in doubt."""
        for attempt in range(SEND_ATTEMPTS):
            async with self._place_for(row, said, says):
                wait = await self._try(row, said, says, attempt)
                if wait is None:
                    self._delivered.setdefault(row.id, 0)
                    await self._finish(row)
                    return
            await asyncio.sleep(wait)
        log.warning("the answer to update %s was not delivered: the platform did not answer", row.id)
        await self._finish(row)

    def _place_for(self, row: Waiting, said: Said, says: Sequence[Say]) -> asyncio.Semaphore:
        """A message replaced again is not seen twice; only new ones are few at a time."""
        only_replaced = self._channels[row.channel].only_replaces(said, says)
        return self._replacing if only_replaced else self._in_flight

    async def _try(self, row: Waiting, said: Said, says: Sequence[Say], attempt: int) -> float | None:
        """Send once; the seconds after which to send again, None when there is nothing more to do."""
        if not says and not said.press:
            return None
        channel = self._channels[row.channel]
        if not self._shares.holds(row.channel):
            await self._shares.until_ours(row.channel)
            if await self._store.read(inbox.held, row.id, self._shares.owner) is None:
                raise _taken_over(row.id)
        await point("inbox.sending")
        try:
            await channel.answer(said, says)
            self._delivered[row.id] = channel.cost(says)
            self._metrics.answers[row.channel, "sent"] += 1
            await point("inbox.sent")
        except RetryAfter as error:
            self._metrics.throttled[row.channel] += 1
            return error.seconds
        except TryLater:
            self._metrics.answers[row.channel, "again"] += 1
            return min(0.5 * 2.0**attempt, 30.0)
        except DeliveryError as error:
            self._metrics.answers[row.channel, "refused"] += 1
            log.warning("the answer to update %s was not delivered: %s", row.id, error)
            if isinstance(error, Unreachable):
                await self._store.write(mark_unreachable, channel.name, said.chat, self._clock.now())
            elif isinstance(error, Spent):
                await self._store.write(self._tally.spent, channel.name, said.chat, self._clock.now())
        return None

    async def _finish(self, row: Waiting) -> None:
        cost = self._delivered.get(row.id, 0)
        await self._store.write_each(self._mark_done, Done(row.id, row.channel, cost, self._clock.now()))
        self._metrics.finished(row.channel, row.id, "done")
        log.debug("update %s of %s is done", row.id, row.channel)
        await point("inbox.finished")

    def _mark_done(self, session: Session, done: Sequence[Done]) -> list[None]:
        costs: Counter[str] = Counter()
        for one in done:
            costs[one.channel] += one.cost
        for channel, cost in costs.items():
            self._tally.sent(session, channel, cost, done[0].now)
        return inbox.finish_all(session, [(one.inbox_id, one.now) for one in done])

    async def _set_aside(self, row: Waiting, reason: str) -> None:
        log.error("update %s of %s is set aside: %s", row.id, row.channel, reason)
        await self._store.write(inbox.set_aside, row.id, reason, self._clock.now())
        self._metrics.finished(row.channel, row.id, "set_aside")


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


class Done(Struct, frozen=True):
    """An update whose answer went out, in so many messages that count."""

    inbox_id: int
    channel: str
    cost: int
    now: datetime


class Kept(Struct, frozen=True):
    """An answer that is to be kept."""

    inbox_id: int
    said: Said
    says: list[Say]


def _taken_over(inbox_id: int) -> NotOurTurn:
    return NotOurTurn(f"another process has taken update {inbox_id} over")
