"""The store on a PostgreSQL server: one writer connection a process, reads on a small pool of snapshots.

A batch whose transaction the server undid (a deadlock, a lost connection, a restart) is run again: nothing of
it was saved. Where the connection was lost during the COMMIT itself, a mark that was part of the transaction
says what became of it before anything is repeated. A use case that found a key taken by another process runs
again and sees its row.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.commit_marks import FORGET, LAST, MARK
from db.errors import StoreBusy
from db.postgres_engine import open_postgres
from db.postgres_errors import as_store_error, is_conflict, is_lost, is_taken, refused_to_reader
from db.store import AnyJob, BatchingStore, Outcome, only_shared, run_bare, run_job
from db.waking import to_wake

R = TypeVar("R")
READERS = 4
PAUSES = (0.1, 0.5, 1.5, 3.0, 5.0)  # before each repeat: a server that restarts is back within
TOGETHER = 2  # conflicts of a whole batch, then each use case has a transaction of its own
TRIES_ON_TAKEN = 5
DOUBT_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


class InDoubt(Exception):
    """The connection was lost during COMMIT."""

    def __init__(self, number: int, outcomes: list[Outcome]) -> None:
        super().__init__(f"the connection was lost while transaction {number} was being committed")
        self.number = number
        self.outcomes = outcomes


class PostgresStore(BatchingStore):
    """The store on a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        super().__init__(
            open_postgres(url, writing=True), open_postgres(url, writing=False, size=READERS), READERS
        )
        self._owner = secrets.token_hex(16)
        self._numbers = count(1)

    async def _outcomes(self, batch: list[AnyJob]) -> list[Outcome]:
        conflicts = 0
        for pause in (*PAUSES, None):
            try:
                return await self._in_writer(lambda: self._run_batch(batch))
            except InDoubt as doubt:
                error: Exception = StoreBusy(str(doubt))
                last = await self._last_committed()
                if last == doubt.number:
                    return doubt.outcomes
                if last is None:  # nobody answers: whoever repeats relies on keys
                    break
            except Exception as failed:
                error = failed
                conflicts += is_conflict(failed)
                if not is_lost(failed) and not is_conflict(failed):
                    break
            if conflicts >= TOGETHER and len(batch) > 1:
                return [outcome for job in batch for outcome in await self._outcomes([job])]
            if pause is not None:
                await asyncio.sleep(pause)
        failure = as_store_error(error)
        return [Outcome(error=failure) for _ in batch]

    async def _in_writer(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _run_batch(self, batch: list[AnyJob]) -> list[Outcome]:
        if shared := only_shared(batch):
            try:
                return self._in_transaction(lambda connection: run_bare(connection, shared))
            except Exception as error:
                if isinstance(error, InDoubt) or is_lost(error) or is_conflict(error):
                    raise
        return self._in_transaction(
            lambda connection: [run_job(job, partial(_run_one, connection)) for job in batch]
        )

    def _in_transaction(self, run: Callable[[Connection], list[Outcome]]) -> list[Outcome]:
        with self._write_engine.connect() as connection, connection.begin() as transaction:
            outcomes = run(connection)
            mark = {"owner": self._owner, "number": next(self._numbers)}
            number = connection.exec_driver_sql(MARK, mark).scalar()
            try:
                transaction.commit()
            except DBAPIError as error:
                if number is not None and is_lost(error):
                    raise InDoubt(number, outcomes) from error
                raise
            self._mailed |= to_wake(connection)
            return outcomes

    async def _last_committed(self) -> int | None:
        """The number of our last transaction that was committed, once the server answers; else None."""
        for pause in DOUBT_PAUSES:
            with contextlib.suppress(DBAPIError):
                return await self._in_writer(self._look_at_mark)
            await asyncio.sleep(pause)
        return None

    def _look_at_mark(self) -> int:
        with self._write_engine.begin() as connection:
            connection.exec_driver_sql(FORGET)
            return int(connection.exec_driver_sql(LAST, {"owner": self._owner}).scalar_one())

    async def _ask(self, query: Callable[[], R]) -> R:
        for pause in PAUSES:
            try:
                return await super()._ask(query)
            except StoreBusy:
                await asyncio.sleep(pause)
        return await super()._ask(query)

    def _query(self, query: Callable[[Session], R]) -> R:
        try:
            with Session(self._read_engine) as session:
                return query(session)
        except DBAPIError as error:
            raise refused_to_reader(error) or as_store_error(error) from error


def _run_one(connection: Connection, job: AnyJob) -> Outcome:
    for _ in range(TRIES_ON_TAKEN):
        outcome = _in_savepoint(connection, job)
        if outcome.error is None or not is_taken(outcome.error):
            break
    if outcome.error is not None and isinstance(outcome.error, Exception):
        outcome.error = as_store_error(outcome.error)
    return outcome


def _in_savepoint(connection: Connection, job: AnyJob) -> Outcome:
    session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    savepoint = session.begin()
    try:
        try:
            value = job.run(session)
            session.flush()
        except Exception as error:
            if is_lost(error) or is_conflict(error):
                raise
            session.rollback()
            return Outcome(error=error)
        savepoint.commit()
        return Outcome(value=value)
    finally:
        session.close()
