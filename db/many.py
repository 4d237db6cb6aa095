"""One statement of a hot path for many rows.

The rows travel as one JSON text and the statement runs once: binding every value by itself is what costs,
more than anything the database does. A NUL in a text does not travel so: then SQLite runs it once a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Dialect,
    FromClause,
    Table,
    Text,
    Update,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from db.base import Base
from db.once import insert_into
from db.types import UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

Row = Mapping[str, Any]
Types = Mapping[str, TypeEngine[Any]]
Statement = Any
SQLITE = "sqlite"
_ENCODE = msgspec.json.Encoder().encode
_NUL = b"\\u0000"


class Many:
    """See `insert_many` and `update_many`. The statement is built once for each database that is used."""

    def __init__(
        self, types: Callable[[], Types], build: Callable[[str], Statement], one_row: Callable[[], Statement]
    ) -> None:
        self._types = types
        self._build = build
        self._one_row = cache(one_row)
        self._made: dict[str, Statement] = {}

    def run(self, session: Session, rows: Sequence[Row]) -> CursorResult[Any]:
        """Run it for these rows, of which there is one at least; each has all the values."""
        connection = session.connection()
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._build(dialect.name)
        sent = self._sent(dialect, rows)
        encoded = _ENCODE(sent)
        if _NUL in encoded:
            if dialect.name == SQLITE:
                return connection.execute(self._one_row(), [dict(row) for row in rows])
            encoded = _ENCODE([_without_nul(row) for row in sent])
        return connection.execute(made, {"rows": encoded.decode()})

    def _sent(self, dialect: Dialect, rows: Sequence[Row]) -> list[dict[str, Any]]:
        turned = {
            name: kind.process_bind_param
            for name, kind in self._types().items()
            if isinstance(kind, TypeDecorator)
        }
        sent = [{**row, **{name: turn(row[name], dialect) for name, turn in turned.items()}} for row in rows]
        moments = [name for name in turned if isinstance(self._types()[name], UtcDateTime)]
        for name in moments if dialect.name == SQLITE else ():
            for row in sent:
                row[name] = row[name] and row[name].isoformat(" ", "microseconds")  # as SQLAlchemy does
        return sent


def insert_many(
    table: type[Base], names: Sequence[str], finish: Callable[[Insert], Any] = lambda insert: insert
) -> Many:
    """INSERT of these columns; `finish` adds what is to be done about conflicts, and what is returned."""
    into = cast(Table, table.__table__)

    @cache
    def types() -> Types:  # asked late: a foreign key's is known once the other table is
        return {name: into.c[name].type for name in names}

    def build(database: str) -> Statement:
        given = _rows(types(), database)
        listed = select(*(given.c[name] for name in names)).where(true())  # SQLite reads ON of a join else
        return finish(insert_into(database, into).from_select(list(names), listed))

    return Many(types, build, lambda: finish(insert_into(SQLITE, into)))


def update_many(types: Types, build: Callable[[Mapping[str, ColumnElement[Any]]], Update]) -> Many:
    """UPDATE built from the values that each row has, by their names. No two rows are for the same one."""

    def built(database: str) -> Statement:
        return build(dict(_rows(types, database).c.items()))

    one_row = {name: bindparam(name, type_=kind) for name, kind in types.items()}
    return Many(lambda: types, built, lambda: build(one_row))


def _rows(types: Types, database: str) -> FromClause:
    if database == SQLITE:
        each = func.json_each(bindparam("rows", type_=Text)).table_valued("value")
        parts = {
            name: func.json_extract(each.c.value, literal_column(f"'$.{name}'"), type_=kind)
            for name, kind in types.items()
        }
        return select(*(part.label(name) for name, part in parts.items())).subquery("given")
    columns = [column(name, kind) for name, kind in types.items()]
    listed = func.json_to_recordset(bindparam("rows", type_=Text).cast(JSON))
    return listed.table_valued(*columns).render_derived(name="given", with_types=True)


def _without_nul(row: Row) -> dict[str, Any]:
    """PostgreSQL keeps no NUL in a text: a sign says that there was one."""
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in row.items()
    }
