"""A SELECT of a hot path. On SQLite it is compiled once and run by the driver.

There SQLAlchemy's own way costs several times what the database does.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Select, Text, bindparam, func, select
from sqlalchemy.orm import Session

SQLITE = "sqlite"
_NAMED: Callable[[str, Sequence[str]], Any] = namedtuple  # by names that a statement has
_ENCODE = msgspec.json.Encoder().encode
Turn = Callable[[Any], Any]
OneOf = Callable[[str], Any]
"""What a column is `in_`, by the name of the list that is given."""


class Look:
    """`build` makes the statement; its lists are named through `OneOf`, other values are `bindparam`s."""

    def __init__(self, build: Callable[[OneOf], Select[Any]]) -> None:
        self._statement = cache(lambda: build(_expanding))
        self._build = build
        self._prepared: _Prepared | None = None

    def rows(self, session: Session, given: dict[str, Any]) -> Sequence[Any]:
        """What it finds for these values; columns by their names. Nothing is flushed before."""
        connection = session.connection()
        if connection.dialect.name != SQLITE:
            return connection.execute(self._statement(), given).all()
        if self._prepared is None:
            self._prepared = _Prepared(self._build(_of_json), connection.dialect)
        return self._prepared.rows(connection, given)


class _Prepared:
    """As SQLite's driver takes it."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._names: list[str] = compiled.positiontup or []
        binds = {name: bound.type.dialect_impl(dialect) for name, bound in compiled.binds.items()}
        self._turns = {name: turn for name, kind in binds.items() if (turn := kind.bind_processor(dialect))}
        columns = statement.selected_columns
        self._row = _NAMED("Row", columns.keys())._make
        kinds = [column.type.dialect_impl(dialect) for column in columns]
        turns = [kind.result_processor(dialect, None) for kind in kinds]
        self._read = [(place, turn) for place, turn in enumerate(turns) if turn is not None]

    def rows(self, connection: Connection, given: dict[str, Any]) -> list[Any]:
        bound = {
            name: _ENCODE(value).decode() if isinstance(value, list) else value
            for name, value in given.items()
        }
        for name, turn in self._turns.items():
            bound[name] = turn(bound[name])
        cursor: Any = connection.connection.cursor()
        try:
            found = cursor.execute(self._text, [bound[name] for name in self._names]).fetchall()
        finally:
            cursor.close()
        return [self._row(self._as_values(row)) for row in found]

    def _as_values(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, turn in self._read:
            if values[place] is not None:
                values[place] = turn(values[place])
        return values


def _expanding(name: str) -> Any:
    return bindparam(name, expanding=True)


def _of_json(name: str) -> Any:
    each = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return select(each.c.value)
