"""As SQLite's own testers do: fail the 1st, 2nd, … statement of each main use case until it passes untouched.

After each failure nothing of it may be there, the file must be whole, and who waited must know the truth.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from db.errors import StoreBusy, StoreError, StoreFull
from db.installation import fact, remember
from db.sqlite import SqliteStore
from meetings.calendar import VIET_NAM
from meetings.checkin import CheckinRules, check_in_by_code, key_of
from meetings.checkin_code import code_at
from meetings.checkin_run import open_checkin
from meetings.rsvp import answer_invitation
from meetings.tables import Meeting, RsvpAnswer
from members.join_codes import Draft, make_codes
from members.joining import JoinAttempt, join
from members.tables import Account, PostKind, Unit, UnitKind
from opinions.tables import Opinion, Visibility
from opinions.writing import write
from quizzes import attempts
from scheduler.reminders import remind_of
from tests.support.branch_world import NOW, TIMES, World, local
from tests.support.databases import first_start
from tests.support.talk import talk_in
from tests.unit.quizzes.world import world_in

Act = Callable[[Session], object]
RULES = CheckinRules(VIET_NAM)
EVENING = local("2026-12-03 19:20")
FULL, READ_ONLY, LOCKED = (
    "database or disk is full",
    "attempt to write a readonly database",
    "database is locked",
)
TROUBLES = ((FULL, True), (READ_ONLY, False), (LOCKED, False))


class Injector:
    """Fails the n-th statement (or the commit) of an engine; `ends`: as SQLite does, the transaction too."""

    def __init__(self, engine: Engine) -> None:
        self.nth, self.passed, self.commits = 0, 0, False
        self.words, self.ends = FULL, False
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def arm(self, nth: int, words: str = FULL, *, ends: bool = False, commits: bool = False) -> None:
        self.nth, self.passed, self.words, self.ends, self.commits = nth, 0, words, ends, commits

    def _statement(self, connection: Any, *_: object) -> None:
        self.passed += 1
        if self.passed == self.nth:
            self._fail(connection)

    def _commit(self, connection: Any) -> None:
        if self.commits:
            self._fail(connection)

    def _fail(self, connection: Any) -> None:
        driver = connection.connection.dbapi_connection
        if self.ends and driver.in_transaction:
            driver.execute("ROLLBACK")
        raise sqlite3.OperationalError(self.words)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    first_start(tmp_path / "m.db")
    store = SqliteStore(tmp_path / "m.db")
    yield store
    await store.close()


def rows(folder: Path) -> dict[str, list[Any]]:
    """Everything stored but the neighbour's facts, from outside; and the file is whole."""
    with closing(sqlite3.connect(folder / "m.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            t: connection.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables if t != "installation"
        }


def branch_in(session: Session) -> World:
    unit = Unit(parent_id=None, kind=UnitKind.BRANCH, name="Chi bộ 1", search_name="chi bo 1")
    session.add(unit)
    session.flush()
    world = World(session, unit.id, count(1000))
    world.rule()
    return world


def opened(world: World) -> Meeting:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    meeting = world.meeting()
    open_checkin(world.session, secretary, meeting.id, EVENING, RULES)
    return meeting


def check_in(session: Session) -> Act:
    world = branch_in(session)
    meeting = opened(world)
    an, code = world.member("An"), code_at(key_of(meeting), EVENING)
    return lambda s: check_in_by_code(s, an, code, EVENING, "telegram:1", RULES)


def wrong_code(session: Session) -> Act:
    world = branch_in(session)
    meeting, an = opened(world), world.member("An")
    wrong = f"{(int(code_at(key_of(meeting), EVENING)) + 1) % 10**4:04}"
    return lambda s: check_in_by_code(s, an, wrong, EVENING, "telegram:1", RULES)


def open_a_check_in(session: Session) -> Act:
    world = branch_in(session)
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    for name in ("An", "Bình", "Chi"):
        world.member(name)
    meeting_id = world.meeting().id
    return lambda s: open_checkin(s, secretary, meeting_id, EVENING, RULES)


def rsvp(session: Session) -> Act:
    world = branch_in(session)
    an, meeting_id = world.member("An"), world.meeting().id
    return lambda s: answer_invitation(s, an, meeting_id, RsvpAnswer.COMING, NOW)


def remind(session: Session) -> Act:
    world = branch_in(session)
    for name in ("An", "Bình", "Chi"):
        world.member(name)
    meeting_id = world.meeting().id
    return lambda s: remind_of(s, [meeting_id], local("2026-11-30 08:00"), TIMES)


def opinion(session: Session) -> Act:
    world = branch_in(session)
    world.member("Bí Thư", PostKind.SECRETARY)
    an = world.member("An")
    return lambda s: write(s, an, "Đèn hỏng", Visibility.BRANCH, NOW, VIET_NAM, key="telegram:1")


def join_in(session: Session) -> Act:
    world = branch_in(session)
    an = world.member("An", phone=False, consented=False)
    make_codes(session, None, world.branch_id, [Draft(an.member_id, "K7M29XQD", "right")], NOW)
    account = Account(channel="telegram", user="7", chat="7", last_seen_at=NOW)
    session.add(account)
    session.flush()
    account_id = account.id
    return lambda s: join(s, JoinAttempt(account_id, "right", "telegram:1"), NOW, NOW.date())


def quiz_answer(session: Session) -> Act:
    here = world_in(session)
    here.fill_bank(4)
    an, made = here.member("An"), here.open_round()
    begun = attempts.start(session, an.member_id, made.id, NOW, ranked=True)
    soon = NOW + timedelta(seconds=5)
    return lambda s: attempts.answer(s, begun.attempt_id, an.member_id, 0, {0}, soon)


CASES = (check_in, wrong_code, open_a_check_in, rsvp, remind, opinion, join_in, quiz_answer)


@pytest.mark.parametrize(("words", "ends"), TROUBLES)
@pytest.mark.parametrize("case", CASES)
async def test_every_statement_fails_once(
    store: SqliteStore, tmp_path: Path, case: Callable[[Session], Act], words: str, ends: bool
) -> None:
    act = await store.write(case)
    before, injector = rows(tmp_path), Injector(store._write_engine)
    for nth in count(1):
        injector.arm(nth, words, ends=ends)
        name = f"neighbour {nth}"
        mine, other = await asyncio.gather(
            store.write(act), store.write(remember, name, "x"), return_exceptions=True
        )
        injector.arm(0)
        assert (await store.read(fact, name) == "x") is (other is None), f"{other!r} after statement {nth}"
        if not isinstance(mine, BaseException):
            break
        assert isinstance(mine, StoreBusy if words == LOCKED else StoreFull)
        assert rows(tmp_path) == before, f"half done after statement {nth}"
    assert nth > 3
    assert rows(tmp_path) != before


@pytest.mark.parametrize(("words", "ends"), TROUBLES)
@pytest.mark.parametrize("case", CASES)
async def test_the_commit_fails(
    store: SqliteStore, tmp_path: Path, case: Callable[[Session], Act], words: str, ends: bool
) -> None:
    act = await store.write(case)
    before, injector = rows(tmp_path), Injector(store._write_engine)
    injector.arm(0, words, ends=ends, commits=True)
    failed = await asyncio.gather(
        store.write(act), store.write(remember, "neighbour", "x"), return_exceptions=True
    )
    injector.arm(0)
    assert all(isinstance(one, StoreError) for one in failed)
    assert rows(tmp_path) == before
    assert await store.read(fact, "neighbour") is None
    await store.write(act)
    assert rows(tmp_path) != before


@pytest.mark.parametrize("case", CASES)
async def test_really_full_at_every_page(
    store: SqliteStore, tmp_path: Path, case: Callable[[Session], Act]
) -> None:
    """No injection: SQLite itself runs out of pages, later and later."""

    def leave(session: Session, pages: int) -> None:
        used = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={used + pages}")

    act = await store.write(case)
    before = rows(tmp_path)
    for pages in count(0):
        await store.write(leave, pages)
        filler = store.write(remember, "filler", "x" * 4096 * (12 - pages))
        mine, _ = await asyncio.gather(store.write(act), filler, return_exceptions=True)
        if not isinstance(mine, BaseException):
            break
        assert isinstance(mine, StoreFull)
        assert rows(tmp_path) == before
    assert pages > 0
    assert rows(tmp_path) != before


async def test_the_person_hears_that_nothing_was_saved(tmp_path: Path) -> None:
    async with talk_in(tmp_path, "tapped") as talk:
        an = await talk.member("An")
        await an.says("ý kiến")
        await an.says("Đèn hỏng")
        injector = Injector(talk.home.store._write_engine)  # type: ignore[attr-defined]
        told = set()
        for nth in count(1):
            injector.arm(nth)
            talk.numbers = count(100)  # the same update again, as the worker does it
            try:
                await an.taps("Gửi cả")
            except StoreError:
                told.add("not told: the worker tries again")
            else:
                told.add(an.last)
            injector.arm(0)
            if await talk.look(lambda s: s.scalar(select(func.count(Opinion.id)))):
                break
        assert any("Chưa lưu được vì máy chủ hết chỗ" in said for said in told)
        talk.numbers = count(100)
        await an.taps("Gửi cả")
        assert await talk.look(lambda s: s.scalar(select(func.count(Opinion.id)))) == 1
