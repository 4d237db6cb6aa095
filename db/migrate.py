"""The schema's versions: bring a database up to date, or say in plain words why it cannot be used."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from db.errors import StartRefused

FOLDER = Path(__file__).parent / "migrations"


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
        raise StartRefused(
            f"the database {engine.url.database} cannot be read ({error.orig}): restore the last backup"
        ) from None


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


def _known() -> set[str]:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
