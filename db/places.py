"""Where everything is kept: a SQLite file in a folder of its own, or a database of a PostgreSQL server.

A server's driver is loaded only where there is a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from db.engine import FolderLock, open_sqlite
from db.errors import StartRefused
from db.sqlite import SqliteStore
from db.store import BatchingStore

SQLITE, POSTGRES = "sqlite:///", "postgresql+psycopg://"


class Place(Struct, frozen=True):
    """The address of a database; `file` only on SQLite."""

    url: str
    file: Path | None

    def __str__(self) -> str:
        return str(self.file) if self.file else make_url(self.url).render_as_string(hide_password=True)

    @property
    def there(self) -> bool:
        """Whether there can be something to open already; a server has to be asked."""
        return self.file is None or self.file.exists()

    def engine(self, *, writing: bool) -> Engine:
        """An engine on it; a reading one cannot change anything."""
        if self.file is not None:
            return open_sqlite(self.file, writing=writing)
        from db.postgres_engine import open_postgres

        return open_postgres(self.url, writing=writing)

    def store(self) -> BatchingStore:
        """The store on it, which must be ready (`db.migrate.make_ready`)."""
        if self.file is not None:
            return SqliteStore(self.file)
        from db.postgres import PostgresStore

        return PostgresStore(self.url)

    def claim(self) -> FolderLock | None:
        """SQLite: nobody else may use the folder, StartRefused when somebody does. A server takes many."""
        return FolderLock(self.file.parent) if self.file else None


def file_at(path: Path) -> Place:
    """The place that is this SQLite file."""
    return Place(f"{SQLITE}{path}", path)


def place_of(url: str) -> Place:
    """The place a `database.url` names. StartRefused when it names none that we know."""
    if url.startswith(SQLITE):
        return file_at(Path(url.removeprefix(SQLITE)))
    try:
        known = url.startswith(POSTGRES) and make_url(url).database
    except (ArgumentError, ValueError):
        known = None
    if not known:
        raise StartRefused(
            f"database.url must begin with {SQLITE} and a file, or be {POSTGRES}user:password@server/database"
        )
    return Place(url, None)


@contextmanager
def claimed(place: Place) -> Iterator[None]:
    """While nobody else uses the folder of a SQLite file."""
    lock = place.claim()
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
