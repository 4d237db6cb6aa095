"""From SQLite to PostgreSQL: everything, row by row, whenever it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from db import migrate, moving
from db.base import Base
from db.engine import FolderLock
from db.errors import StartRefused
from db.installation import remember
from db.moving import move
from db.outbox import OutboxRow, Priority, enqueue
from db.pictures import keep
from db.places import Place, file_at
from members.tables import Consent, Member, MemberStatus, Unit, UnitKind
from tests.support.databases import empty_database, first_start

NOW = datetime(2026, 12, 3, 12, 30, 1, 234567, tzinfo=UTC)


@pytest.fixture
def target() -> Iterator[Place]:
    with empty_database() as place:
        yield place


@pytest.fixture
def source(tmp_path: Path) -> Place:
    first_start(tmp_path / "old.db")
    place = file_at(tmp_path / "old.db")
    engine = place.engine(writing=True)
    with Session(engine) as session, session.begin():
        fill(session)
    engine.dispose()
    return place


def fill(session: Session) -> None:
    """Text of all kinds, moments, days, bytes, booleans, a child before its parent."""
    remember(session, "join-code-pepper", "00ff")
    remember(session, "ưu tiên", "tab\t, \\N, dòng\nmới, 😀 'nháy'")
    keep(session, bytes(range(256)), "hinh.png", NOW)
    session.execute(text("PRAGMA defer_foreign_keys=ON"))
    for number, parent in ((1, 2), (2, None)):
        name = f"Chi bộ {number}"
        session.add(
            Unit(id=number, parent_id=parent, kind=UnitKind.BRANCH, name=name, search_name=name.lower())
        )
        session.flush()
    an = Member(
        branch_id=1,
        full_name="Lê Thị Ấn",
        search_name="le thi an",
        status=MemberStatus.OFFICIAL,
        on_roll_from=date(2020, 2, 29),
    )
    session.add(an)
    session.flush()
    session.add(Consent(member_id=an.id, version="1", given_at=NOW, name_on_leaderboard=True))
    for number in range(30):
        enqueue(
            session,
            key=f"k{number}",
            channel="telegram",
            chat="1",
            member_id=an.id,
            notice="news",
            args={"text": "Kính gửi", "n": number},
            priority=Priority.BULK,
            now=NOW,
        )


def contents(place: Place) -> dict[str, list[tuple[object, ...]]]:
    engine = place.engine(writing=False)
    with Session(engine) as session:
        found = {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_everything_is_the_same_and_numbers_go_on(source: Place, target: Place) -> None:
    before = contents(source)
    counted = {one.table: one.rows for one in move(source, target)}
    assert contents(target) == before
    assert counted == {name: len(rows) for name, rows in before.items()}
    migrate.make_ready(target)
    engine = target.engine(writing=True)
    with Session(engine) as session:
        unit = Unit(kind=UnitKind.BRANCH, name="mới", search_name="moi")
        session.add(unit)
        session.flush()
        assert unit.id == 3
    engine.dispose()


@pytest.mark.parametrize("rows_before_the_kill", [0, 34])
def test_a_killed_run_is_gone_on_with(
    source: Place, target: Place, monkeypatch: pytest.MonkeyPatch, rows_before_the_kill: int
) -> None:
    left, plain = rows_before_the_kill, moving._plain

    def killed(value: object) -> object:
        nonlocal left
        left -= isinstance(value, datetime)
        if left < 0:
            raise KeyboardInterrupt
        return plain(value)

    with monkeypatch.context() as broken:
        broken.setattr(moving, "_plain", killed)
        with pytest.raises(KeyboardInterrupt):
            move(source, target)
    with pytest.raises(StartRefused, match="goes on where it stopped"):
        migrate.make_ready(target)
    move(source, target)
    assert contents(target) == contents(source)
    migrate.make_ready(target)


def test_a_database_with_other_data_is_refused(source: Place, target: Place) -> None:
    migrate.make_ready(target)
    engine = target.engine(writing=True)
    with Session(engine) as session, session.begin():
        remember(session, "theirs", "1")
    engine.dispose()
    with pytest.raises(StartRefused, match="holds data already"):
        move(source, target)


def test_another_file_cannot_be_mixed_in(
    source: Place, target: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(moving, "_compared", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            move(source, target)
    other = file_at(tmp_path / "other" / "o.db")
    assert other.file is not None
    other.file.parent.mkdir()
    first_start(other.file)
    with pytest.raises(StartRefused, match="another SQLite file"):
        move(other, target)


def test_a_file_used_meanwhile_is_noticed(
    source: Place, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(moving, "_compared", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            move(source, target)
    engine = source.engine(writing=True)
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET chat = 'other' WHERE key = 'k3'"))
    engine.dispose()
    with pytest.raises(StartRefused, match="table 'outbox' is not the same"):
        move(source, target)


def test_a_running_process_is_in_the_way(source: Place, target: Place) -> None:
    assert source.file is not None
    lock = FolderLock(source.file.parent)
    with pytest.raises(StartRefused, match="already in use"):
        move(source, target)
    lock.release()
    assert move(source, target)
    engine = target.engine(writing=False)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 30
    engine.dispose()
