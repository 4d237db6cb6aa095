"""The schema's versions: bring a database up to date, or say in plain words why it cannot be used.

Alembic is loaded where there is something to change: a start with an up-to-date schema does without.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from db import server
from db.base import Base
from db.errors import StartRefused
from db.health import REMEDY, refusal, refuse_if_unfit
from db.places import Place

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_COLUMNS = {  # names alone: SQLAlchemy would also ask for their types, table by table
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema()",
}


def make_ready(place: Place) -> str | None:
    """Check a database and bring its schema up to date; the version it had. StartRefused else."""
    if place.file is not None:
        refuse_if_unfit(place.file)
    engine = place.engine(writing=True)
    try:
        before = version_of(engine)
        with engine.connect() as connection:
            server.refuse_if_half_moved(connection)
        upgrade(engine)
        _refuse_if_incomplete(engine)
    except DBAPIError as error:
        raise refusal_of(engine, error) from None
    finally:
        engine.dispose()
    return before


def configuration(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The version this program knows."""
    return max(_known())


def version_of(engine: Engine) -> str | None:
    """The version a database has; StartRefused when it is no database of ours."""
    try:
        with engine.connect() as connection:
            version = _version_in(connection)
            if version is None and engine.dialect.name != "sqlite":
                server.refuse_if_foreign(connection)
            return version
    except DBAPIError as error:
        raise refusal_of(engine, error) from None


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring the schema up to `target`, one process at a time; a newer schema than ours is refused."""
    present = version_of(engine)
    if present is not None and present not in _known():
        raise StartRefused(
            f"the database {engine.url.database} was written by a newer version of this program "
            f"(schema {present}): install that version, or restore an older backup"
        )
    if present == (newest() if target == "head" else target):
        return
    from alembic import command

    with engine.begin() as connection:
        server.wait_for_other_upgrades(connection)
        command.upgrade(configuration(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Take the schema back to `target`."""
    from alembic import command

    with engine.begin() as connection:
        command.downgrade(configuration(connection), target)


def _refuse_if_incomplete(engine: Engine) -> None:
    """A right version number over wrong tables."""
    with engine.connect() as connection:
        found = connection.execute(text(_COLUMNS[engine.dialect.name]))
        present = {(table, column) for table, column in found}
    known = {(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns}
    if known - present:
        table, column = min(known - present)
        raise StartRefused(
            f"the database {engine.url.database} has the right version but lacks {table}.{column}: {REMEDY}"
        )


def _version_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _known() -> set[str]:
    """Each migration's file begins with its number, which is its version."""
    return {path.name[:4] for path in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")}


def refusal_of(engine: Engine, error: DBAPIError) -> Exception:
    """What to say when the driver would not open, read or write the database."""
    if isinstance(error.orig, sqlite3.Error):
        return refusal(Path(str(engine.url.database)), error.orig)
    return server.refusal(engine.url, error)
