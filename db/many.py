"""One statement of a hot path for many rows.

SQLite runs a prepared statement once a row. On PostgreSQL the rows travel as one JSON text and the statement
runs once: binding every value by itself is what costs there, more than anything the server does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

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
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from db.base import Base

Insert = postgresql.Insert
Row = Mapping[str, Any]
Types = Mapping[str, TypeEngine[Any]]
_ENCODE = msgspec.json.Encoder().encode
_NUL = b"\\u0000"


class Many:
    """See `insert_many` and `update_many`."""

    def __init__(self, types: Types, one: Any, all_at_once: Any) -> None:
        self._types = types
        self._one = one
        self._all = all_at_once

    def run(self, session: Session, rows: Sequence[Row]) -> CursorResult[Any]:
        """Run it for these rows, of which there is one at least; each has all the values."""
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            return connection.execute(self._one, [dict(row) for row in rows])
        return connection.execute(self._all, {"rows": self._as_json(connection.dialect, rows)})

    def _as_json(self, dialect: Dialect, rows: Sequence[Row]) -> str:
        turned = {
            name: kind.process_bind_param
            for name, kind in self._types.items()
            if isinstance(kind, TypeDecorator)
        }
        sent = [{**row, **{name: turn(row[name], dialect) for name, turn in turned.items()}} for row in rows]
        encoded = _ENCODE(sent)
        return (_ENCODE([_without_nul(row) for row in sent]) if _NUL in encoded else encoded).decode()


def insert_many(
    table: type[Base], names: Sequence[str], finish: Callable[[Insert], Any] = lambda insert: insert
) -> Many:
    """INSERT of these columns; `finish` adds what is to be done about conflicts, and what is returned."""
    into = cast(Table, table.__table__)
    types = {name: into.c[name].type for name in names}
    given = _rows(types)
    chosen = select(*(given.c[name] for name in names))
    return Many(
        types,
        finish(cast(Insert, sqlite.insert(into))),
        finish(postgresql.insert(into).from_select(list(names), chosen)),
    )


def update_many(types: Types, build: Callable[[Mapping[str, ColumnElement[Any]]], Update]) -> Many:
    """UPDATE built from the values that each row has, by their names. No two rows are for the same one."""
    one = {name: bindparam(name, type_=kind) for name, kind in types.items()}
    return Many(types, build(one), build(dict(_rows(types).c.items())))


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
