"""Handles the inbox: one chat's updates strictly one by one, different chats side by side."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.dialogue import Dialogue, keep_standing
from bot.faults import point
from bot.language import Said, Say
from bot.limits import ATTEMPTS_BEFORE_SET_ASIDE, HANDLED_AT_ONCE, SEND_ATTEMPTS
from db import inbox
from db.errors import ChannelRefused, DeliveryError, MessageRefused, RetryAfter, TryLater, Unreachable
from db.inbox import Arrival, Waiting
from db.store import Store
from members.identity import mark_unreachable

log = logging.getLogger(__name__)
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(list[Say]).decode


class Worker:
    """Takes arrivals in, and works them off."""

    def __init__(
        self, store: Store, clock: Clock, dialogue: Dialogue, channels: Mapping[str, Channel]
    ) -> None:
        self._store = store
        self._clock = clock
        self._dialogue = dialogue
        self._channels = channels
        self._lanes: dict[tuple[str, str], deque[Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(HANDLED_AT_ONCE)
        self.handled: Callable[[], None] = lambda: None  # called after each: the outbox may have grown

    async def take_in(self, channel: str, arrivals: Sequence[Arrival]) -> None:
        """Store what is new; returns once it is durable. Handling follows by itself."""
        if arrivals:
            now = self._clock.now()
            await point("inbox.storing")
            self._line_up(await self._store.write(inbox.store_arrivals, channel, arrivals, now))
            await point("inbox.stored")

    async def resume(self) -> None:
        """Take up what a stopped process left behind."""
        waiting = await self._store.read(inbox.unfinished)
        for row in waiting:
            await self._store.write(inbox.count_attempt, row.id)
        self._line_up([row for row in waiting if row.channel in self._channels])

    async def take_put_back(self) -> None:
        """Take up what somebody put back from what was set aside."""
        if await self._store.read(inbox.has_put_back):
            self._line_up(await self._store.write(inbox.take_put_back, list(self._channels)))

    @property
    def backlog(self) -> int:
        """Updates stored and not yet finished."""
        return sum(len(lane) for lane in self._lanes.values())

    async def finish(self) -> None:
        """Wait until everything lined up is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Leave the rest to the next start: everything is stored."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _line_up(self, rows: Sequence[Waiting]) -> None:
        for row in rows:
            key = (row.channel, row.lane)
            lane = self._lanes.setdefault(key, deque())
            lane.append(row)
            if len(lane) == 1:
                task = asyncio.create_task(self._work_off(key))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _work_off(self, key: tuple[str, str]) -> None:
        lane = self._lanes[key]
        while lane:
            async with self._places:
                await self._handle_safely(lane[0])
            lane.popleft()
            self.handled()
        del self._lanes[key]

    async def _handle_safely(self, row: Waiting) -> None:
        try:
            await self._handle(row)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("update %s of %s could not be finished", row.id, row.channel)
            await self._set_aside(row, type(error).__name__)

    async def _handle(self, row: Waiting) -> None:
        if row.attempts >= ATTEMPTS_BEFORE_SET_ASIDE:
            await self._set_aside(row, "the process ended each time it was handled")
            return
        channel = self._channels[row.channel]
        try:
            said = channel.read(row.raw, row.received_at)
        except ValueError as error:
            await self._set_aside(row, f"not understood: {error}")
            return
        says = await self._answer_to(row, said, channel)
        await point("inbox.sending")
        reason = await self._send(channel, said, says)
        await point("inbox.sent")
        if reason:
            log.warning("the answer to update %s was not delivered: %s", row.id, reason)
        await self._store.write(inbox.finish, row.id, self._clock.now())
        await point("inbox.finished")

    async def _answer_to(self, row: Waiting, said: Said, channel: Channel) -> list[Say]:
        if row.answer is not None:
            return _DECODE(row.answer)
        says = await self._dialogue.answer(said, channel.fetch)
        await point("inbox.answering")
        if says:
            await self._store.write(_keep, row.id, said, says)
            await point("inbox.answered")
        return says

    async def _send(self, channel: Channel, said: Said, says: Sequence[Say]) -> str:
        """Send the answer, with patience; the reason when it had to be given up."""
        if not says and not said.press:
            return ""
        for attempt in range(SEND_ATTEMPTS):
            try:
                await channel.answer(said, says)
                return ""
            except RetryAfter as error:
                await asyncio.sleep(error.seconds)
            except TryLater:
                await asyncio.sleep(min(0.5 * 2**attempt, 30))
            except Unreachable as error:
                await self._store.write(mark_unreachable, channel.name, said.chat, self._clock.now())
                return str(error)
            except (MessageRefused, ChannelRefused, DeliveryError) as error:
                return str(error)
        return "the platform did not answer"

    async def _set_aside(self, row: Waiting, reason: str) -> None:
        log.error("update %s of %s is set aside: %s", row.id, row.channel, reason)
        await self._store.write(inbox.set_aside, row.id, reason, self._clock.now())


def _keep(session: Session, inbox_id: int, said: Said, says: list[Say]) -> None:
    inbox.keep_answer(session, inbox_id, _ENCODE(says).decode())
    keep_standing(session, said, says)
