"""One statement of a hot path for many rows.

PostgreSQL is sent the rows as one JSON text and runs the statement once; SQLite's driver runs it row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
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
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from db.base import Base
from db.compiled import SQLITE, Compiled, Row, Statement, Turn, remembering
from db.once import insert_into

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

Types = Mapping[str, TypeEngine[Any]]
_ENCODE = msgspec.json.Encoder().encode
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
        self._row_by_row: _RowByRow | None = None
        self._turns: list[tuple[str, Turn | None]] = []

    def run(self, session: Session, rows: Sequence[Row]) -> Made:
        """Run it for these rows, of which there is one at least; each has all the values."""
        connection = session.connection()
        if connection.dialect.name == SQLITE:
            if self._row_by_row is None:
                self._row_by_row = _RowByRow(self._for_one(), self._types(), connection.dialect)
            return self._row_by_row.run(connection, rows)
        if not self._turns:
            self._turns = [(name, _turn(kind, connection.dialect)) for name, kind in self._types().items()]
        sent = [{name: turn(row[name]) if turn else row[name] for name, turn in self._turns} for row in rows]
        encoded = _ENCODE(sent)
        if _NUL in encoded:
            encoded = _ENCODE([_without_nul(row) for row in sent])
        done = connection.execute(self._for_all(), {"rows": encoded.decode()})
        if not done.returns_rows:
            return Made(done.rowcount)
        returned = done.all()
        return Made(len(returned), returned)


class _RowByRow:
    """As SQLite's driver runs it."""

    def __init__(self, statement: Statement, given: Types, dialect: Dialect) -> None:
        self._compiled = Compiled(statement, dialect, list(given) if statement.is_insert else None)
        self._returns = bool(statement.returning_column_descriptions)

    def run(self, connection: Connection, rows: Sequence[Row]) -> Made:
        if not self._returns:
            return Made(self._compiled.run(connection, rows))
        returned = self._compiled.found(connection, rows)
        return Made(len(returned), returned)


def _turn(kind: TypeEngine[Any], dialect: Dialect) -> Turn | None:
    """How a value is kept on PostgreSQL."""
    if not isinstance(kind, TypeDecorator):
        return None
    return remembering(kind, lambda value: kind.process_bind_param(value, dialect))


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
