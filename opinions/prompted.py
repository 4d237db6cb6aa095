"""Whether a prompt that is about to be sent is still needed."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.tables import Meeting
from meetings.upcoming import ON
from opinions.tables import Opinion, Phase


class MeetingAsked(Struct, frozen=True):
    """The meeting a prompt is about."""

    period: str
    starts_at: datetime


def still_to_ask(
    session: Session, member_id: int, meeting_id: int, starts: datetime, now: datetime
) -> MeetingAsked | None:
    """The meeting, if it is still to come at `starts` and the member has not written before it."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None or meeting.state not in ON or meeting.starts_at != starts or starts <= now:
        return None
    mine = (Opinion.author_id == member_id, Opinion.meeting_id == meeting_id, Opinion.phase == Phase.BEFORE)
    if session.scalar(select(Opinion.id).where(*mine).limit(1)) is not None:
        return None
    return MeetingAsked(meeting.period, meeting.starts_at)


def to_thank(session: Session, meeting_id: int) -> MeetingAsked | None:
    """The meeting somebody is thanked for."""
    meeting = session.get(Meeting, meeting_id)
    return MeetingAsked(meeting.period, meeting.starts_at) if meeting else None
