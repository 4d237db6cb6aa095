"""A backup is whole or absent, and a restored one says nothing twice."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.tables  # noqa: F401 (all tables)
from db import backup, migrate
from db.backup import back_up, restore, verified
from db.errors import StartRefused
from db.places import file_at
from tests.support.databases import first_start

NOW = datetime(2026, 12, 3, 3, 0, tzinfo=UTC)
STAMP = "2026-12-03 03:00:00.000000"
NEXT_VERSION = """
from alembic import op
import sqlalchemy as sa
revision = "9001"
down_revision = "{head}"
def upgrade(): op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
def downgrade(): op.drop_table("later")
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "mungba.db"
    first_start(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, state in enumerate(("new", "answered", "done", "set_aside", "replay")):
            connection.execute(
                "INSERT INTO inbox (channel, update_id, lane, received_at, raw, state, attempts)"
                " VALUES ('t', ?, 'l', ?, '{}', ?, 0)",
                (str(number), STAMP, state),
            )
        for state in ("queued", "claimed", "sent", "failed", "unknown"):
            message(connection, f"k:{state}", state)
    return path


def message(connection: sqlite3.Connection, key: str, state: str) -> None:
    values = {
        "key": key, "channel": "t", "chat": "1", "notice": "n", "args": "{}", "priority": 20,
        "due_at": STAMP, "created_at": STAMP, "state": state, "attempts": 0, "careful": 0,
    }  # fmt: skip
    places = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO outbox ({', '.join(values)}) VALUES ({places})", values)


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def everything(path: Path) -> dict[str, list[Any]]:
    tables = [row[0] for row in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: ask(path, f'SELECT * FROM "{table}" ORDER BY rowid') for table in tables}


def test_a_backup_holds_every_row_in_one_file(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "b" / "one.backup")
    assert everything(made.path) == everything(source)
    assert made.rows == {table: len(rows) for table, rows in everything(source).items()}
    assert made.schema == migrate.newest()
    assert made.checksum == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert {file.name for file in made.path.parent.iterdir()} == {"one.backup", "one.backup.sha256"}
    assert made.path.stat().st_mode & 0o077 == 0
    assert verified(made.path) == made


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "one")
    before = made.path.read_bytes()
    with pytest.raises(StartRefused, match="never overwritten"):
        back_up(source, made.path)
    assert made.path.read_bytes() == before


def test_beside_a_writer_the_copy_is_one_moment(source: Path, tmp_path: Path) -> None:
    """Two rows are always written together; a copy between them would show."""
    stop = threading.Event()
    written = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None)) as connection:
            for number in range(100_000):
                if stop.is_set():
                    return
                connection.execute("BEGIN IMMEDIATE")
                message(connection, f"a:{number}", "sent")
                connection.execute("INSERT INTO installation VALUES (?, '')", (f"n{number}",))
                connection.execute("COMMIT")
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(10)
    try:
        copies = [back_up(source, tmp_path / f"copy{n}") for n in range(5)]
    finally:
        stop.set()
        writer.join()
    pairs = [(copy.rows["installation"], copy.rows["outbox"] - 5) for copy in copies]
    assert all(one == other for one, other in pairs)
    assert pairs[0] != pairs[-1]
    assert all(verified(copy.path) == copy for copy in copies)


def test_a_damaged_database_makes_no_backup(source: Path, tmp_path: Path) -> None:
    damage(source)
    with pytest.raises(StartRefused, match=r"damaged|malformed"):
        back_up(source, tmp_path / "one")
    assert not [file.name for file in tmp_path.iterdir() if file.name.startswith("one")]


def damage(path: Path) -> None:
    """Overwrite the root pages of inbox and outbox, as a failing disk does."""
    size = ask(path, "PRAGMA page_size")[0][0]
    roots = ask(path, "SELECT rootpage FROM sqlite_master WHERE name IN ('inbox', 'outbox')")
    with path.open("r+b") as file:
        for (page,) in roots:
            file.seek((page - 1) * size)
            file.write(b"\x5a" * size)


def test_a_restored_one_says_and_does_nothing_by_itself(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "one")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = restore(made.path, elsewhere / "mungba.db", NOW, replace=False)
    assert (done.messages_held, done.updates_held, done.replaced) == (2, 3, None)
    states = dict(ask(elsewhere / "mungba.db", "SELECT key, state FROM outbox"))
    assert states == {
        "k:queued": "unknown", "k:claimed": "unknown", "k:unknown": "unknown",
        "k:sent": "sent", "k:failed": "failed",
    }  # fmt: skip
    assert ask(elsewhere / "mungba.db", "SELECT count(*) FROM outbox WHERE reason = 'restored'") == [(2,)]
    aside = ask(elsewhere / "mungba.db", "SELECT update_id FROM inbox WHERE reason = 'restored' ORDER BY 1")
    assert aside == [("0",), ("1",), ("4",)]
    assert ask(elsewhere / "mungba.db", "SELECT state, count(*) FROM inbox GROUP BY 1") == [
        ("done", 1),
        ("set_aside", 4),
    ]
    same = everything(source).keys() - {"inbox", "outbox"}
    assert {t: everything(elsewhere / "mungba.db")[t] for t in same} == {
        t: everything(source)[t] for t in same
    }
    assert [file.name for file in elsewhere.iterdir()] == ["mungba.db"]


def test_what_is_there_is_replaced_only_when_asked_and_is_kept(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "one")
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO installation VALUES ('later', '')")
    with pytest.raises(StartRefused, match="--replace"):
        restore(made.path, source, NOW, replace=False)
    done = restore(made.path, source, NOW, replace=True)
    assert done.replaced == tmp_path / "mungba.db.2026-12-03T03-00-00Z.old"
    assert ask(done.replaced, "SELECT name FROM installation") == [("later",)]
    assert ask(source, "SELECT name FROM installation") == []


def test_a_damaged_one_is_kept_as_it_lies(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "one")
    damage(source)
    before = source.read_bytes()
    done = restore(made.path, source, NOW, replace=True)
    assert done.replaced is not None
    assert done.replaced.read_bytes() == before
    migrate.make_ready(file_at(source))


@pytest.mark.parametrize("harm", ["flip", "cut", "no sum", "empty sum", "text"])
def test_a_backup_that_changed_on_the_way_is_refused(source: Path, tmp_path: Path, harm: str) -> None:
    made = back_up(source, tmp_path / "one")
    content = bytearray(made.path.read_bytes())
    sidecar = tmp_path / "one.sha256"
    if harm == "flip":
        content[-1] ^= 1
        made.path.write_bytes(content)
    elif harm == "cut":
        made.path.write_bytes(content[:-4096])
    elif harm == "no sum":
        sidecar.unlink()
    elif harm == "empty sum":
        sidecar.write_text("")
    else:
        made.path.write_text("hello")
        sidecar.write_text(hashlib.sha256(b"hello").hexdigest())
    before = source.read_bytes()
    with pytest.raises(StartRefused, match="one"):
        restore(made.path, source, NOW, replace=True)
    assert source.read_bytes() == before
    assert not [file.name for file in tmp_path.iterdir() if "restoring" in file.name or "old" in file.name]


def with_sum(path: Path) -> Path:
    Path(f"{path}.sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_a_newer_backup_is_refused_with_the_remedy(source: Path, tmp_path: Path) -> None:
    newer = back_up(source, tmp_path / "one").path
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartRefused, match=r"newer version .* install that version"):
        restore(with_sum(newer), tmp_path / "x.db", NOW, replace=False)
    assert not (tmp_path / "x.db").exists()


@pytest.fixture
def a_version_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    head = migrate.newest()
    shutil.copytree(migrate.FOLDER, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "9001_next.py").write_text(NEXT_VERSION.format(head=head))
    monkeypatch.setattr(migrate, "FOLDER", tmp_path / "migrations")
    yield


def test_an_older_backup_is_brought_up_to_date(
    source: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = back_up(source, tmp_path / "one")
    request.getfixturevalue("a_version_later")
    done = restore(made.path, tmp_path / "x.db", NOW, replace=False)
    assert done.copy.schema == "9001"
    assert "later" in everything(tmp_path / "x.db")
    assert verified(made.path).schema == made.schema  # the backup itself stays as it was


def test_another_program_s_database_is_refused(source: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE person (name)")
    with pytest.raises(StartRefused, match="no database of this program"):
        restore(with_sum(foreign), tmp_path / "x.db", NOW, replace=False)


def test_dated_names_do_not_collide(source: Path, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "one")
    kept = {restore(made.path, source, NOW + timedelta(seconds=n), replace=True).replaced for n in range(3)}
    assert len(kept) == 3
    assert backup.RESTORED == "restored"
