"""SQLite as we open it: WAL, synchronous=FULL, BEGIN IMMEDIATE for writers, one process a folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.exc import OperationalError

from db.errors import StartRefused

BUSY_TIMEOUT_MS = 5_000
_WAITS = "milliseconds it waits for others"


def open_sqlite(path: Path, *, writing: bool) -> Engine:
    """An engine on the file `path`; a reading engine cannot change anything."""
    engine = create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,  # what people wrote never stands in an error's text
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=1 if writing else 2,
        max_overflow=0 if writing else 2,
    )
    event.listen(engine, "connect", _prepare_writer if writing else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if writing else _begin)
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def begin_at_once(connection: Connection) -> RootTransaction | None:
    """Begin to write, or None when another process is writing just now."""
    _wait_for_others(connection, 0)
    try:
        return connection.begin()
    except OperationalError as error:
        if "locked" in str(error.orig):
            return None
        raise


def begin_patiently(connection: Connection) -> RootTransaction:
    """Begin to write, when another process has done so."""
    _wait_for_others(connection, BUSY_TIMEOUT_MS)
    return connection.begin()


def _wait_for_others(connection: Connection, milliseconds: int) -> None:
    if connection.info.get(_WAITS, BUSY_TIMEOUT_MS) != milliseconds:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA busy_timeout={milliseconds}")
        connection.info[_WAITS] = milliseconds


class FolderLock:
    """Held while a process uses a data folder; a second process is refused by name."""

    def __init__(self, folder: Path) -> None:
        self._file = _lock_file(folder)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "?"
            self._file.close()
            raise StartRefused(
                f"the data folder {folder} is already in use by process {holder}: "
                "stop that one first, or name another folder"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let the next process in, without a name that is no longer true."""
        self._file.truncate(0)
        self._file.close()


def _lock_file(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "mungba.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise StartRefused(
            f"the data folder {folder} cannot be used ({error.strerror}): give this program's user the "
            "right to write there, or name another folder in database.url"
        ) from None
