"""Marks on updates whose answers went out: until one is stored, a crash may send that answer again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.orm import Session

from bot.faults import point
from bot.metrics import Metrics
from bot.tally import Tally
from db import inbox
from db.errors import StoreError
from db.store import Store

log = logging.getLogger(__name__)
AGAIN_SECONDS = 0.5


class Done(Struct, frozen=True):
    """An update whose answer went out, in so many messages that count."""

    inbox_id: int
    channel: str
    cost: int
    now: datetime


class Marks:
    """Stores them, those that are made together in one transaction."""

    def __init__(self, store: Store, metrics: Metrics, tally: Tally) -> None:
        self._store = store
        self._metrics = metrics
        self._tally = tally
        self._going_along: deque[tuple[asyncio.Future[None], list[Done]]] = deque()
        self._watching: asyncio.Task[None] | None = None

    async def now(self, done: Done) -> None:
        """Returns once it is stored."""
        await self._store.write_each(self._mark_done, done)
        await self._stored(done)

    def soon(self, done: Done) -> None:
        """Along with what is stored next: for answers that may go out again without being seen twice."""
        stored = self._store.write_along(self._mark_done, done)
        if self._going_along and self._going_along[-1][0] is stored:
            self._going_along[-1][1].append(done)
            return
        self._going_along.append((stored, [done]))
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    async def all_stored(self) -> None:
        """Nothing of what went out is without its mark."""
        if self._watching is not None:
            await self._watching

    async def _watch(self) -> None:
        while self._going_along:
            stored, along = self._going_along.popleft()
            try:
                await stored
            except StoreError as error:
                log.warning("marks of %d updates wait for the store: %s", len(along), error)
                await asyncio.gather(*(self._again(done) for done in along))
            else:
                for done in along:
                    await self._stored(done)

    async def _again(self, done: Done) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                await self.now(done)
                return
            except StoreError as error:
                log.warning("the mark of update %s is not stored yet: %s", done.inbox_id, error)

    async def _stored(self, done: Done) -> None:
        self._metrics.finished(done.channel, done.inbox_id, "done")
        log.debug("update %s of %s is done", done.inbox_id, done.channel)
        await point("inbox.finished")

    def _mark_done(self, session: Session, done: Sequence[Done]) -> list[None]:
        costs: Counter[str] = Counter()
        for one in done:
            costs[one.channel] += one.cost
        for channel, cost in costs.items():
            self._tally.sent(session, channel, cost, done[0].now)
        return inbox.finish_all(session, [(one.inbox_id, one.now) for one in done])
