"""kill -9 in the middle of a migration, a backup, a VACUUM; two copies at once; a file that may not grow."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import bot.tables  # noqa: F401 (all tables)
from db import migrate
from db.backup import back_up, verified
from db.engine import FolderLock
from db.errors import StartRefused
from db.places import file_at
from tests.support.databases import first_start
from tests.support.installation import branches_in

KILLS = 12
PATIENCE = 30
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.system.test_store_faults"])
SLOW_STEP = """
from alembic import op
import sqlalchemy as sa
revision = "9001"
down_revision = "{head}"
def upgrade():
    op.create_table("later", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
    op.execute("INSERT INTO later SELECT name, value FROM installation")
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("more", sa.Text))
    op.execute("UPDATE installation SET more = value, value = ''")
def downgrade():
    pass
"""


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An up-to-date database of some 12 MB."""
    path = tmp_path / "mungba.db"
    first_start(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        facts = [(f"n{number}", "x" * 1000) for number in range(10_000)]
        connection.executemany("INSERT INTO installation VALUES (?, ?)", facts)
    return path


def killed_anywhere(work: Callable[..., None], *arguments: Path, prepare: Callable[[], None]) -> int:
    """Kill `work` at moments spread over its length, calling it anew each time; how many were cut short."""
    prepare()
    process = CONTEXT.Process(target=work, args=arguments)
    began = time.monotonic()
    process.start()
    process.join(60)
    length, cut = time.monotonic() - began, 0
    assert process.exitcode == 0
    for number in range(KILLS):
        prepare()
        process = CONTEXT.Process(target=work, args=arguments)
        process.start()
        process.join(length * (number + 0.5) / KILLS)
        process.kill()
        process.join()
        cut += process.exitcode != 0
        length *= 1 if process.exitcode else 0.6  # it was quicker than the first time: come earlier
        process.close()
        CHECKS[work.__name__](*arguments)
    return cut


def migrate_it(path: Path, folder: Path) -> None:
    migrate.FOLDER = folder
    migrate.make_ready(file_at(path))


def check_migrated(path: Path, folder: Path) -> None:
    """Old or new, never between; and the rest is done at the next start."""
    tables = {row[0] for row in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    columns = {row[1] for row in ask(path, "PRAGMA table_info(installation)")}
    version = ask(path, "SELECT version_num FROM alembic_version") if "alembic_version" in tables else []
    if version == [("9001",)]:
        assert "later" in tables
        assert ask(path, "SELECT count(*) FROM later") == [(10_000,)]
        assert ask(path, "SELECT count(*) FROM installation WHERE more = ''") == [(0,)]
    else:
        assert version == [(migrate.newest(),)]
        assert ("later" in tables, "more" in columns) == (False, False)
        assert ask(path, "SELECT count(*) FROM installation WHERE length(value) = 1000") == [(10_000,)]
        migrate.make_ready(file_at(path))


def make_anew(path: Path) -> None:
    migrate.make_ready(file_at(path))


def check_made(path: Path) -> None:
    if path.exists():
        tables = {row[0] for row in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables == set() or {"alembic_version", "inbox", "outbox", "answer"} <= tables
    assert migrate.make_ready(file_at(path)) in {None, migrate.newest()}


def back_it_up(source: Path, target: Path) -> None:
    back_up(source, target)


def check_backup(source: Path, target: Path) -> None:
    """A whole one or none."""
    if target.exists():
        assert verified(target).rows["installation"] == 10_000
    assert ask(source, "SELECT count(*) FROM installation") == [(10_000,)]


def vacuum_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")


def check_vacuumed(path: Path) -> None:
    migrate.make_ready(file_at(path))
    assert ask(path, "SELECT count(*), sum(length(value)) FROM installation") == [(10_000, 10_000_000)]


CHECKS: dict[str, Callable[..., None]] = {
    "migrate_it": check_migrated,
    "make_anew": check_made,
    "back_it_up": check_backup,
    "vacuum_it": check_vacuumed,
}


def remove(*paths: Path) -> None:
    for path in paths:
        for end in ("", "-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)


def test_killed_in_a_migration_it_is_old_or_new(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder)
    (folder / "versions" / "9001_next.py").write_text(SLOW_STEP.format(head=migrate.newest()))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    original = database.read_bytes()

    def prepare() -> None:
        remove(database)
        database.write_bytes(original)

    assert killed_anywhere(migrate_it, database, folder, prepare=prepare) > 0


def test_killed_in_the_first_start_it_is_nothing_or_whole(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert killed_anywhere(make_anew, path, prepare=lambda: remove(path)) > 0


def test_killed_in_a_backup_it_is_whole_or_absent(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    assert killed_anywhere(back_it_up, database, target, prepare=lambda: remove(target)) > 0
    remove(target)
    back_up(database, target)
    assert sorted(file.name for file in tmp_path.iterdir() if "backup" in file.name) == [
        "one.backup",
        "one.backup.sha256",
    ]


def test_killed_in_a_vacuum_nothing_is_gone(database: Path) -> None:
    def prepare() -> None:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS filler (x)")
            connection.execute("INSERT INTO filler VALUES (zeroblob(5000000))")
            connection.execute("DROP TABLE filler")

    assert killed_anywhere(vacuum_it, database, prepare=prepare) > 0


def take(folder: Path, results: Any, ready: Any, enough: Any) -> None:
    ready.wait(10)
    began = time.monotonic()
    try:
        lock = FolderLock(folder)
    except StartRefused as error:
        results.put((multiprocessing.current_process().pid, str(error), time.monotonic() - began))
        return
    results.put((multiprocessing.current_process().pid, "", time.monotonic() - began))
    enough.wait(10)
    lock.release()


def test_of_two_copies_one_runs_and_the_other_names_it(tmp_path: Path) -> None:
    for _ in range(20):
        results, ready, enough = CONTEXT.Queue(), CONTEXT.Event(), CONTEXT.Event()
        both = [CONTEXT.Process(target=take, args=(tmp_path, results, ready, enough)) for _ in range(2)]
        for process in both:
            process.start()
        ready.set()
        said = [results.get(timeout=10) for _ in both]
        enough.set()
        for process in both:
            process.join()
        (winner,) = [pid for pid, error, _ in said if not error]
        (refusal,) = [error for _, error, _ in said if error]
        assert f"in use by process {winner}" in refusal or "in use by process ?" in refusal
        assert max(seconds for _, _, seconds in said) < 2
        results.close()
        results.join_thread()


async def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    """The process is given a file size limit while it runs, and later room again."""
    async with branches_in(tmp_path) as branches:
        me, pid = branches.people[5].id, branches.bot.process.pid if branches.bot.process else 0
        await branches.hand.say(me, "menu")
        await branches.hand.wait_for_message(me, lambda m: "mã" in (m["text"] or ""), timeout=PATIENCE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        await branches.hand.say(me, "trợ giúp")
        await branches.hand.wait_for_message(
            me, lambda m: "chưa lưu được" in (m["text"] or ""), timeout=PATIENCE
        )
        before = len(await branches.hand.messages(me))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        path = branches.bot.folder / "mungba.db"
        async with asyncio.timeout(PATIENCE):
            while ask(path, "SELECT state FROM inbox") != [("done",), ("done",)]:
                await asyncio.sleep(0.2)
        assert len(await branches.hand.messages(me)) > before
        assert ask(path, "PRAGMA integrity_check") == [("ok",)]
