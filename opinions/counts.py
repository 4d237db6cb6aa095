"""How many opinions: of a member in a year, of branches in a month. Both visibilities together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from meetings.tables import Meeting
from members.months import mark_around, mark_month
from opinions.tables import Opinion, OpinionState


class OpinionCount(Struct, frozen=True):
    """Given, and of those answered."""

    given: int = 0
    answered: int = 0


def count_of(session: Session, member_id: int, year: int, zone: ZoneInfo) -> int:
    """Opinions a member gave in a local calendar year (M-10)."""
    start, end = (datetime(y, 1, 1, tzinfo=zone).astimezone(UTC) for y in (year, year + 1))
    given = select(func.count()).select_from(Opinion).where(Opinion.author_id == member_id)
    return session.scalar(given.where(Opinion.at >= start, Opinion.at < end)) or 0


def counts_of_month(
    session: Session, branch_ids: Sequence[int], period: str, zone: ZoneInfo
) -> Mapping[int, OpinionCount]:
    """By branch, of a 'YYYY-MM': opinions around that month's meetings, and others written in it."""
    since, until = month_bounds(period, zone)
    loose = and_(Opinion.meeting_id.is_(None), Opinion.at >= since, Opinion.at < until)
    rows = session.execute(
        select(
            Opinion.branch_id,
            func.count(),
            func.sum(case((Opinion.state == OpinionState.ANSWERED, 1), else_=0)),
        )
        .outerjoin(Meeting, Meeting.id == Opinion.meeting_id)
        .where(Opinion.branch_id.in_(branch_ids), or_(Meeting.period == period, loose))
        .group_by(Opinion.branch_id)
    )
    return {branch: OpinionCount(given, answered) for branch, given, answered in rows}


def mark_figures(session: Session, opinion: Opinion) -> None:
    """The figures of the opinion's month have changed: its meeting's month, or the one it was written in."""
    meeting = session.get(Meeting, opinion.meeting_id) if opinion.meeting_id is not None else None
    if meeting is not None:
        mark_month(session, opinion.branch_id, meeting.period)
    else:
        mark_around(session, opinion.branch_id, opinion.at)


def month_bounds(period: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC moments at which a local 'YYYY-MM' begins and ends."""
    year, month = int(period[:4]), int(period[5:])
    after = (year + month // 12, month % 12 + 1)
    start, end = (datetime(y, m, 1, tzinfo=zone).astimezone(UTC) for y, m in ((year, month), after))
    return start, end
