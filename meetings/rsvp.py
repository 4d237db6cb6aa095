"""A member's answer to the invitation. One counts; every change is kept as history (domain.md M-02, M-04)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed, Refused
from db.once import insert_once
from meetings.expected import MAY_ANSWER
from meetings.tables import (
    ExcuseReason,
    ExcuseState,
    Meeting,
    MeetingState,
    Rsvp,
    RsvpAnswer,
    RsvpChange,
)
from meetings.telling import tell_chair
from meetings.upcoming import ON, MeetingSeen, MyMeeting, my_meeting, seen, the_meeting
from members.identity import Who


class TooLate(Refused):
    """The meeting has begun, is over or was called off: an old button."""


class Answered(Struct, frozen=True):
    """The answer that counts now; `changed` is false when it was the same before."""

    mine: MyMeeting
    changed: bool


def answer_invitation(
    session: Session,
    who: Who,
    meeting_id: int,
    answer: RsvpAnswer,
    now: datetime,
    reason: ExcuseReason | None = None,
) -> Answered:
    """Answer, or replace an earlier answer, until the meeting starts.

    An excuse needs a reason category and waits for a decision; it is never approved by itself. The secretary
    and deputies hear of an excuse and of a call for help.
    """
    meeting = _open_for_answers(session, who, meeting_id, now)
    if answer is RsvpAnswer.EXCUSE and reason is None:
        raise BadInput("invitation.reason_needed")
    reason = reason if answer is RsvpAnswer.EXCUSE else None
    changed = _store(session, who.member_id, meeting.id, answer, reason, now)
    if changed:
        _keep_history(session, who.member_id, meeting, answer, now)
    return Answered(my_meeting(session, who.member_id, meeting.id), changed)


def invited_to(session: Session, who: Who, meeting_id: int, now: datetime) -> MeetingSeen:
    """The meeting, if this member may still answer its invitation."""
    return seen(_open_for_answers(session, who, meeting_id, now))


def _open_for_answers(session: Session, who: Who, meeting_id: int, now: datetime) -> Meeting:
    meeting = the_meeting(session, meeting_id)
    if meeting.branch_id != who.branch_id:
        raise NotAllowed
    if who.status not in MAY_ANSWER:
        raise Refused("invitation.not_expected")
    if meeting.state is MeetingState.CANCELLED:
        raise TooLate("invitation.was_called_off")
    if now >= meeting.starts_at or meeting.state not in (*ON, MeetingState.TO_CONFIRM):
        raise TooLate("invitation.has_begun")
    if meeting.state is MeetingState.TO_CONFIRM:
        raise Refused("invitation.date_open")
    return meeting


def _store(
    session: Session,
    member_id: int,
    meeting_id: int,
    answer: RsvpAnswer,
    reason: ExcuseReason | None,
    now: datetime,
) -> bool:
    excuse = ExcuseState.ASKED if answer is RsvpAnswer.EXCUSE else None
    values = {"answer": answer, "reason": reason, "excuse": excuse, "decided_by": None, "at": now}
    if insert_once(session, Rsvp, meeting_id=meeting_id, member_id=member_id, **values):
        return True
    row = session.scalars(
        select(Rsvp).where(Rsvp.meeting_id == meeting_id, Rsvp.member_id == member_id)
    ).one()
    if (row.answer, row.reason) == (answer, reason):
        return False
    row.answer, row.reason, row.excuse, row.decided_by, row.at = answer, reason, excuse, None, now
    return True


def _keep_history(
    session: Session, member_id: int, meeting: Meeting, answer: RsvpAnswer, now: datetime
) -> None:
    change = RsvpChange(meeting_id=meeting.id, member_id=member_id, answer=answer, at=now)
    session.add(change)
    session.flush()
    notice = {RsvpAnswer.EXCUSE: "planning.excuse_asked", RsvpAnswer.NEEDS_HELP: "planning.help_asked"}.get(
        answer
    )
    if notice:
        tell_chair(session, meeting, notice, f"change:{change.id}", now, but=member_id, member=member_id)
