"""A branch with a meeting about to begin, for scripts about check-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.checkin import key_of
from meetings.checkin_code import code_at, link_token, window_at
from meetings.tables import Attendance, Meeting, MeetingState, Presence
from tests.support.talk import Talk, branch

STARTS = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)  # 19:30 in Viet Nam
KEY = "00112233445566778899aabbccddeeff"


async def meeting(talk: Talk, branch_name: str = "Chi bộ 1", key: str = KEY, minutes: int = -10) -> int:
    """A planned meeting; the clock stands `minutes` from its start."""
    talk.now = STARTS + timedelta(minutes=minutes)
    return await talk.home.store.write(_plan, branch_name, key)


async def code(talk: Talk, meeting_id: int) -> str:
    """The code on the screen now."""
    found = await talk.home.store.read(Session.get_one, Meeting, meeting_id)
    return code_at(key_of(found), talk.now)


async def payload(talk: Talk, meeting_id: int) -> str:
    """What the QR picture on the screen opens now."""
    found = await talk.home.store.read(Session.get_one, Meeting, meeting_id)
    return link_token(found.id, key_of(found), window_at(talk.now))


async def presences(talk: Talk, meeting_id: int) -> dict[int, Presence]:
    """Member → presence as stored."""
    rows = await talk.home.store.read(_rows, meeting_id)
    return {row.member_id: row.presence for row in rows}


async def state(talk: Talk, meeting_id: int) -> MeetingState:
    """The state of the meeting."""
    found = await talk.home.store.read(Session.get_one, Meeting, meeting_id)
    return found.state


def wrong(right: str) -> str:
    """Six digits that are surely not this code."""
    return f"{(int(right) + 1) % 10**6:06}"


def _plan(session: Session, branch_name: str, key: str) -> int:
    planned = Meeting(
        branch_id=branch(session, branch_name).id,
        period="2026-12",
        starts_at=STARTS,
        place="Nhà văn hóa khu phố 5",
        checkin_key=key,
        screen_token=f"screen-{key}",
    )
    session.add(planned)
    session.flush()
    return planned.id


def _rows(session: Session, meeting_id: int) -> list[Attendance]:
    return list(session.scalars(select(Attendance).where(Attendance.meeting_id == meeting_id)))
