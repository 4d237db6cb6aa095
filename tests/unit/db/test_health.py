"""A database that is not whole is refused in one sentence with a remedy, and left as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import bot.tables  # noqa: F401 (all tables)
from db import migrate
from db.engine import FolderLock
from db.errors import StartRefused
from db.health import refuse_if_unfit
from db.places import file_at
from tests.support.databases import first_start

Harm = Callable[[Path], None]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "mungba.db"
    first_start(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO installation VALUES (?, ?)", [(f"n{n}", "x" * 500) for n in range(200)]
        )
    return path


def overwrite_a_page(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'installation'").fetchone()
    with path.open("r+b") as file:
        file.seek((page[0] - 1) * size)
        file.write(os.urandom(size))


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def write_text(path: Path) -> None:
    path.write_text("Đây không phải cơ sở dữ liệu. " * 50)


def keep_ten_bytes(path: Path) -> None:
    os.truncate(path, 10)


def zero_the_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(100))


def number_it_9999(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def drop_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE opinion_step")


def drop_a_column(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE installation DROP COLUMN value")


def make_it_somebody_else_s(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE person (name)")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (overwrite_a_page, "restore"),
        (cut_in_half, "cut short"),
        (write_text, "no database"),
        (keep_ten_bytes, "no database"),
        (zero_the_header, "no database"),
        (number_it_9999, "newer version"),
        (drop_a_table, "lacks opinion_step"),
        (drop_a_column, "lacks installation.value"),
        (make_it_somebody_else_s, "another program"),
    ],
)
def test_what_is_not_whole_is_refused_and_stays_as_it_is(database: Path, harm: Harm, words: str) -> None:
    harm(database)
    before = database.read_bytes()
    with pytest.raises(StartRefused, match=words) as refused:
        migrate.make_ready(file_at(database))
    assert "\n" not in str(refused.value)
    assert any(remedy in str(refused.value) for remedy in ("restore", "install that version", "name another"))
    assert database.read_bytes() == before


def test_a_good_one_passes_as_often_as_you_like(database: Path) -> None:
    for _ in range(2):
        assert migrate.make_ready(file_at(database)) == migrate.newest()
    refuse_if_unfit(database.with_name("not there yet.db"))
    empty = database.with_name("empty.db")
    empty.touch()
    refuse_if_unfit(empty)


@pytest.fixture
def crashed(database: Path) -> Path:
    """A copy as a kill leaves it: confirmed rows in the log, the index beside it."""
    there = database.parent / "crashed"
    there.mkdir()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        for number in range(5):
            connection.execute("INSERT INTO installation VALUES (?, 'confirmed')", (f"late{number}",))
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{database}{end}", there / f"mungba.db{end}")
    return there / "mungba.db"


def late_rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(
            connection.execute("SELECT count(*) FROM installation WHERE name LIKE 'late%'").fetchone()[0]
        )


def test_after_a_crash_everything_confirmed_is_there(crashed: Path) -> None:
    migrate.make_ready(file_at(crashed))
    assert late_rows(crashed) == 5


def test_a_log_that_lost_confirmed_rows_is_refused(crashed: Path) -> None:
    log = Path(f"{crashed}-wal")
    whole = log.stat().st_size
    for size in (whole - 1, whole // 2, 31, 0):
        os.truncate(log, size)
        with pytest.raises(StartRefused, match="cut short, so something confirmed is missing"):
            migrate.make_ready(file_at(crashed))
        assert log.stat().st_size == size
    log.unlink()
    with pytest.raises(StartRefused, match="cut short"):
        migrate.make_ready(file_at(crashed))


def test_a_half_written_frame_after_the_confirmed_ones_is_no_harm(crashed: Path) -> None:
    with Path(f"{crashed}-wal").open("ab") as log:
        log.write(b"\x07" * 700)
    migrate.make_ready(file_at(crashed))
    assert late_rows(crashed) == 5


def test_a_log_of_another_generation_says_nothing(crashed: Path) -> None:
    """The index may be older than the log after a power cut; only one of the same salts counts."""
    index = Path(f"{crashed}-shm")
    content = bytearray(index.read_bytes())
    for copy in (0, 48):
        struct.pack_into("=I", content, copy + 16, 10_000)
        content[copy + 32 : copy + 40] = b"\x00" * 8
    index.write_bytes(content)
    migrate.make_ready(file_at(crashed))
    assert late_rows(crashed) == 5


def test_a_locked_one_is_refused_with_its_cure(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StartRefused, match="close that program"):
            migrate.make_ready(file_at(database))
    migrate.make_ready(file_at(database))


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartRefused, match="give this program's user the right"):
        FolderLock(tmp_path / "data")
