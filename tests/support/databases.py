"""Fresh databases of both kinds for tests.

One PostgreSQL server a test process, started when it is first needed; when it cannot be started, the test
fails and says so. A database is used again after it was emptied, which is ten times cheaper than a new one.
"""

from __future__ import annotations

import atexit
import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

import bot.tables  # noqa: F401 (all tables)
from bench.postgres import PostgresServer, server
from db import migrate
from db.base import Base
from db.places import Place, file_at, place_of
from quizzes import paper

Database = Literal["sqlite", "postgres"]
DATABASES: tuple[Database, ...] = ("sqlite", "postgres")
TEMPLATE = "migrated"
_free: list[str] = []
_numbers = count(1)


@contextmanager
def fresh(database: Database, folder: Path) -> Iterator[Place]:
    """An empty database with all tables, alone for this test."""
    if database == "sqlite":
        (folder / "test.db").write_bytes(_empty_file().serialize())
        yield file_at(folder / "test.db")
        return
    name = _free.pop() if _free else _new_database()
    try:
        yield place_of(postgres().url(name))
    finally:
        _empty(name)
        _free.append(name)


def first_start(path: Path) -> None:
    """A SQLite file as a first start leaves it: migrated once a test process, then copied."""
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        migrate.make_ready(file_at(path))
        assert list(path.parent.iterdir()) == [path], "all of it is in this file"
        return path.read_bytes()


@contextmanager
def fresh_session(database: Database) -> Iterator[Session]:
    """A session on empty tables; nothing of it stays."""
    with _rolled_back() if database == "postgres" else _in_memory() as session, session:
        yield session


@cache
def postgres() -> PostgresServer:
    """The server of this test process."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    started = kept.enter_context(server(durable=False))
    started.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate.make_ready(place_of(started.url(TEMPLATE)))
    return started


@contextmanager
def empty_database() -> Iterator[Place]:
    """A PostgreSQL database without any table."""
    name = f"bare{next(_numbers)}"
    postgres().execute(f"CREATE DATABASE {name}")
    try:
        yield place_of(postgres().url(name))
    finally:
        postgres().execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _in_memory() -> Iterator[Session]:
    engine = create_engine("sqlite://", creator=_copy_in_memory, poolclass=StaticPool)
    yield Session(engine)
    engine.dispose()


def _copy_in_memory() -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    copy.deserialize(_empty_file().serialize())
    return copy


@cache
def _empty_file() -> sqlite3.Connection:
    """All tables, made once a test process; a copy costs a hundredth of making them."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    atexit.register(kept.close)
    engine = create_engine("sqlite://", creator=lambda: kept, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    return kept


@contextmanager
def _rolled_back() -> Iterator[Session]:
    with _of_sessions().connect() as connection, connection.begin() as transaction:
        _count_from_one(connection)
        yield Session(connection, join_transaction_mode="create_savepoint")
        transaction.rollback()
    paper._KEPT.pop(_of_sessions(), None)  # papers of rounds that never were


@cache
def _of_sessions() -> Engine:
    engine = place_of(postgres().url(_new_database())).engine(writing=True)
    atexit.register(engine.dispose)
    return engine


def _new_database() -> str:
    name = f"test{next(_numbers)}"
    postgres().execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return name


def _empty(name: str) -> None:
    connection = _keeper(name)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    deletes = [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]
    connection.execute("; ".join([*deletes, RESTART]).encode())  # one way there and back for all


RESTART = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)"
    " FROM pg_sequences WHERE last_value IS NOT NULL"
)


def _count_from_one(connection: Connection) -> None:
    connection.exec_driver_sql(RESTART.replace("%", "%%"))


@cache
def _keeper(name: str) -> psycopg.Connection[Any]:
    connection = postgres().connect(name)
    atexit.register(connection.close)
    return connection
