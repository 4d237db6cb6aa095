"""The office hears of each month once, on day 5, and of nothing old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow
from meetings.tables import MeetingState, Reminder, ReminderState
from meetings.timetable import Timetable
from members.tables import PostKind
from reports.monthly import next_due, run_due
from tests.support.databases import Database, fresh_session
from tests.unit.opinions.conftest import MEETING, Town

TIMES = Timetable()
FIFTH = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)  # 08:00


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on an empty database with all tables."""
    with fresh_session(database) as opened:
        yield opened


@pytest.fixture
def town(session: Session) -> Town:
    """An organisation with an office and people whom it does not concern."""
    made = Town(session)
    for kind in (PostKind.OFFICE, PostKind.LEADER):
        made.member(kind.value, kind, at=made.committee)
    made.member("Chi", PostKind.SECRETARY)
    return made


def test_nothing_before_the_first_meeting(session: Session, town: Town) -> None:
    assert next_due(session, TIMES) is None
    assert run_due(session, FIFTH, TIMES) == 0


def test_once_to_the_office_alone(session: Session, town: Town) -> None:
    town.meeting(state=MeetingState.HELD)
    assert next_due(session, TIMES) == FIFTH
    assert run_due(session, FIFTH - timedelta(seconds=1), TIMES) == 0
    assert [run_due(session, FIFTH, TIMES) for _ in range(3)] == [1, 0, 0]
    rows = session.scalars(select(OutboxRow)).all()
    assert [(row.chat, row.args) for row in rows] == [("office", {"period": "2026-12"})]
    assert next_due(session, TIMES) == datetime(2027, 1, 5, 1, 0, tzinfo=UTC)


def test_branches_that_meet_late_are_told_of_the_month_before(session: Session, town: Town) -> None:
    town.meeting(starts_at=MEETING - timedelta(days=5))
    town.meeting(starts_at=MEETING + timedelta(days=25))
    run_due(session, FIFTH, TIMES)
    assert [row.args for row in session.scalars(select(OutboxRow))] == [{"period": "2026-11"}]


def test_old_months_are_given_up(session: Session, town: Town) -> None:
    town.meeting()
    assert run_due(session, FIFTH + timedelta(days=80), TIMES) == 0
    rows = session.scalars(select(Reminder).order_by(Reminder.key)).all()
    assert [row.key for row in rows] == [
        "office-month:2026-12",
        "office-month:2027-01",
        "office-month:2027-02",
    ]
    assert {row.state for row in rows} == {ReminderState.SKIPPED}
    assert next_due(session, TIMES) == datetime(2027, 3, 5, 1, 0, tzinfo=UTC)
