"""One statement of a hot path for many rows.

PostgreSQL is sent the rows as one JSON text and runs the statement once. On SQLite the driver runs it row by
row, compiled once: there SQLAlchemy's own way costs several times what the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Table,
    Text,
    Update,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from db.base import Base
from db.looking import SQLITE
from db.once import insert_into
from db.types import Json, UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

Row = Mapping[str, Any]
Types = Mapping[str, TypeEngine[Any]]
Statement = Any
Turn = Callable[[Any], Any]
_ENCODE = msgspec.json.Encoder().encode
TURNED = 256  # values remembered, of each column
_NUL = b"\\u0000"


class Made(Struct, frozen=True):
    """What a statement for many rows did: how many rows it changed, and what it returned."""

    count: int
    returned: Sequence[Sequence[Any]] = ()

    @property
    def firsts(self) -> set[Any]:
        """The first column of what was returned."""
        return {row[0] for row in self.returned}


class Many:
    """See `insert_many` and `update_many`. The statement is built once for each database that is used."""

    def __init__(
        self,
        types: Callable[[], Types],
        for_all: Callable[[], Statement],
        for_one: Callable[[], Statement],
    ) -> None:
        self._types = types
        self._for_all = cache(for_all)
        self._for_one = for_one
        self._compiled: _RowByRow | None = None
        self._turns: dict[str, dict[str, Turn]] = {}

    def run(self, session: Session, rows: Sequence[Row]) -> Made:
        """Run it for these rows, of which there is one at least; each has all the values."""
        connection = session.connection()
        sent = self._sent(connection.dialect, rows)
        if connection.dialect.name == SQLITE:
            if self._compiled is None:
                self._compiled = _RowByRow(self._for_one(), list(self._types()), connection.dialect)
            return self._compiled.run(connection, sent)
        encoded = _ENCODE(sent)
        if _NUL in encoded:
            encoded = _ENCODE([_without_nul(row) for row in sent])
        done = connection.execute(self._for_all(), {"rows": encoded.decode()})
        if not done.returns_rows:
            return Made(done.rowcount)
        returned = done.all()
        return Made(len(returned), returned)

    def _sent(self, dialect: Dialect, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows as the database keeps their values."""
        turns = self._turns.get(dialect.name)
        if turns is None:
            turns = self._turns[dialect.name] = _turns(self._types(), dialect)
        sent = [dict(row) for row in rows]
        for name, turn in turns.items():
            for row in sent:
                row[name] = turn(row[name])
        return sent


class _RowByRow:
    """A compiled statement of SQLite."""

    def __init__(self, statement: Statement, given: Sequence[str], dialect: Dialect) -> None:
        keys = list(given) if statement.is_insert else None
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=keys)
        self._text = str(compiled)
        self._returns = bool(statement.returning_column_descriptions)
        self._names = compiled.positiontup or []
        constants = set(self._names) - set(given)
        self._constants = {name: _as_kept(compiled, name, dialect) for name in constants}

    def run(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> Made:
        for row in rows:
            row.update(self._constants)
        bound = [tuple([row[name] for name in self._names]) for row in rows]
        cursor: Any = connection.connection.cursor()
        try:
            if not self._returns:
                return Made(cursor.executemany(self._text, bound).rowcount)
            returned = [found for one in bound for found in cursor.execute(self._text, one).fetchall()]
            return Made(len(returned), returned)
        finally:
            cursor.close()


def _as_kept(compiled: SQLCompiler, name: str, dialect: Dialect) -> Any:
    """A value that the statement brings along."""
    kept = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
    value = compiled.params[name]
    return value if kept is None else kept(value)


def _turns(types: Types, dialect: Dialect) -> dict[str, Turn]:
    return {name: _turn(kind, dialect) for name, kind in types.items() if isinstance(kind, TypeDecorator)}


def _turn(kind: TypeDecorator[Any], dialect: Dialect) -> Turn:
    if isinstance(kind, Json):
        return lambda value: kind.process_bind_param(value, dialect)

    @lru_cache(maxsize=TURNED)  # states, and moments of what comes together
    def turn(value: Any) -> Any:
        bound = kind.process_bind_param(value, dialect)
        if isinstance(kind, UtcDateTime) and bound is not None and dialect.name == SQLITE:
            return bound.isoformat(" ", "microseconds")  # as SQLAlchemy does
        return bound

    return turn


def insert_many(
    table: type[Base], names: Sequence[str], finish: Callable[[Insert], Any] = lambda insert: insert
) -> Many:
    """INSERT of these columns; `finish` adds what is to be done about conflicts, and what is returned."""
    into = cast(Table, table.__table__)

    @cache
    def types() -> Types:  # asked late: a foreign key's is known once the other table is
        return {name: into.c[name].type for name in names}

    def for_all() -> Statement:
        given = _rows(types())
        listed = select(*(given.c[name] for name in names))
        return finish(insert_into("postgresql", into).from_select(list(names), listed))

    return Many(types, for_all, lambda: finish(insert_into(SQLITE, into)))


def update_many(types: Types, build: Callable[[Mapping[str, ColumnElement[Any]]], Update]) -> Many:
    """UPDATE built from the values that each row has, by their names. No two rows are for the same one."""
    for_one = {name: bindparam(name, type_=kind) for name, kind in types.items()}
    return Many(lambda: types, lambda: build(dict(_rows(types).c.items())), lambda: build(for_one))


def _rows(types: Types) -> FromClause:
    columns = [column(name, kind) for name, kind in types.items()]
    listed = func.json_to_recordset(bindparam("rows", type_=Text).cast(JSON))
    return listed.table_valued(*columns).render_derived(name="given", with_types=True)


def _without_nul(row: Row) -> dict[str, Any]:
    """PostgreSQL keeps no NUL in a text: a sign says that there was one."""
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in row.items()
    }
