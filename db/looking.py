"""A SELECT of a hot path."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, bindparam, func, select
from sqlalchemy.orm import Session

from db.compiled import SQLITE, Compiled, Reading, Row
from db.types import Json

_NAMED: Callable[[str, Sequence[str]], Any] = namedtuple  # by names that a statement has
OneOf = Callable[[str], Any]
"""What a column is `in_`, by the name of the list that is given."""


class Look:
    """`build` makes the statement; its lists are named through `OneOf`, other values are `bindparam`s."""

    def __init__(self, build: Callable[[OneOf], Select[*tuple[Any, ...]]]) -> None:
        self._statement = cache(lambda: build(_expanding))
        self._build = build
        self._prepared: _Prepared | None = None

    def rows(self, session: Session, given: Row) -> Sequence[Any]:
        """What it finds for these values; columns by their names. Nothing is flushed before."""
        connection = session.connection()
        if connection.dialect.name != SQLITE:
            return connection.execute(self._statement(), given).all()
        if self._prepared is None:
            self._prepared = _Prepared(self._build(_of_json), connection.dialect)
        return self._prepared.rows(connection, given)


class _Prepared:
    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        columns = statement.selected_columns
        self._compiled = Compiled(statement, dialect)
        self._reading = Reading([column.type for column in columns], dialect)
        self._row = _NAMED("Row", columns.keys())._make

    def rows(self, connection: Connection, given: Row) -> list[Any]:
        found = self._compiled.found(connection, [given])
        return list(map(self._row, self._reading.rows(found)))


def _expanding(name: str) -> Any:
    return bindparam(name, expanding=True)


def _of_json(name: str) -> Any:
    each = func.json_each(bindparam(name, type_=Json())).table_valued("value")
    return select(each.c.value)
