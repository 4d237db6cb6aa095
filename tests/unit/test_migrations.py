"""Every migration goes up and down, and the schema they make is the one the tables describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

import bot.tables
from db import migrate
from db.engine import open_sqlite
from db.errors import StartRefused
from db.places import file_at, place_of
from tests.support.databases import Database, empty_database, postgres


@pytest.fixture
def engine(tmp_path: Path, database: Database) -> Iterator[Engine]:
    with empty_database() if database == "postgres" else nullcontext(file_at(tmp_path / "m.db")) as place:
        engine = place.engine(writing=True)
        yield engine
        engine.dispose()


def revisions() -> list[str]:
    script = ScriptDirectory(str(migrate.FOLDER))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def test_each_step_goes_up_down_and_up_again(engine: Engine) -> None:
    for revision, before in zip(revisions(), ["base", *revisions()], strict=False):
        migrate.upgrade(engine, revision)
        migrate.downgrade(engine, before)
        migrate.upgrade(engine, revision)
    assert migrate.version_of(engine) == migrate.newest()


def test_down_to_nothing_leaves_no_table(engine: Engine) -> None:
    migrate.upgrade(engine)
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}


def test_the_migrated_schema_is_the_one_the_tables_describe(engine: Engine) -> None:
    migrate.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, bot.tables.METADATA) == []


def test_a_newer_schema_is_refused_in_plain_words(engine: Engine) -> None:
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartRefused, match="newer version"):
        migrate.upgrade(engine)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mungba.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StartRefused, match="cannot be read"):
        migrate.upgrade(open_sqlite(tmp_path / "mungba.db", writing=True))


def test_a_server_database_of_somebody_else_is_refused() -> None:
    with empty_database() as place:
        engine = place.engine(writing=True)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE theirs (id integer)"))
        engine.dispose()
        with pytest.raises(StartRefused, match=r"belongs to another program.*theirs"):
            migrate.make_ready(place)


def test_a_database_that_is_not_there_is_named_with_the_remedy() -> None:
    with pytest.raises(StartRefused, match="createdb nowhere"):
        migrate.make_ready(place_of(postgres().url("nowhere")))
