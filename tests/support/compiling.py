"""Each SQL statement is compiled once a test process, not once for each of thousands of engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.util import LRUCache

KINDS = (SQLiteDialect_pysqlite, PGDialect_psycopg)


def share_compiled_statements() -> None:
    """Engines of one kind use one cache from now on; its keys tell kinds of databases apart, not engines."""
    kept: LRUCache[Any, Compiled] = LRUCache(4_000)
    for kind in KINDS:
        setattr(kind, "__eq__", _is_of_the_same_kind)  # noqa: B010 (mypy refuses the plain way)
        setattr(kind, "__hash__", _hash_of_kind)  # noqa: B010

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.engine._compiled_cache = kept


def _is_of_the_same_kind(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))
