"""A PostgreSQL server before it is used: is it there, is the database ours, who changes its schema now."""

from __future__ import annotations

from sqlalchemy import URL, Connection, inspect
from sqlalchemy.exc import DBAPIError

from db.errors import StartRefused

UPGRADE_KEY = 4_303_003  # of the advisory lock
NOTES = "moving_from_sqlite"  # of what was brought over so far


def refuse_if_foreign(connection: Connection) -> None:
    """StartRefused when a database without our schema holds tables of somebody else."""
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if tables:
        raise StartRefused(
            f"the database {connection.engine.url.database} belongs to another program (it has a table "
            f"'{min(tables)}'): name another database in database.url"
        )


def refuse_if_half_moved(connection: Connection) -> None:
    """StartRefused while the data of a SQLite file is being brought here."""
    if connection.dialect.name == "postgresql" and inspect(connection).has_table(NOTES):
        raise StartRefused(
            f"a SQLite file was not brought over to {connection.engine.url.database} to its end: "
            "run 'migrate sqlite-to-postgres' again, it goes on where it stopped"
        )


def wait_for_other_upgrades(connection: Connection) -> None:
    """Several processes start at once on one server: one changes the schema, the others find it changed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5min'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_KEY})")


def refusal(url: URL, error: DBAPIError) -> StartRefused:
    """What to say when the server would not let us in or do its work."""
    said = str(error.orig).strip().splitlines()[0]
    return StartRefused(f"{url.render_as_string(hide_password=True)}: {said}: {_remedy(url, error, said)}")


def _remedy(url: URL, error: DBAPIError, said: str) -> str:
    from db.postgres_errors import DAMAGED, FULL, driver_error, is_lost  # loads the server's driver

    original = driver_error(error)
    state = (original.sqlstate or "") if original else ""
    remedies = (
        (state == "3D000" or "does not exist" in said, f"make it with 'createdb {url.database}'"),
        (state.startswith("28") or "authentication" in said, "check user and password in database.url"),
        (state == "42501", "make this user the owner of the database"),
        (state.startswith(FULL), "make room on the server and start again"),
        (state in DAMAGED, "restore the server's last good backup"),
        (is_lost(error), "is the server up, and database.url right?"),
    )
    return next((remedy for fits, remedy in remedies if fits), "see the server's own log")
