"""What PostgreSQL's error codes mean to us (appendix A of its manual)."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

UNIQUE_VIOLATION, READ_ONLY = "23505", "25006"
CONFLICTS = frozenset(
    {
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # a lock was not had in time
    }
)
LOST = (
    "08",  # connection exceptions
    "57P0",  # shut down, crashed, starting up, database dropped
    "53300",  # too many connections
    READ_ONLY,  # the server became a standby
    "25P03",  # idle in a transaction for too long: this process was held up
)
FULL = ("53100", "58030", "54")  # disk full, input or output error, a limit of the program exceeded
DAMAGED = ("XX001", "XX002")


def is_lost(error: BaseException) -> bool:
    """The connection or the server went away: nothing was saved, and it may be back soon."""
    original = driver_error(error)
    if original is None:
        return False
    if original.sqlstate is None:
        return isinstance(original, (psycopg.OperationalError, psycopg.InterfaceError))
    return original.sqlstate.startswith(LOST)


def is_conflict(error: BaseException) -> bool:
    """Another transaction was in the way."""
    original = driver_error(error)
    return original is not None and original.sqlstate in CONFLICTS


def is_taken(error: BaseException) -> bool:
    """A unique key is taken by a row that was not visible when the use case looked."""
    original = driver_error(error)
    return original is not None and original.sqlstate == UNIQUE_VIOLATION


def as_store_error(error: Exception) -> Exception:
    """Ours for the driver's; anything else as it is."""
    original = driver_error(error)
    if original is None:
        return StoreBusy(str(error)) if isinstance(error, PoolTimeout) else error
    state, text = original.sqlstate or "", str(original).strip()
    if is_lost(error) or is_conflict(error) or state == "57014":
        return StoreBusy(text)
    if state.startswith(FULL):
        return StoreFull(text)
    return StoreDamaged(text) if state in DAMAGED else StoreError(text)


def refused_to_reader(error: BaseException) -> StoreError | None:
    """Somebody tried to change something where one may only read."""
    original = driver_error(error)
    return StoreFull(str(original)) if original is not None and original.sqlstate == READ_ONLY else None


def driver_error(error: BaseException) -> psycopg.Error | None:
    """What the driver said."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return original if isinstance(original, psycopg.Error) else None
