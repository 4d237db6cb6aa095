"""The store: use cases are plain functions over a `Session`; handlers await them here.

Whatever waits is run in one transaction, each use case in a savepoint of its own, with one durable commit for
all of them. `write` returns only after that commit. `db/sqlite.py` and `db/postgres.py` say how on each.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")
MAX_BATCH = 256
Committed = Callable[[int, float], None]
"""Hears of each transaction: how many use cases, how many seconds. Called on the event loop."""


class Store(Protocol):
    """What handlers, scheduler and delivery ask of a database."""

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run `use_case(session, …)` in a transaction; returns after COMMIT, raises with nothing saved."""

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `query(session, …)` on a snapshot that cannot be changed."""

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""


@dataclass(slots=True)
class Job:
    """A use case that waits for its transaction."""

    run: Callable[[Session], Any]
    done: asyncio.Future[Any]


@dataclass(slots=True)
class Outcome:
    """What came of a job: a value, or why nothing of it was saved."""

    value: Any = None
    error: BaseException | None = None


class BatchingStore(ABC):
    """One writer thread for everything that waits, a few threads that read."""

    def __init__(self, write_engine: Engine, read_engine: Engine, readers: int) -> None:
        self._write_engine = write_engine
        self._read_engine = read_engine
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._waiting: list[Job] = []
        self._drain: asyncio.Task[None] | None = None
        self.committed: Committed = _nobody_counts

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See `Store.write`."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(lambda session: use_case(session, *args, **kwargs), done))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._drain_waiting())
        return await done

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Store.read`."""
        return await self._ask(lambda: self._query(lambda session: query(session, *args, **kwargs)))

    async def close(self) -> None:
        """See `Store.close`."""
        if self._drain is not None:
            await self._drain
        self._writer.shutdown()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    async def _drain_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            began = loop.time()
            outcomes = await self._outcomes(batch)
            self.committed(len(batch), loop.time() - began)
            for job, outcome in zip(batch, outcomes, strict=True):
                _settle(job.done, outcome)

    async def _ask(self, query: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._readers, query)

    @abstractmethod
    async def _outcomes(self, batch: list[Job]) -> list[Outcome]:
        """Run a batch in one transaction, in the writer's thread."""

    @abstractmethod
    def _query(self, query: Callable[[Session], R]) -> R:
        """Run a query on a snapshot, in a reader's thread."""


def _nobody_counts(_use_cases: int, _seconds: float) -> None:
    """Until somebody wants to hear of transactions."""


def _settle(done: asyncio.Future[Any], outcome: Outcome) -> None:
    if done.cancelled():
        return
    if outcome.error is not None:
        done.set_exception(outcome.error)
    else:
        done.set_result(outcome.value)
