"""Several processes at one minute: each takes other branches, and what one leaves behind another does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.claims import NotOurTurn
from db.installation import remember
from db.outbox import OutboxRow
from db.places import Place
from db.store import Store
from meetings.planning import fill, lacking, set_rule
from meetings.reminder_rows import row_key
from meetings.rsvp import answer_invitation
from meetings.tables import Meeting, RsvpAnswer
from members.identity import who_is
from members.tables import Unit, UnitKind
from quizzes.rounds import close_due, open_due
from quizzes.tables import QuizRound
from scheduler.calendars import KEPT, CalendarKeeper
from scheduler.reminders import due_meetings, remind_of, run_due
from tests.support.branch_world import NOW, TIMES, World, local
from tests.support.databases import fresh

D7 = local("2026-11-26 08:00")
BRANCHES = 3


@dataclass
class House:
    """As much of an installation as the scheduler sees."""

    store: Store


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Place]:
    """A server's database with branches that meet on one day, a member each."""
    with fresh("postgres", tmp_path) as place:
        engine = place.engine(writing=True)
        with Session(engine) as session, session.begin():
            some_branches(session)
        engine.dispose()
        yield place


def some_branches(session: Session) -> None:
    numbers = count(1000)
    for number in range(BRANCHES):
        branch(session, number, numbers)


def branch(session: Session, number: int, numbers: count[int]) -> None:
    name = f"Chi bộ {number}"
    unit = Unit(parent_id=None, kind=UnitKind.BRANCH, name=name, search_name=name.lower())
    session.add(unit)
    session.flush()
    World(session, unit.id, numbers).member(f"Đảng viên {number}")
    set_rule(session, None, unit.id, 3, local("2026-12-03 19:30").time(), "Nhà văn hóa", NOW, TIMES)
    session.add(
        QuizRound(
            key=str(number),
            branch_id=unit.id,
            title="Chuyên đề",
            opens_at=D7,
            closes_at=D7 + timedelta(days=1),
            minutes=10,
        )
    )


def both(place: Place, stack: ExitStack) -> tuple[Session, Session]:
    engines = place.engine(writing=True), place.engine(writing=True)
    for engine in engines:
        stack.callback(engine.dispose)
    sessions = [stack.enter_context(Session(engine)) for engine in engines]
    return sessions[0], sessions[1]


def test_two_processes_remind_different_branches_and_one_takes_over(shared: Place) -> None:
    with ExitStack() as stack:
        one, other = both(shared, stack)
        due = [meeting for meetings in due_meetings(one, D7) for meeting in meetings]
        assert [it.meeting for it in remind_of(one, due[:2], D7, TIMES)] == due[:2]
        assert [it.meeting for it in remind_of(other, due, D7, TIMES)] == due[2:]
        other.commit()
        assert remind_of(other, due, D7, TIMES) == []
        one.rollback()  # it died
        assert [it.sent for it in remind_of(other, due, D7, TIMES)] == [("d-7",), ("d-7",)]
        other.commit()
        assert remind_of(one, due, D7, TIMES) == []
        assert one.scalar(select(func.count()).select_from(OutboxRow)) == BRANCHES


def test_an_answer_is_not_kept_waiting_by_the_planning_of_its_meeting(shared: Place) -> None:
    with ExitStack() as stack:
        one, other = both(shared, stack)
        other.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        [meeting, *_] = due_meetings(one, D7)[0]
        remind_of(one, [meeting], D7, TIMES)
        who = who_is(other, 1, D7.date())
        assert who is not None
        answer_invitation(other, who, meeting, RsvpAnswer.COMING, D7)
        other.commit()


@pytest.mark.parametrize("some", [open_due, close_due])
def test_two_processes_never_open_or_close_a_round_twice(shared: Place, some: object) -> None:
    assert callable(some)
    now = D7 if some is open_due else D7 + timedelta(days=2)
    with ExitStack() as stack:
        one, other = both(shared, stack)
        assert some(one, now) == BRANCHES
        assert some(other, now) == 0
        one.rollback()
        assert some(other, now) == BRANCHES
        other.commit()
        assert some(one, now) == 0


async def test_of_many_branches_none_is_left_out_and_one_that_fails_stops_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("scheduler.reminders.AT_ONCE", 2)
    house = House(place.store())
    await house.store.write(some_branches)
    bad = (await house.store.read(due_meetings, D7))[0][0]
    monkeypatch.setattr("scheduler.reminders.row_key", _fails_for(bad))
    done = await run_due(house, D7, TIMES)
    await house.store.close()
    assert [one.sent for one in done] == [("d-7",), ("d-7",)]
    assert f"reminding of meetings [{bad}] failed" in caplog.text


def _fails_for(bad: int) -> object:
    def key(meeting: Meeting, step: str, times: object) -> str:
        if meeting.id == bad:
            raise RuntimeError("no")
        return row_key(meeting, step, TIMES)

    return key


async def test_a_day_s_calendars_are_filled_by_one_and_finished_by_another_when_it_dies(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.calendars.FILLED", 1)
    house = House(place.store())
    await house.store.write(some_branches)
    later = NOW + timedelta(days=40)
    assert len(await house.store.read(lacking, later, TIMES)) == BRANCHES
    dying = Dying(house.store)
    with pytest.raises(NotOurTurn):
        await CalendarKeeper(TIMES).run(House(dying), later)  # type: ignore[arg-type]
    assert len(await house.store.read(lacking, later, TIMES)) == BRANCHES - 1
    await CalendarKeeper(TIMES).run(house, later)
    assert await house.store.read(lacking, later, TIMES) == []
    await CalendarKeeper(TIMES).run(House(dying), later)  # type: ignore[arg-type]  # nothing is left to write
    await house.store.write(remember, KEPT, "")
    with pytest.raises(NotOurTurn):
        await CalendarKeeper(TIMES).run(House(dying), later)  # type: ignore[arg-type]
    await house.store.close()


class Dying:
    """A store that is gone after a first write of a calendar."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.read
        self._left = 1

    async def write(self, use_case: object, *args: object) -> object:
        if not self._left:
            raise NotOurTurn("gone")
        self._left -= use_case is fill
        return await self._store.write(use_case, *args)  # type: ignore[arg-type]
