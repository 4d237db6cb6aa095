"""The schema's versions: bring a database up to date, or say in plain words why it cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from db import server
from db.base import Base
from db.errors import StartRefused
from db.health import REMEDY, refusal, refuse_if_unfit
from db.places import Place

FOLDER = Path(__file__).parent / "migrations"


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
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def newest() -> str | None:
    """The version this program knows."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()


def version_of(engine: Engine) -> str | None:
    """The version a database has; StartRefused when it is no database of ours."""
    try:
        with engine.connect() as connection:
            version = MigrationContext.configure(connection).get_current_revision()
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
    with engine.begin() as connection:
        server.wait_for_other_upgrades(connection)
        command.upgrade(configuration(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Take the schema back to `target`."""
    with engine.begin() as connection:
        command.downgrade(configuration(connection), target)


def _refuse_if_incomplete(engine: Engine) -> None:
    """A right version number over wrong tables."""
    found = inspect(engine).get_multi_columns()
    present = {(name[1], column["name"]) for name, columns in found.items() for column in columns}
    known = {(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns}
    if known - present:
        table, column = min(known - present)
        raise StartRefused(
            f"the database {engine.url.database} has the right version but lacks {table}.{column}: {REMEDY}"
        )


def _known() -> set[str]:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def refusal_of(engine: Engine, error: DBAPIError) -> Exception:
    """What to say when the driver would not open, read or write the database."""
    if isinstance(error.orig, sqlite3.Error):
        return refusal(Path(str(engine.url.database)), error.orig)
    return server.refusal(engine.url, error)
