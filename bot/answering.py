"""One stored update's way: read, answered, its answer kept, sent and marked done.

Answers that are kept together, and marks that are made together, share one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.dialogue import Dialogue, Doing, do_all
from bot.faults import point
from bot.language import Said, Say
from bot.limits import ANSWERS_IN_FLIGHT, ATTEMPTS_BEFORE_SET_ASIDE, SEND_ATTEMPTS
from bot.logs import about
from bot.marking import Done, Marks
from bot.metrics import Metrics
from bot.offering import steps_after
from bot.shares import Shares
from bot.tally import Tally
from bot.unsaved import Unsaved
from db import conversation, inbox
from db.claims import NotOurTurn
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
from db.inbox import Waiting
from db.store import Store
from members.identity import mark_unreachable

log = logging.getLogger(__name__)
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(list[Say]).decode


class Answering:
    """Sees updates through. `lined_up`: the numbers of all that wait here."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        dialogue: Dialogue,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        tally: Tally,
        shares: Shares,
        unsaved: Unsaved,
        lined_up: Callable[[], Iterable[int]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._dialogue = dialogue
        self._channels = channels
        self._metrics = metrics
        self._tally = tally
        self._shares = shares
        self._unsaved = unsaved
        self._lined_up = lined_up
        self._left_behind: set[int] = set()
        self._breaks = 0  # of the session that holds our accounts, seen so far
        self._doubtful: set[int] = set()  # may be stored otherwise than we know
        self._in_flight = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(ANSWERS_IN_FLIGHT))
        self._delivered: dict[int, int] = {}  # answered at this cost, the mark of it not yet stored
        self._marks = Marks(store, metrics, tally)

    def found_left_behind(self, rows: Sequence[Waiting]) -> None:
        """A stopped process had these; each attempt at one is counted."""
        self._left_behind.update(row.id for row in rows)

    async def all_marked(self) -> None:
        """What went out is stored as done."""
        await self._marks.all_stored()

    async def handle(self, row: Waiting) -> bool:
        """False when the store takes nothing now: the same update is to be tried again, the chat waits."""
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
            self._doubtful = set(self._lined_up())
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
        answer = await self._dialogue.answer(said, self._channels[row.channel].fetch)
        await point("inbox.answering")
        if not answer:
            return []
        says = await self._kept(row.id, said, answer)
        await point("inbox.answered")
        return says

    async def _kept(self, inbox_id: int, said: Said, answer: list[Say] | Doing) -> list[Say]:
        try:
            return await self._store.write_each(self._keep_all, Kept(inbox_id, said, answer))
        except (NotOurTurn, StoreBusy, StoreDamaged, StoreFull):
            raise
        except Exception as error:
            if not isinstance(answer, Doing):
                raise
            return await self._kept(inbox_id, said, answer.told(error))

    def _keep_all(self, session: Session, answers: Sequence[Kept]) -> list[list[Say] | NotOurTurn]:
        """Do what was asked for; keep the answers, and the next steps of their chats."""
        doing = [one.answer for one in answers if isinstance(one.answer, Doing)]
        done = iter(do_all(session, doing))
        told = [(one, next(done) if isinstance(one.answer, Doing) else one.answer) for one in answers]
        encoded = {one.inbox_id: _ENCODE(says).decode() for one, says in told if says}
        ours = inbox.keep_answers(session, encoded, self._shares.owner)
        kept = [(one.said, says) for one, says in told if one.inbox_id in ours]
        conversation.keep_all(session, steps_after(session, kept))
        return [
            _taken_over(one.inbox_id) if says and one.inbox_id not in ours else says for one, says in told
        ]

    async def _deliver(self, row: Waiting, said: Said, says: Sequence[Say]) -> None:
        """Send the answer, with patience; recorded within its place, so that a crash leaves few in doubt.

        A message replaced again is not seen twice; only new ones are few at a time.
        """
        only_replaced = self._channels[row.channel].only_replaces(said, says)
        for attempt in range(SEND_ATTEMPTS):
            if only_replaced:
                wait = await self._try(row, said, says, attempt)
                if wait is None:
                    self._marks.soon(self._done(row))
            else:
                async with self._in_flight[row.channel]:
                    wait = await self._try(row, said, says, attempt)
                    if wait is None:
                        await self._finish(row)
            if wait is None:
                return
            await asyncio.sleep(wait)
        log.warning("the answer to update %s was not delivered: the platform did not answer", row.id)
        await self._finish(row)

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
        await self._marks.now(self._done(row))

    def _done(self, row: Waiting) -> Done:
        cost = self._delivered.setdefault(row.id, 0)
        return Done(row.id, row.channel, cost, self._clock.now())

    async def _set_aside(self, row: Waiting, reason: str) -> None:
        log.error("update %s of %s is set aside: %s", row.id, row.channel, reason)
        await self._store.write(inbox.set_aside, row.id, reason, self._clock.now())
        self._metrics.finished(row.channel, row.id, "set_aside")


class Kept(Struct, frozen=True):
    """An answer that is to be kept, perhaps once something is done."""

    inbox_id: int
    said: Said
    answer: list[Say] | Doing


def _taken_over(inbox_id: int) -> NotOurTurn:
    return NotOurTurn(f"another process has taken update {inbox_id} over")
