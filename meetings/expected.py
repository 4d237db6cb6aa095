"""Who is expected at a meeting: the attendance base (domain.md 4.6, 8.1)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.tables import Meeting
from members.names import sort_key
from members.tables import Member, MemberStatus

IN_BASE = frozenset({MemberStatus.OFFICIAL, MemberStatus.PROBATIONARY, MemberStatus.TEMPORARY_HERE})
# An exempt member may come and may say so; somebody elsewhere or suspended is not asked.
MAY_ANSWER = IN_BASE | {MemberStatus.EXEMPT}


def on_roll(session: Session, branch_id: int, day: date) -> list[Member]:
    """Everybody on the branch's roll on a local day, in the order of a Vietnamese list."""
    found = session.scalars(
        select(Member).where(Member.branch_id == branch_id, Member.on_roll_from <= day)
    ).all()
    there = [member for member in found if member.left_on is None or member.left_on > day]
    return sorted(there, key=lambda member: (sort_key(member.full_name), member.mark, member.id))


def expected(session: Session, meeting: Meeting, zone: ZoneInfo) -> list[Member]:
    """Members who are invited: no exempt, temporarily elsewhere or suspended ones, nobody joining later."""
    return [
        m for m in on_roll(session, meeting.branch_id, _day(meeting.starts_at, zone)) if m.status in IN_BASE
    ]


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
