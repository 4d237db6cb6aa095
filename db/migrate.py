"""The schema's versions: bring a database up to date, or say in plain words why it cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from db.base import Base
from db.engine import open_sqlite
from db.errors import StartRefused
from db.health import REMEDY, refusal, refuse_if_unfit

FOLDER = Path(__file__).parent / "migrations"


def make_ready(path: Path) -> str | None:
    """Check the database `path` and bring its schema up to date; the version it had. StartRefused else."""
    refuse_if_unfit(path)
    engine = open_sqlite(path, writing=True)
    try:
        before = version_of(engine)
        upgrade(engine)
        _refuse_if_incomplete(engine)
    except DatabaseError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise refusal(path, error.orig) from None
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
            return MigrationContext.configure(connection).get_current_revision()
    except DatabaseError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise refusal(Path(str(engine.url.database)), error.orig) from None


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring the schema up to `target`; a newer schema than ours is refused."""
    present = version_of(engine)
    if present is not None and present not in _known():
        raise StartRefused(
            f"the database {engine.url.database} was written by a newer version of this program "
            f"(schema {present}): install that version, or restore an older backup"
        )
    with engine.begin() as connection:
        command.upgrade(configuration(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Take the schema back to `target`."""
    with engine.begin() as connection:
        command.downgrade(configuration(connection), target)


def _refuse_if_incomplete(engine: Engine) -> None:
    """A right version number over wrong tables."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c"
            " WHERE t.type = 'table'"
        )
        present = {(row[0], row[1]) for row in found}
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
