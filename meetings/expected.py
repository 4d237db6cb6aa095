"""Who is expected at a meeting: the attendance base (domain.md 4.6, 8.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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


def expected_at_each(session: Session, meetings: Sequence[Meeting], zone: ZoneInfo) -> dict[int, list[int]]:
    """The same for many meetings, in one query: ids of members, by meeting."""
    rows = session.execute(
        select(Member.id, Member.branch_id, Member.on_roll_from, Member.left_on)
        .where(Member.branch_id.in_({meeting.branch_id for meeting in meetings}))
        .where(Member.status.in_(IN_BASE))
        .order_by(Member.id)
    )
    rolls: defaultdict[int, list[tuple[int, date, date]]] = defaultdict(list)
    for member_id, branch_id, since, left_on in rows:
        rolls[branch_id].append((member_id, since, left_on or date.max))
    days = {meeting.id: _day(meeting.starts_at, zone) for meeting in meetings}
    return {
        m.id: [member for member, since, left in rolls[m.branch_id] if since <= days[m.id] < left]
        for m in meetings
    }


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
