"""From a SQLite file to a PostgreSQL database: table by table, compared row by row, safe to be killed.

Each table is copied in one transaction together with the note that it is done, so that a later run goes on
where a killed one stopped. As long as the notes are there no process starts on the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Integer, MetaData, String, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from db import migrate
from db.base import Base
from db.errors import StartRefused
from db.health import refuse_if_unfit
from db.places import Place, claimed
from db.server import NOTES

ROWS_AT_ONCE = 2_000


class Moved(Struct, frozen=True):
    """A table that is the same on both sides."""

    table: str
    rows: int
    checksum: str


def move(source: Place, target: Place) -> list[Moved]:
    """Bring everything over, or the rest of it. StartRefused says why not."""
    if source.file is None or target.file is not None:
        raise StartRefused("this goes from a sqlite:///… file to a postgresql+psycopg://… database only")
    if not source.file.exists():
        raise StartRefused(f"there is no database at {source}")
    with claimed(source):
        refuse_if_unfit(source.file)
        old, new = source.engine(writing=False), target.engine(writing=True)
        try:
            return _moved(old, new)
        except DBAPIError as error:
            raise migrate.refusal_of(new, error) from None
        finally:
            old.dispose()
            new.dispose()


def _moved(old: Engine, new: Engine) -> list[Moved]:
    if migrate.version_of(old) != migrate.newest():
        raise StartRefused(f"{old.url.database} has an older schema: run 'db upgrade' on it first")
    migrate.upgrade(new)
    with old.connect() as reading, reading.begin():
        tables = _pairs(reading, new)
        _begin(new, _fingerprint(reading, tables))
        for there, here in tables:
            _copy_once(reading, new, there, here)
        moved = [_compared(reading, new, there, here) for there, here in tables]
    with new.begin() as connection:
        for _, here in tables:
            _count_on(connection, here)
        connection.execute(text(f"DROP TABLE {NOTES}"))
    return moved


def _pairs(reading: Connection, new: Engine) -> list[tuple[Table, Table]]:
    """Each table as it is on both sides, those that others refer to first."""
    names = [table.name for table in Base.metadata.sorted_tables]
    there, here = MetaData(), MetaData()
    there.reflect(reading, only=names)
    here.reflect(new, only=names)
    return [(there.tables[name], here.tables[name]) for name in names]


def _begin(new: Engine, fingerprint: str) -> None:
    """Note whose data comes here; refuse a database that holds other data."""
    with new.begin() as connection:
        if not inspect(connection).has_table(NOTES):
            full = next((t.name for t in Base.metadata.sorted_tables if _count(connection, t)), None)
            if full is not None:
                raise StartRefused(
                    f"{new.url.database} holds data already (table '{full}'): name an empty one"
                )
            connection.execute(text(f"CREATE TABLE {NOTES} (name varchar(80) PRIMARY KEY)"))
            _note(connection, fingerprint)
        elif not _noted(connection, fingerprint):
            raise StartRefused(
                f"another SQLite file was being brought to {new.url.database}: go on with that one, "
                "or name an empty database"
            )


def _fingerprint(reading: Connection, tables: list[tuple[Table, Table]]) -> str:
    """The installation's own facts and secrets: no two installations have the same."""
    facts = next(there for there, _ in tables if there.name == "installation")
    secret = select(facts.c.value).where(facts.c.name == "join-code-pepper")
    return f"from:{hashlib.sha256(str(reading.scalar(secret)).encode()).hexdigest()}"


def _copy_once(reading: Connection, new: Engine, there: Table, here: Table) -> None:
    with new.begin() as connection:
        if _noted(connection, here.name):
            return
        columns = ", ".join(f'"{column.name}"' for column in here.columns)
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{here.name}" ({columns}) FROM STDIN') as copy,
        ):
            for row in _rows(reading, there, here):
                copy.write_row(row)
        _note(connection, here.name)


def _compared(reading: Connection, new: Engine, there: Table, here: Table) -> Moved:
    """Both sides side by side in the order of their keys."""
    digest, rows = hashlib.sha256(), 0
    with new.connect() as connection, connection.begin():
        both = zip_longest(_rows(reading, there, here), _rows(connection, here, here))
        for rows, (before, after) in enumerate(both, 1):
            if before != after:
                raise StartRefused(
                    f"row {rows} of table '{here.name}' is not the same on both sides: the file was used "
                    "meanwhile. Empty the PostgreSQL database and start again"
                )
            digest.update(repr(after).encode())
    return Moved(here.name, rows, digest.hexdigest())


def _rows(connection: Connection, table: Table, shape: Table) -> Iterator[tuple[Any, ...]]:
    """In the order of the key, text by its bytes, so that both sides agree."""
    keys = [
        table.c[key.name].collate("C" if connection.dialect.name == "postgresql" else "BINARY")
        if isinstance(key.type, String)
        else table.c[key.name]
        for key in shape.primary_key.columns
    ]
    wanted = select(*(table.c[column.name] for column in shape.columns)).order_by(*keys)
    with connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as streamed:
        for row in streamed:
            yield tuple(_plain(value) for value in row)


def _plain(value: Any) -> Any:
    """Moments in UTC on either side."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def _count_on(connection: Connection, table: Table) -> None:
    """The next number is above all that are there."""
    keys = list(table.primary_key.columns)
    if len(keys) == 1 and isinstance(keys[0].type, Integer):
        sequence = func.pg_get_serial_sequence(table.name, keys[0].name)
        highest = select(func.coalesce(func.max(keys[0]), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(sequence, highest, False)))  # noqa: FBT003


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _note(connection: Connection, name: str) -> None:
    connection.execute(text(f"INSERT INTO {NOTES} VALUES (:name)"), {"name": name})  # noqa: S608 (our own name)


def _noted(connection: Connection, name: str) -> bool:
    found = connection.execute(text(f"SELECT 1 FROM {NOTES} WHERE name = :name"), {"name": name})  # noqa: S608
    return found.first() is not None
