"""What the secretary decides about one meeting: keep its date, take the suggestion, move it, call it off.

Whoever knew the old moment is told the new one (domain.md section 6, 21). The same decision twice
changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy.orm import Session

from db.errors import BadInput, Refused
from meetings.calendar import find_clash, local_moment
from meetings.reminder_rows import CANCELLED, drop, replan
from meetings.tables import Meeting, MeetingState
from meetings.telling import tell_informed
from meetings.timetable import Timetable
from meetings.upcoming import MeetingSeen, seen, the_meeting
from members.audit import note
from members.identity import Who
from members.months import mark_month
from members.permissions import Right, require

FURTHEST = timedelta(days=400)
# A meeting whose list is being taken or is confirmed stays where it is.
MOVABLE = (MeetingState.PLANNED, MeetingState.TO_CONFIRM, MeetingState.CANCELLED)


class Decided(Struct, frozen=True):
    """The meeting after the decision, how many people are told, and whether the chosen day clashes too."""

    meeting: MeetingSeen
    told: int
    clashes: bool = False


def keep_date(
    session: Session, who: Who | None, meeting_id: int, day: date, now: datetime, times: Timetable
) -> Decided:
    """Confirm a date to be confirmed as it is (`who` None: the sample does). `day` is the local day seen."""
    meeting = the_meeting(session, meeting_id) if who is None else _mine(session, who, meeting_id)
    if times.local_day(meeting.starts_at) != day or meeting.state is MeetingState.CANCELLED:
        raise Refused("planning.already_decided")
    if meeting.state is MeetingState.TO_CONFIRM:
        _ahead_of(meeting.starts_at, now)
        _settle(session, meeting, now, times)
        by = who.member_id if who else None
        note(session, by, "meeting.confirm", f"meeting:{meeting.id}", now, day=day.isoformat())
    return Decided(seen(meeting), 0)


def take_suggestion(
    session: Session, who: Who, meeting_id: int, day: date, now: datetime, times: Timetable
) -> Decided:
    """Move a date to be confirmed to the suggested local day `day`, at the same hour."""
    meeting = _mine(session, who, meeting_id)
    if meeting.state is MeetingState.PLANNED and times.local_day(meeting.starts_at) == day:
        return Decided(seen(meeting), 0)
    if meeting.state is not MeetingState.TO_CONFIRM or meeting.suggested_on != day:
        raise Refused("planning.already_decided")
    hour = meeting.starts_at.astimezone(times.zone).time()
    return _move(session, who, meeting, local_moment(day, hour, times.zone), now, times)


def move(
    session: Session, who: Who, meeting_id: int, starts_at: datetime, now: datetime, times: Timetable
) -> Decided:
    """Give a meeting another moment, past and cancelled ones too as long as no list was taken."""
    meeting = _mine(session, who, meeting_id)
    if meeting.state not in MOVABLE:
        raise Refused("planning.already_open")
    if meeting.state is MeetingState.PLANNED and meeting.starts_at == starts_at:
        return Decided(seen(meeting), 0)
    return _move(session, who, meeting, starts_at, now, times)


def call_off(session: Session, who: Who, meeting_id: int, now: datetime) -> Decided:
    """Cancel a meeting; everybody who knew of it is told."""
    meeting = _mine(session, who, meeting_id)
    if meeting.state is MeetingState.CANCELLED:
        return Decided(seen(meeting), 0)
    if meeting.state not in MOVABLE:
        raise Refused("planning.already_open")
    meeting.state = MeetingState.CANCELLED
    mark_month(session, meeting.branch_id, meeting.period)
    drop(session, meeting.id, CANCELLED, now)
    note(session, who.member_id, "meeting.cancel", f"meeting:{meeting.id}", now)
    told = tell_informed(session, meeting, "invitation.called_off", now, meeting.starts_at)
    return Decided(seen(meeting), told)


def _move(
    session: Session, who: Who, meeting: Meeting, starts_at: datetime, now: datetime, times: Timetable
) -> Decided:
    _ahead_of(starts_at, now)
    meeting.starts_at = starts_at
    _settle(session, meeting, now, times)
    note(session, who.member_id, "meeting.move", f"meeting:{meeting.id}", now, to=starts_at.isoformat())
    told = tell_informed(session, meeting, "invitation.moved", now, starts_at)
    clash = find_clash(times.local_day(starts_at))
    return Decided(seen(meeting), told, clash is not None)


def _settle(session: Session, meeting: Meeting, now: datetime, times: Timetable) -> None:
    meeting.state, meeting.clash, meeting.suggested_on = MeetingState.PLANNED, None, None
    session.flush()
    mark_month(session, meeting.branch_id, meeting.period)
    replan(session, meeting, now, times)


def _mine(session: Session, who: Who, meeting_id: int) -> Meeting:
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.PLAN_MEETINGS, meeting.branch_id)
    return meeting


def _ahead_of(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise BadInput("planning.moment_past")
    if starts_at > now + FURTHEST:
        raise BadInput("planning.moment_too_far")
