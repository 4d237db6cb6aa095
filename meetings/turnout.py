"""Who will come, who has not answered, whom no message reaches: for those who prepare (domain.md B-03)."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxState
from meetings.expected import IN_BASE, on_roll
from meetings.tables import Meeting, Rsvp, RsvpAnswer
from meetings.telling import rows_about
from meetings.upcoming import MeetingSeen, seen, the_meeting
from members.identity import Who
from members.permissions import Right, require
from members.tables import Member, MemberStatus
from members.telling import reachable_place

LOST = (OutboxState.UNREACHABLE, OutboxState.FAILED)


class Turnout(Struct, frozen=True):
    """Counts over the roll, and names to call. Reasons of excuses are not in it.

    total = coming + excused + needs_help + silent + exempt + away. `exempt` are those exempt who did not
    announce themselves; `silent` and `unreachable` are names in the order of a Vietnamese list.
    """

    meeting: MeetingSeen
    total: int
    coming: int
    excused: int
    needs_help: int
    exempt: int
    away: int
    silent: tuple[str, ...]
    unreachable: tuple[str, ...]


def turnout(session: Session, who: Who, meeting_id: int, zone: ZoneInfo) -> Turnout:
    """The state of answers to one meeting."""
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.SEE_ANSWERS, meeting.branch_id)
    roll = on_roll(session, meeting.branch_id, meeting.starts_at.astimezone(zone).date())
    rows = session.scalars(select(Rsvp).where(Rsvp.meeting_id == meeting_id))
    answers = {row.member_id: row.answer for row in rows}
    counted = Counter(answers.get(m.id) for m in roll)
    unanswered = [m for m in roll if m.id not in answers]
    exempt = sum(m.status is MemberStatus.EXEMPT for m in unanswered)
    silent = [m for m in unanswered if m.status in IN_BASE]
    lost = _lost(session, meeting)
    return Turnout(
        seen(meeting),
        len(roll),
        counted[RsvpAnswer.COMING],
        counted[RsvpAnswer.EXCUSE],
        counted[RsvpAnswer.NEEDS_HELP],
        exempt,
        len(unanswered) - exempt - len(silent),
        tuple(m.full_name for m in silent),
        tuple(m.full_name for m in roll if m.status in IN_BASE and _is_lost(session, m.id, lost)),
    )


def _lost(session: Session, meeting: Meeting) -> dict[int, bool]:
    """Per member whether the newest message about the meeting got lost."""
    return {row.member_id: row.state in LOST for row in rows_about(session, meeting.id) if row.member_id}


def _is_lost(session: Session, member_id: int, lost: dict[int, bool]) -> bool:
    return lost.get(member_id, False) or reachable_place(session, member_id) is None


class HelpSeen(Struct, frozen=True):
    """Somebody who needs help to come."""

    meeting: MeetingSeen
    full_name: str


def needs_help(session: Session, who: Who, meeting_id: int, member_id: int) -> HelpSeen | None:
    """The request, or None when it no longer stands; for those who see answers."""
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.SEE_ANSWERS, meeting.branch_id)
    row = session.scalar(select(Rsvp).where(Rsvp.meeting_id == meeting_id, Rsvp.member_id == member_id))
    if row is None or row.answer is not RsvpAnswer.NEEDS_HELP:
        return None
    return HelpSeen(seen(meeting), session.get_one(Member, member_id).full_name)
