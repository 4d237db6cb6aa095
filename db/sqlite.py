"""The store on one SQLite file: BEGIN IMMEDIATE, one durable commit for many."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.engine import begin_at_once, begin_patiently, open_sqlite
from db.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from db.store import AnyJob, BatchingStore, Outcome, SharedJob, only_shared, run_bare, run_job
from db.waking import to_wake

R = TypeVar("R")
READERS = 2


class SqliteStore(BatchingStore):
    """The store on one SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__(open_sqlite(path, writing=True), open_sqlite(path, writing=False), READERS)
        self._kept: Connection | None = None
        self._looking: Connection | None = None

    def _batches(self) -> list[list[AnyJob]]:
        """What many share is quick, and has a transaction of its own."""
        parts = super()._batches()[0]
        shared: list[AnyJob] = [job for job in parts if isinstance(job, SharedJob)]
        return [part for part in (shared, parts[len(shared) :]) if part]

    async def _outcomes(self, batch: list[AnyJob]) -> list[Outcome]:
        if shared := only_shared(batch):
            outcomes = await self._run_here(shared)
            if outcomes is not None:
                return outcomes
        return await self._in_writer(lambda: self._run_batch(batch))

    async def _in_writer(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _run_here(self, batch: list[SharedJob]) -> list[Outcome] | None:
        """Statements on the loop, since two threads fight over the interpreter at each; COMMIT beside it.

        None when something fails or another process writes: that is the writer thread's work.
        """
        try:
            with self._writing() as connection:
                transaction = begin_at_once(connection)
                if transaction is None:
                    return None
                try:
                    outcomes = run_bare(connection, batch)
                except Exception:
                    transaction.rollback()
                    return None
                await self._in_writer(transaction.commit)
                self._mailed |= to_wake(connection)
                return outcomes
        except Exception as error:
            failure = _as_store_error(error)
            return [Outcome(error=failure) for _ in batch]

    def _run_batch(self, batch: list[AnyJob]) -> list[Outcome]:
        try:
            with self._writing() as connection:
                with begin_patiently(connection):
                    outcomes = [run_job(job, partial(_run_one, connection)) for job in batch]
                self._mailed |= to_wake(connection)
                return outcomes
        except Exception as error:
            failure = _as_store_error(error)
            return [Outcome(error=failure) for _ in batch]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The one connection that writes; it is kept until something goes wrong with it."""
        connection, self._kept = self._kept or self._write_engine.connect(), None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept = connection

    def _let_go(self) -> None:
        for connection in (self._kept, self._looking):
            if connection is not None:
                connection.close()
        super()._let_go()

    async def _ask_shared(self, query: Callable[[Session], R]) -> R:
        """On the loop, and on a connection that is kept there."""
        connection, self._looking = self._looking or self._read_engine.connect(), None
        try:
            found = _asked(connection, query)
        except BaseException:
            connection.close()
            raise
        self._looking = connection
        return found

    def _query(self, query: Callable[[Session], R]) -> R:
        return _asked(self._read_engine, query)


def _asked(bind: Engine | Connection, query: Callable[[Session], R]) -> R:
    try:
        with Session(bind) as session:
            return query(session)
    except (DBAPIError, sqlite3.Error) as error:
        raise _as_store_error(error) from error


def _run_one(connection: Connection, job: AnyJob) -> Outcome:
    session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    savepoint = session.begin()
    try:
        try:
            value = job.run(session)
            session.flush()
        except Exception as error:
            _roll_back(session, connection, error)
            return Outcome(error=_as_store_error(error))
        savepoint.commit()  # when the release fails, only undoing the whole batch is certain
        return Outcome(value=value)
    finally:
        session.close()


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
