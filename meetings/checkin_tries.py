"""Wrong codes are counted so that nobody guesses: five, ten minutes of rest, five more, then a person helps.

Six digits and two valid codes: 200 members guess right less than once in 250 meetings (reliability.md 8.2).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.once import insert_once
from meetings.checkin_code import TRIES
from meetings.tables import CheckinTry

COOL_DOWN = timedelta(minutes=10)
MAX_WRONG = 2 * TRIES


def tries_of(session: Session, meeting_id: int, member_id: int) -> CheckinTry | None:
    """The member's wrong codes at this meeting; None when there were none."""
    return session.scalar(
        select(CheckinTry).where(CheckinTry.meeting_id == meeting_id, CheckinTry.member_id == member_id)
    )


def count_wrong(
    session: Session, meeting_id: int, member_id: int, now: datetime, source_key: str
) -> CheckinTry:
    """One more wrong code; an update handled twice counts once."""
    insert_once(
        session,
        CheckinTry,
        meeting_id=meeting_id,
        member_id=member_id,
        wrong=0,
        last_key="",
        last_at=now,
    )
    tries = session.scalars(
        select(CheckinTry).where(CheckinTry.meeting_id == meeting_id, CheckinTry.member_id == member_id)
    ).one()
    if tries.last_key != source_key:
        tries.wrong, tries.last_key, tries.last_at = tries.wrong + 1, source_key, now
    return tries


def is_blocked(tries: CheckinTry | None, now: datetime) -> bool:
    """After five wrong codes for ten minutes, after ten for the rest of the meeting."""
    if tries is None or tries.wrong == 0 or tries.wrong % TRIES:
        return False
    return tries.wrong >= MAX_WRONG or now < tries.last_at + COOL_DOWN
