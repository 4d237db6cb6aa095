"""The store on a PostgreSQL server: one writer connection a process, reads on a small pool of snapshots.

A batch whose transaction the server undid (a deadlock, a lost connection, a restart) is run again: nothing of
it was saved. Where the connection was lost during the COMMIT itself, the server is asked what became of that
very transaction before anything is repeated. A use case that found a key taken by another process runs again
and sees its row.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.errors import StoreBusy
from db.postgres_engine import open_postgres
from db.postgres_errors import as_store_error, is_conflict, is_lost, is_taken, refused_to_reader
from db.store import AnyJob, BatchingStore, Outcome, only_shared, run_bare, run_job

R = TypeVar("R")
READERS = 4
PAUSES = (0.1, 0.5, 1.5, 3.0, 5.0)  # before each repeat: a server that restarts is back within
TOGETHER = 2  # conflicts of a whole batch, then each use case has a transaction of its own
TRIES_ON_TAKEN = 5
COMMITTED, IN_PROGRESS = "committed", "in progress"
DOUBT_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


class InDoubt(Exception):
    """The connection was lost during COMMIT."""

    def __init__(self, transaction: str, outcomes: list[Outcome]) -> None:
        super().__init__(f"the connection was lost while transaction {transaction} was being committed")
        self.transaction = transaction
        self.outcomes = outcomes


class PostgresStore(BatchingStore):
    """The store on a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        super().__init__(
            open_postgres(url, writing=True), open_postgres(url, writing=False, size=READERS), READERS
        )

    async def _outcomes(self, batch: list[AnyJob]) -> list[Outcome]:
        conflicts = 0
        for pause in (*PAUSES, None):
            try:
                return await self._in_writer(lambda: self._run_batch(batch))
            except InDoubt as doubt:
                error: Exception = StoreBusy(str(doubt))
                status = await self._status_when_asked(doubt.transaction)
                if status == COMMITTED:
                    return doubt.outcomes
                if status == IN_PROGRESS:  # nobody answers: whoever repeats relies on keys
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
            number = connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()::text").scalar()
            try:
                transaction.commit()
            except DBAPIError as error:
                if number is not None and is_lost(error):
                    raise InDoubt(number, outcomes) from error
                raise
            return outcomes

    async def _status_when_asked(self, transaction: str) -> str | None:
        """What became of a transaction, once the server answers; still in progress when it does not."""
        for pause in DOUBT_PAUSES:
            with contextlib.suppress(DBAPIError):
                status = await self._in_writer(lambda: self._status_of(transaction))
                if status != IN_PROGRESS:
                    return status
            await asyncio.sleep(pause)
        return IN_PROGRESS

    def _status_of(self, transaction: str) -> str | None:
        with self._write_engine.connect() as connection:
            known = connection.exec_driver_sql(
                "SELECT CASE WHEN %(id)s::xid8 < pg_snapshot_xmax(pg_current_snapshot())"
                " THEN pg_xact_status(%(id)s::xid8) END",
                {"id": transaction},
            )
            status: str | None = known.scalar()
            return status

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
