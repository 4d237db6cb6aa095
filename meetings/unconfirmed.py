"""Dates that clash and wait for a decision: those who lead the branch are told twice as they come near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.tables import Meeting, MeetingState
from meetings.telling import tell_chairs
from meetings.timetable import Timetable

NUDGES = (21, 10)  # days before


def unconfirmed(session: Session, now: datetime) -> list[int]:
    """Meetings whose date comes near without a decision."""
    return list(
        session.scalars(
            select(Meeting.id)
            .where(
                Meeting.state == MeetingState.TO_CONFIRM,
                Meeting.starts_at > now,
                Meeting.starts_at <= now + timedelta(days=max(NUDGES)),
            )
            .order_by(Meeting.id)
        )
    )


def nudge(session: Session, meeting_ids: Sequence[int], now: datetime, times: Timetable) -> None:
    """Tell those who lead these branches, each once at each of `NUDGES`."""
    today = times.local_day(now)
    marks = {}
    for meeting in session.scalars(select(Meeting).where(Meeting.id.in_(meeting_ids)).order_by(Meeting.id)):
        left = (times.local_day(meeting.starts_at) - today).days
        near = [days for days in NUDGES if left <= days]
        if near and meeting.state is MeetingState.TO_CONFIRM:
            marks[meeting] = f"to-confirm:{min(near)}"
    tell_chairs(session, marks, "planning.to_confirm", now)
