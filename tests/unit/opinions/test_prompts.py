"""Prompts leave once, on their own day, and never in the place of a reminder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow, OutboxState, Priority, enqueue
from meetings.calendar import VIET_NAM
from meetings.tables import MeetingState, Presence, Reminder, ReminderState
from meetings.timetable import Timetable
from members.tables import MemberStatus
from opinions.prompts import due_after, due_before, next_due, run_due
from opinions.tables import Visibility
from tests.unit.opinions.conftest import MEETING, Town

TIMES = Timetable()
BEFORE = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)  # 18:00, two days before
AFTER = datetime(2026, 12, 4, 1, 0, tzinfo=UTC)  # 08:00, the morning after


def _asked(session: Session, notice: str) -> list[int | None]:
    rows = select(OutboxRow.member_id).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
    return list(session.scalars(rows))


def test_moments_of_the_third_of_december() -> None:
    assert (due_before(MEETING, TIMES), due_after(MEETING, TIMES)) == (BEFORE, AFTER)


def test_another_day_where_a_reminder_falls_on_it() -> None:
    times = Timetable(steps=(7, 3, 2, 1, 0))
    assert due_before(MEETING, times) == BEFORE - timedelta(days=2)


def test_nothing_is_due_without_meetings(session: Session) -> None:
    assert next_due(session, TIMES) is None


def test_asked_once_and_next_due_moves_on(session: Session, town: Town) -> None:
    an = town.member("An")
    meeting = town.meeting()
    assert next_due(session, TIMES) == BEFORE
    assert run_due(session, BEFORE - timedelta(seconds=1), TIMES).people == 0
    assert [run_due(session, BEFORE, TIMES).people for _ in range(3)] == [1, 0, 0]
    assert _asked(session, "opinions.before") == [an.member_id]
    assert next_due(session, TIMES) == AFTER
    row = session.scalars(select(Reminder)).one()
    assert (row.kind, row.state, row.meeting_id) == ("opinions-before", ReminderState.DONE, meeting.id)


def test_only_reachable_members_who_have_not_written(session: Session, town: Town) -> None:
    town.meeting()
    silent = town.member("Lặng")
    town.says(town.member("Viết"), visibility=Visibility.COMMITTEE)
    town.member("Chưa đồng ý", consented=False)
    town.member("Miễn", status=MemberStatus.EXEMPT)
    town.member("Nơi khác", branch="Chi bộ 2")
    run_due(session, BEFORE, TIMES)
    assert _asked(session, "opinions.before") == [silent.member_id]
    assert OutboxState.UNREACHABLE not in set(session.scalars(select(OutboxRow.state)))


def test_a_reminder_of_today_keeps_its_day(session: Session, town: Town) -> None:
    town.meeting()
    an, binh = town.member("An"), town.member("Bình")
    enqueue(
        session,
        key="reminder",
        channel="telegram",
        chat="An",
        member_id=an.member_id,
        notice="invitation.invite",
        args={},
        priority=Priority.REMINDER,
        now=BEFORE - timedelta(hours=3),
    )
    run_due(session, BEFORE, TIMES)
    assert _asked(session, "opinions.before") == [binh.member_id]


@pytest.mark.parametrize("late", [timedelta(hours=3, minutes=1), timedelta(hours=14), timedelta(days=5)])
def test_too_late_is_given_up_once(session: Session, town: Town, late: timedelta) -> None:
    town.member("An")
    town.meeting()
    assert run_due(session, BEFORE + late, TIMES).people == 0
    states = {row.kind: row.state for row in session.scalars(select(Reminder))}
    assert states["opinions-before"] is ReminderState.SKIPPED


def test_a_moved_meeting_moves_its_prompt(session: Session, town: Town) -> None:
    town.member("An")
    meeting = town.meeting()
    meeting.starts_at = MEETING + timedelta(days=4)
    assert run_due(session, BEFORE, TIMES).people == 0
    assert run_due(session, BEFORE + timedelta(days=4), TIMES).people == 1


@pytest.mark.parametrize("state", [MeetingState.CANCELLED, MeetingState.TO_CONFIRM])
def test_no_prompt_for_a_meeting_that_is_not_on(session: Session, town: Town, state: MeetingState) -> None:
    town.member("An")
    town.meeting(state=state)
    assert run_due(session, BEFORE, TIMES).people == 0
    assert run_due(session, AFTER, TIMES).people == 0
    assert next_due(session, TIMES) is None


def test_those_who_were_there_are_thanked(session: Session, town: Town) -> None:
    meeting = town.meeting(state=MeetingState.CHECKIN_CLOSED)
    present, late, absent = town.member("Có mặt"), town.member("Muộn"), town.member("Vắng")
    town.attend(meeting, present)
    town.attend(meeting, late, Presence.LATE)
    town.attend(meeting, absent, Presence.EXCUSED)
    assert [run_due(session, AFTER, TIMES).people for _ in range(2)] == [2, 0]
    assert _asked(session, "opinions.after") == [present.member_id, late.member_id]


def test_nobody_is_thanked_for_a_meeting_that_was_not_held(session: Session, town: Town) -> None:
    town.attend(town.meeting(), town.member("An"))
    assert run_due(session, AFTER, TIMES).people == 0
    assert next_due(session, TIMES) is None


@given(hour=st.integers(0, 23), day=st.integers(1, 28), days=st.frozensets(st.integers(0, 9), min_size=1))
def test_never_in_quiet_hours_nor_on_a_reminder_day(hour: int, day: int, days: frozenset[int]) -> None:
    times = Timetable(steps=tuple(days))
    starts_at = datetime(2027, 3, day, hour, 30, tzinfo=VIET_NAM).astimezone(UTC)
    before, after = due_before(starts_at, times), due_after(starts_at, times)
    assert before < starts_at < after
    for moment in (before, after):
        assert not times.hours.quiet.covers(moment.astimezone(VIET_NAM).time())
    apart = (times.local_day(starts_at) - times.local_day(before)).days
    assert apart >= 2
    assert apart not in days
