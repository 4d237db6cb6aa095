"""Asking for opinions: two days before the meeting, and the morning after it with thanks.

What is due follows from the meetings themselves, so a moved meeting moves its prompt. A `Reminder` row is
written when a prompt is sent or given up: each happens once a meeting, whatever is repeated. The meeting
notes it too, so that the next one due is the first in an index.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from db.once import insert_once
from db.outbox import Priority
from meetings.attendance import IN_THE_ROOM
from meetings.calendar import local_moment
from meetings.expected import expected
from meetings.reminder_cap import free_moments
from meetings.reminding import outside_quiet_hours
from meetings.tables import Attendance, Meeting, MeetingState, Reminder, ReminderState
from meetings.timetable import Timetable
from meetings.upcoming import ON
from members.telling import Told, reachable_places, tell_all
from members.turns import take_branches
from opinions.tables import Opinion, Phase

log = logging.getLogger(__name__)
BEFORE, AFTER = "opinions-before", "opinions-after"
BEFORE_AT = time(18)  # people are home from work
FEWEST_DAYS_BEFORE = 2
AFTER_DAYS = 1
AT_ONCE = 8  # meetings in one transaction: answers pass between

TOO_LATE, NOT_HELD = "too late", "not held"
_TOOK_PLACE = (MeetingState.HELD, MeetingState.CHECKIN_CLOSED, MeetingState.CHECKIN_OPEN)


class Prompted(Struct, frozen=True):
    """What came of what was due."""

    sent: int = 0
    skipped: int = 0
    people: int = 0

    @property
    def any(self) -> bool:
        """Whether there may be more."""
        return bool(self.sent or self.skipped)


def next_due(session: Session, times: Timetable) -> datetime | None:
    """When the next prompt is due; None while no meeting is written down."""
    before = _earliest(session, _waits_before())
    after = _earliest(session, _waits_after())
    moments = [due_before(before, times)] if before else []
    moments += [due_after(after, times)] if after else []
    return min(moments, default=None)


def run_due(session: Session, now: datetime, times: Timetable) -> Prompted:
    """Send or give up some of what is due at `now`; harmless when repeated."""
    outcomes = [_before(session, meeting, now, times) for meeting in _due_before(session, now, times)]
    outcomes += [_after(session, meeting, now, times) for meeting in _due_after(session, now, times)]
    people = [told for told in outcomes if told is not None]
    return Prompted(len(people), len(outcomes) - len(people), sum(people))


def due_before(starts_at: datetime, times: Timetable) -> datetime:
    """18:00 two days before, earlier where that day has a reminder of the meeting already."""
    days = next(day for day in count(FEWEST_DAYS_BEFORE) if day not in times.steps)
    return _moment(times.local_day(starts_at) - timedelta(days=days), BEFORE_AT, times)


def due_after(starts_at: datetime, times: Timetable) -> datetime:
    """The morning after, at the hour of reminders."""
    return _moment(times.local_day(starts_at) + timedelta(days=AFTER_DAYS), times.hours.send, times)


def _moment(day: date, at: time, times: Timetable) -> datetime:
    return outside_quiet_hours(local_moment(day, at, times.zone), times.hours.quiet, times.zone)


def _waits_before() -> ColumnElement[bool]:
    return and_(Meeting.state.in_(ON), Meeting.asked_before_at.is_(None))


def _waits_after() -> ColumnElement[bool]:
    return Meeting.asked_after_at.is_(None)


def _earliest(session: Session, waits: ColumnElement[bool]) -> datetime | None:
    return session.scalar(select(Meeting.starts_at).where(waits).order_by(Meeting.starts_at).limit(1))


def _due_before(session: Session, now: datetime, times: Timetable) -> Sequence[Meeting]:
    horizon = now + timedelta(days=FEWEST_DAYS_BEFORE + len(times.steps) + 1)
    return _ours(session, _waits_before(), horizon, lambda moment: due_before(moment, times) <= now)


def _due_after(session: Session, now: datetime, times: Timetable) -> Sequence[Meeting]:
    return _ours(session, _waits_after(), now, lambda moment: due_after(moment, times) <= now)


def _ours(
    session: Session, waits: ColumnElement[bool], until: datetime, is_due: Callable[[datetime], bool]
) -> Sequence[Meeting]:
    """The nearest meetings of which no other process is at the branch."""
    nearest = (
        select(Meeting.id, Meeting.branch_id, Meeting.starts_at)
        .where(waits, Meeting.starts_at <= until)
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(AT_ONCE)
    )
    due = [row for row in session.execute(nearest) if is_due(row.starts_at)]
    taken = take_branches(session, {row.branch_id for row in due})
    ids = [row.id for row in due if row.branch_id in taken]
    still_due = select(Meeting).where(Meeting.id.in_(ids), waits).order_by(Meeting.starts_at, Meeting.id)
    return session.scalars(still_due.execution_options(populate_existing=True)).all()


def _before(session: Session, meeting: Meeting, now: datetime, times: Timetable) -> int | None:
    """How many were asked for opinions; None when it was given up."""
    due = due_before(meeting.starts_at, times)
    in_time = _is_the_day(due, now, times) and now < meeting.starts_at
    if not _settle(session, meeting, BEFORE, due, now, "" if in_time else TOO_LATE):
        return None
    written = (Opinion.meeting_id == meeting.id, Opinion.phase == Phase.BEFORE)
    have_written = set(session.scalars(select(Opinion.author_id).where(*written)))
    silent = [m.id for m in expected(session, meeting, times.zone) if m.id not in have_written]
    return _ask(session, meeting, silent, BEFORE, meeting.starts_at, now, times)


def _after(session: Session, meeting: Meeting, now: datetime, times: Timetable) -> int | None:
    """How many of those who were there were thanked and asked; None when it was given up."""
    due = due_after(meeting.starts_at, times)
    fault = "" if _is_the_day(due, now, times) else TOO_LATE
    fault = fault if meeting.state in _TOOK_PLACE else NOT_HELD
    if not _settle(session, meeting, AFTER, due, now, fault):
        return None
    there = (Attendance.meeting_id == meeting.id, Attendance.presence.in_(list(IN_THE_ROOM)))
    people = session.scalars(select(Attendance.member_id).where(*there).order_by(Attendance.id)).all()
    until = due + timedelta(days=1)
    return _ask(session, meeting, people, AFTER, until, now, times)


def _is_the_day(due: datetime, now: datetime, times: Timetable) -> bool:
    """A prompt leaves on its own day or not at all, so that it never takes the place of a reminder."""
    leaves = outside_quiet_hours(now, times.hours.quiet, times.zone)
    return leaves == now and times.local_day(now) == times.local_day(due)


def _settle(session: Session, meeting: Meeting, kind: str, due: datetime, now: datetime, fault: str) -> bool:
    """Write the row; True when the messages are to be written with it, now and only now."""
    meeting.asked_before_at = meeting.asked_before_at or now  # once it is over nobody is asked before it
    if kind == AFTER:
        meeting.asked_after_at = now
    first = insert_once(
        session,
        Reminder,
        key=f"meeting:{meeting.id}:{kind}",
        kind=kind,
        meeting_id=meeting.id,
        due_at=due,
        expires_at=meeting.starts_at,
        state=ReminderState.SKIPPED if fault else ReminderState.DONE,
        note=fault or None,
        done_at=now,
    )
    if fault:
        log.info("prompt %s of meeting %s skipped: %s", kind, meeting.id, fault)
    return first and not fault


def _ask(
    session: Session,
    meeting: Meeting,
    people: Sequence[int],
    kind: str,
    until: datetime,
    now: datetime,
    times: Timetable,
) -> int:
    """Ask those who can be reached and have had no reminder today; how many."""
    reachable = list(reachable_places(session, people))
    free = free_moments(session, dict.fromkeys(reachable, now + timedelta(minutes=1)), now, times.zone)
    told = [Told(one, f"meeting:{meeting.id}:member:{one}:{kind}") for one in people if one in free]
    return tell_all(
        session,
        told,
        f"opinions.{kind.removeprefix('opinions-')}",
        now=now,
        priority=Priority.REMINDER,
        expires_at=until,
        meeting=meeting.id,
        starts=meeting.starts_at.isoformat(),
    )
