"""A statement as SQLite's driver takes it: compiled once, its values turned column by column.

On a hot path SQLAlchemy's own way costs several times what the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from db.types import Json, UtcDateTime

SQLITE = "sqlite"
TURNED = 256  # values remembered, of each column: states, and moments of what comes together
Row = Mapping[str, Any]
Statement = Any
Turn = Callable[[Any], Any]


class Compiled:
    """See the module. `given`: the columns that an INSERT is given."""

    def __init__(self, statement: Statement, dialect: Dialect, given: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=given)
        self._text = str(compiled)
        binds = compiled.binds
        self._columns = [_column(name, binds[name], dialect) for name in compiled.positiontup or ()]

    def bound(self, rows: Sequence[Row]) -> Iterable[tuple[Any, ...]]:
        """The values of each row, as the driver takes them."""
        if not self._columns:
            return repeat((), len(rows))
        return zip(*[column(rows) for column in self._columns], strict=True)

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for each row; how many rows it changed."""
        cursor: Any = connection.connection.cursor()
        try:
            changed: int = cursor.executemany(self._text, self.bound(rows)).rowcount
            return changed
        finally:
            cursor.close()

    def found(self, connection: Connection, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Run it for each row; all that it returns."""
        cursor: Any = connection.connection.cursor()
        try:
            return [
                found
                for values in self.bound(rows)
                for found in cursor.execute(self._text, values).fetchall()
            ]
        finally:
            cursor.close()


class Reading:
    """Turns what the driver returns for these columns."""

    def __init__(self, kinds: Iterable[TypeEngine[Any]], dialect: Dialect) -> None:
        turns = [_back(kind, dialect) for kind in kinds]
        self._turns = [(place, turn) for place, turn in enumerate(turns) if turn is not None]

    def rows(self, found: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """The same with the values that the columns' types stand for."""
        if not found or not self._turns:
            return found
        columns: list[Iterable[Any]] = list(zip(*found, strict=True))
        for place, turn in self._turns:
            columns[place] = map(turn, columns[place])
        return zip(*columns, strict=True)


def _column(
    name: str, bind: BindParameter[Any], dialect: Dialect
) -> Callable[[Sequence[Row]], Iterator[Any]]:
    turn = _forth(bind.type, dialect)
    if not bind.required:  # a value that the statement brings along
        value = bind.effective_value
        kept = value if turn is None else turn(value)
        return lambda rows: repeat(kept, len(rows))
    value_of = itemgetter(name)
    if turn is None:
        return lambda rows: map(value_of, rows)
    return lambda rows: map(turn, map(value_of, rows))


def _forth(kind: TypeEngine[Any], dialect: Dialect) -> Turn | None:
    if isinstance(kind, UtcDateTime):
        return remembering(kind, lambda moment: _as_text(kind.process_bind_param(moment, dialect)))
    return remembering(kind, kind.dialect_impl(dialect).bind_processor(dialect))


def _as_text(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat(" ", "microseconds")  # as SQLAlchemy does


def _back(kind: TypeEngine[Any], dialect: Dialect) -> Turn | None:
    return remembering(kind, kind.dialect_impl(dialect).result_processor(dialect, None))


def remembering(kind: TypeEngine[Any], turn: Turn | None) -> Turn | None:
    """Of our own types all values but JSON's can be remembered."""
    ours = isinstance(kind, TypeDecorator) and not isinstance(kind, Json)
    return lru_cache(TURNED)(turn) if ours and turn is not None else turn
