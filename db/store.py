"""The store: use cases are plain functions over a `Session`; handlers await them here.

On SQLite one writer runs everything that waits in one transaction, each use case in a savepoint of its
own, with one durable commit for all of them. `write` returns only after that commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.engine import open_sqlite
from db.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

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
        """Finish what waits, then let go of the files."""


@dataclass(slots=True)
class _Job:
    run: Callable[[Session], Any]
    done: asyncio.Future[Any]


@dataclass(slots=True)
class _Outcome:
    value: Any = None
    error: BaseException | None = None


class SqliteStore:
    """The store on one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._write_engine = open_sqlite(path, writing=True)
        self._read_engine = open_sqlite(path, writing=False)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="store-reader")
        self._waiting: list[_Job] = []
        self._drain: asyncio.Task[None] | None = None
        self.committed: Committed = _nobody_counts

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See `Store.write`."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Job(lambda session: use_case(session, *args, **kwargs), done))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._drain_waiting())
        return await done

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Store.read`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self._query(query, *args, **kwargs))

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
            outcomes = await loop.run_in_executor(self._writer, self._run_batch, batch)
            self.committed(len(batch), loop.time() - began)
            for job, outcome in zip(batch, outcomes, strict=True):
                _settle(job.done, outcome)

    def _run_batch(self, batch: list[_Job]) -> list[_Outcome]:
        try:
            with self._write_engine.begin() as connection:
                return [self._run_one(connection, job) for job in batch]
        except Exception as error:
            failure = _as_store_error(error)
            return [_Outcome(error=failure) for _ in batch]

    def _run_one(self, connection: Connection, job: _Job) -> _Outcome:
        session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        savepoint = session.begin()
        try:
            try:
                value = job.run(session)
                session.flush()
            except Exception as error:
                _roll_back(session, connection, error)
                return _Outcome(error=_as_store_error(error))
            savepoint.commit()  # when the release fails, only undoing the whole batch is certain
            return _Outcome(value=value)
        finally:
            session.close()

    def _query(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with Session(self._read_engine) as session:
                return query(session, *args, **kwargs)
        except DBAPIError as error:
            raise _as_store_error(error) from error


def _nobody_counts(_use_cases: int, _seconds: float) -> None:
    """Until somebody wants to hear of transactions."""


def _settle(done: asyncio.Future[Any], outcome: _Outcome) -> None:
    if done.cancelled():
        return
    if outcome.error is not None:
        done.set_exception(outcome.error)
    else:
        done.set_result(outcome.value)


def _roll_back(session: Session, connection: Connection, error: Exception) -> None:
    """Undo one use case. SQLite ends the whole transaction on a full disk: then nobody was saved."""
    dbapi: Any = connection.connection.dbapi_connection
    if not dbapi.in_transaction:
        session.invalidate()
        raise error
    session.rollback()


def _as_store_error(error: Exception) -> Exception:
    original = _driver_error(error)
    if original is None:
        return error
    text = str(original)
    if "locked" in text or "busy" in text:
        return StoreBusy(text)
    if "full" in text or "readonly" in text or "disk I/O" in text or "too big" in text:
        return StoreFull(text)
    if "malformed" in text or "not a database" in text:
        return StoreDamaged(text)
    return StoreError(text)


def _driver_error(error: BaseException | None) -> sqlite3.Error | None:
    """What the driver said first: undoing after it may have failed too, and hides it."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if error is None or not isinstance(original, sqlite3.Error):
        return None
    before = error.__context__
    while before is not None and not isinstance(before, (DBAPIError, sqlite3.Error)):
        before = before.__context__
    return original if before is None or before is original else _driver_error(before) or original
