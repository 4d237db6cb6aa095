"""A member's own record of a year (domain.md M-10), read across the rooms, for the member only."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from meetings.tables import Attendance, Meeting, MeetingKind, MeetingState, Presence
from opinions.tables import Opinion
from quizzes.tables import Attempt

_ATTENDING = (Presence.PRESENT, Presence.LATE)


class MyRecord(Struct, frozen=True):
    """Meetings attended of those counted (confirmed lists), ranked quizzes with right answers, opinions."""

    year: int
    attended: int
    meetings: int
    attended_thematic: int
    thematic: int
    quizzes: int
    correct: int
    answered: int
    opinions: int


def my_record(session: Session, member_id: int, year: int, zone: ZoneInfo) -> MyRecord:
    """Counts of the local calendar year."""
    start, end = (datetime(y, 1, 1, tzinfo=zone).astimezone(UTC) for y in (year, year + 1))
    attended, meetings = _meetings(session, member_id, start, end, Meeting.kind != MeetingKind.THEMATIC)
    thematic = _meetings(session, member_id, start, end, Meeting.kind == MeetingKind.THEMATIC)
    quizzes, correct, answered = _quizzes(session, member_id, start, end)
    opinions = select(func.count()).where(Opinion.author_id == member_id)
    return MyRecord(
        year,
        attended,
        meetings,
        *thematic,
        quizzes,
        correct,
        answered,
        opinions=session.scalar(opinions.where(Opinion.at >= start, Opinion.at < end)) or 0,
    )


def _meetings(
    session: Session, member_id: int, start: datetime, end: datetime, kind: ColumnElement[bool]
) -> tuple[int, int]:
    rows = session.scalars(
        select(Attendance.presence)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(Attendance.member_id == member_id, Attendance.in_base, Meeting.state == MeetingState.HELD)
        .where(Meeting.starts_at >= start, Meeting.starts_at < end, kind)
    ).all()
    return sum(presence in _ATTENDING for presence in rows), len(rows)


def _quizzes(session: Session, member_id: int, start: datetime, end: datetime) -> tuple[int, int, int]:
    rows = session.execute(
        select(Attempt.correct, Attempt.answered)
        .where(Attempt.member_id == member_id, Attempt.ranked, Attempt.finished_at.is_not(None))
        .where(Attempt.started_at >= start, Attempt.started_at < end)
    ).all()
    return len(rows), sum(correct for correct, _ in rows), sum(answered for _, answered in rows)
