"""The message to the Party office on day 5: how many branches have met, and which have not (domain.md 6.18).

One `Reminder` row a calendar month makes it happen once; after a long downtime only a fresh month is told.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.once import insert_once
from meetings.calendar import local_moment
from meetings.reminding import outside_quiet_hours
from meetings.tables import Meeting, Reminder, ReminderState
from meetings.timetable import Timetable
from members.identity import who_is
from members.permissions import Right, units_covered
from members.tables import Post, PostKind
from members.telling import tell
from reports.months import count_marked
from reports.overview import nearest_period

log = logging.getLogger(__name__)
KIND = "office-month"
DAY = 5
FRESH = timedelta(days=2)
TOO_LATE = "too late"


def next_due(session: Session, times: Timetable) -> datetime | None:
    """Day 5 of the next month to tell; None before the first meeting is written down."""
    month = _next_month(session, times)
    return _moment(month, times) if month else None


def run_due(session: Session, now: datetime, times: Timetable) -> int:
    """How many people are told now; months that are long over are given up. Harmless when repeated."""
    told = 0
    while (month := _next_month(session, times)) is not None and _moment(month, times) <= now:
        fresh = now - _moment(month, times) <= FRESH
        if _settle(session, month, now, times, fresh=fresh) and fresh:
            told += _tell_office(session, month, now, times)
    return told


def _next_month(session: Session, times: Timetable) -> date | None:
    """The first day of the month after the one settled last; of the first meeting's where none is."""
    last = session.scalar(
        select(func.max(Reminder.key)).where(Reminder.kind == KIND, Reminder.meeting_id.is_(None))
    )
    if last is not None:
        return _after(date.fromisoformat(last.removeprefix(f"{KIND}:") + "-01"))
    first = session.scalar(select(func.min(Meeting.starts_at)))
    return times.local_day(first).replace(day=1) if first else None


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _moment(month: date, times: Timetable) -> datetime:
    return outside_quiet_hours(
        local_moment(month.replace(day=DAY), times.hours.send, times.zone), times.hours.quiet, times.zone
    )


def _settle(session: Session, month: date, now: datetime, times: Timetable, *, fresh: bool) -> bool:
    due = _moment(month, times)
    if not fresh:
        log.warning("message to the office of %s skipped: %s", f"{month:%Y-%m}", TOO_LATE)
    return insert_once(
        session,
        Reminder,
        key=f"{KIND}:{month:%Y-%m}",
        kind=KIND,
        due_at=due,
        expires_at=due + FRESH,
        state=ReminderState.DONE if fresh else ReminderState.SKIPPED,
        note=None if fresh else TOO_LATE,
        done_at=now,
    )


def _tell_office(session: Session, month: date, now: datetime, times: Timetable) -> int:
    count_marked(session, now, times.zone)
    holders = session.scalars(select(Post.member_id).where(Post.kind == PostKind.OFFICE).distinct()).all()
    return sum(_tell(session, member, month, now, times) for member in sorted(holders))


def _tell(session: Session, member_id: int, month: date, now: datetime, times: Timetable) -> bool:
    """One office holder, about the month of the meetings nearest to today; nothing where they cover none."""
    who = who_is(session, member_id, times.local_day(now))
    units = units_covered(session, who, Right.SEE_FIGURES) if who else []
    if who is None or not who.holds(PostKind.OFFICE) or not units:
        return False
    return tell(
        session,
        member_id,
        "figures.month",
        key=f"{KIND}:{month:%Y-%m}:{member_id}",
        now=now,
        expires_at=now + FRESH,
        period=nearest_period(session, units, now, times.zone),
    )
