"""Excuses wait for the secretary or a deputy, who alone see the reason (domain.md M-04, B-04)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, Refused
from meetings.tables import ExcuseReason, ExcuseState, Meeting, MeetingState, Rsvp, RsvpAnswer
from meetings.telling import prefix
from meetings.upcoming import MeetingSeen, seen, the_meeting
from members.audit import note
from members.identity import Who
from members.permissions import Right, branches_covered, require
from members.tables import Member
from members.telling import tell

# From the confirmation of the list on, the list counts and not the request.
CLOSED = (MeetingState.HELD, MeetingState.CANCELLED)


class ExcuseSeen(Struct, frozen=True):
    """A request with its reason: only for those who decide."""

    meeting: MeetingSeen
    member_id: int
    full_name: str
    reason: ExcuseReason | None
    state: ExcuseState


def decide_excuse(
    session: Session, who: Who, meeting_id: int, member_id: int, state: ExcuseState, now: datetime
) -> ExcuseSeen:
    """Approve or decline until the list is confirmed; nobody decides on their own. The member is told."""
    meeting, row = _request(session, who, meeting_id, member_id)
    if member_id == who.member_id:
        raise Refused("planning.own_excuse")
    if meeting.state in CLOSED or state is ExcuseState.ASKED:
        raise Refused("planning.excuse_closed")
    if row.excuse is not state:
        row.excuse, row.decided_by = state, who.member_id
        note(session, who.member_id, f"excuse.{state}", f"meeting:{meeting_id}", now, member=member_id)
        _tell_member(session, meeting_id, member_id, now)
    return _seen(session, meeting, row)


def waiting_excuses(session: Session, who: Who, now: datetime, limit: int = 1) -> list[ExcuseSeen]:
    """The oldest requests nobody has decided, of all branches decided for; looking is logged."""
    branches = branches_covered(session, who, Right.DECIDE_EXCUSE)
    if not branches:
        raise NotAllowed
    query = select(Rsvp, Meeting).join(Meeting, Rsvp.meeting_id == Meeting.id)
    query = query.where(Rsvp.excuse == ExcuseState.ASKED, Rsvp.member_id != who.member_id)
    query = query.where(Meeting.branch_id.in_(branches), Meeting.state.not_in(CLOSED))
    query = query.order_by(Rsvp.at, Rsvp.id).limit(limit)
    found = [_seen(session, meeting, row) for row, meeting in session.execute(query)]
    for one in found:
        note(session, who.member_id, "excuse.seen", f"meeting:{one.meeting.id}", now, member=one.member_id)
    return found


def excuse_of(session: Session, who: Who, meeting_id: int, member_id: int, now: datetime) -> ExcuseSeen:
    """One request, for a person who decides on it; looking is logged."""
    found = _seen(session, *_request(session, who, meeting_id, member_id))
    note(session, who.member_id, "excuse.seen", f"meeting:{meeting_id}", now, member=member_id)
    return found


def _request(session: Session, who: Who, meeting_id: int, member_id: int) -> tuple[Meeting, Rsvp]:
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.DECIDE_EXCUSE, meeting.branch_id)
    row = session.scalar(select(Rsvp).where(Rsvp.meeting_id == meeting_id, Rsvp.member_id == member_id))
    if row is None or row.answer is not RsvpAnswer.EXCUSE:
        raise Refused("planning.excuse_gone")
    return meeting, row


def _seen(session: Session, meeting: Meeting, row: Rsvp) -> ExcuseSeen:
    member = session.get_one(Member, row.member_id)
    return ExcuseSeen(seen(meeting), member.id, member.full_name, row.reason, row.excuse or ExcuseState.ASKED)


def _tell_member(session: Session, meeting_id: int, member_id: int, now: datetime) -> None:
    key = f"{prefix(meeting_id)}member:{member_id}:excuse:{now:%Y%m%dT%H%M%S%f}"
    tell(session, member_id, "invitation.excuse_decided", key=key, now=now, meeting=meeting_id)
