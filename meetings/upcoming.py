"""A branch's meetings as people are shown them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from meetings.tables import ExcuseState, Meeting, MeetingKind, MeetingState, Rsvp, RsvpAnswer

ON = (MeetingState.PLANNED, MeetingState.CHECKIN_OPEN)
AHEAD = (*ON, MeetingState.TO_CONFIRM)
# A date that passed undecided can still be given another day: the branch owes a meeting to each month.
STILL_ASKED = timedelta(days=14)


class MeetingSeen(Struct, frozen=True):
    """One meeting as it stands. `agenda` holds its points in order; `suggested_on` a local day."""

    id: int
    branch_id: int
    kind: MeetingKind
    period: str
    starts_at: datetime
    place: str
    agenda: tuple[str, ...]
    topic: str
    state: MeetingState
    clash: str | None
    suggested_on: date | None

    def is_ahead(self, now: datetime) -> bool:
        """Whether it is going to take place and has not begun."""
        return self.state in ON and now < self.starts_at


class MyMeeting(Struct, frozen=True):
    """A meeting with what one member answered (None: nothing yet)."""

    meeting: MeetingSeen
    answer: RsvpAnswer | None = None
    excuse: ExcuseState | None = None

    @property
    def stays_away(self) -> bool:
        """Asked to be absent, and not declined."""
        return self.answer is RsvpAnswer.EXCUSE and self.excuse is not ExcuseState.DECLINED


def seen(meeting: Meeting) -> MeetingSeen:
    """A row as a value."""
    return MeetingSeen(
        meeting.id,
        meeting.branch_id,
        meeting.kind,
        meeting.period,
        meeting.starts_at,
        meeting.place,
        tuple(line for line in meeting.agenda.split("\n") if line),
        meeting.topic,
        meeting.state,
        meeting.clash,
        meeting.suggested_on,
    )


def the_meeting(session: Session, meeting_id: int) -> Meeting:
    """The row; one that does not exist is answered like one that is not yours."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotAllowed
    return meeting


def next_meeting(session: Session, branch_id: int, now: datetime) -> MeetingSeen | None:
    """The next meeting that takes place and has not begun."""
    query = select(Meeting).where(Meeting.branch_id == branch_id, Meeting.state.in_(ON))
    row = session.scalar(query.where(Meeting.starts_at > now).order_by(Meeting.starts_at).limit(1))
    return seen(row) if row else None


def meetings_ahead(session: Session, branch_id: int, now: datetime, months: int = 3) -> list[MeetingSeen]:
    """What lies ahead in the coming months, dates still to confirm too, nearest first."""
    until = now + timedelta(days=31 * months)
    query = select(Meeting).where(Meeting.branch_id == branch_id, Meeting.state.in_(AHEAD))
    query = query.where(Meeting.starts_at > now, Meeting.starts_at <= until)
    return [seen(row) for row in session.scalars(query.order_by(Meeting.starts_at))]


def to_confirm(session: Session, branch_id: int, now: datetime) -> list[MeetingSeen]:
    """Dates that wait for a decision, earliest first; those of the last fortnight too."""
    query = select(Meeting).where(
        Meeting.branch_id == branch_id,
        Meeting.state == MeetingState.TO_CONFIRM,
        Meeting.starts_at > now - STILL_ASKED,
    )
    return [seen(row) for row in session.scalars(query.order_by(Meeting.starts_at))]


def my_meeting(session: Session, member_id: int, meeting_id: int) -> MyMeeting:
    """A meeting with this member's answer; rights are the caller's affair."""
    row = the_meeting(session, meeting_id)
    mine = session.scalar(select(Rsvp).where(Rsvp.meeting_id == meeting_id, Rsvp.member_id == member_id))
    return MyMeeting(seen(row), mine.answer if mine else None, mine.excuse if mine else None)


def my_next_meeting(session: Session, member_id: int, branch_id: int, now: datetime) -> MyMeeting | None:
    """The next meeting of the member's branch with their answer."""
    found = next_meeting(session, branch_id, now)
    return my_meeting(session, member_id, found.id) if found else None
