"""Figures of branches in one month, counted across the rooms: no names of people (domain.md 7.3, 8.1, 8.4).

Attendance comes from confirmed lists alone; a quiz counts in the month of the meeting it belongs to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.attendance import confirmed_attendance
from meetings.attendance_rate import NOBODY, Rate
from meetings.tables import Meeting, MeetingState
from members.tables import Unit
from opinions.counts import OpinionCount, counts_of_month, month_bounds
from quizzes.leaderboard import RoundParticipation, participation
from quizzes.tables import QuizRound
from reports.figures import BranchFigures

# A meeting moved, or a quiz closed, this far outside its month still belongs to it.
AROUND_MONTH = timedelta(days=10)
OFF = (MeetingState.CANCELLED, MeetingState.TO_CONFIRM)


def branch_figures(
    session: Session, branch_ids: Sequence[int], period: str, now: datetime, zone: ZoneInfo
) -> list[BranchFigures]:
    """One row a branch, in the order of `branch_ids`; `period` is 'YYYY-MM'."""
    since, until = month_bounds(period, zone)
    since, until = since - AROUND_MONTH, until + AROUND_MONTH
    rates: defaultdict[int, Rate] = defaultdict(lambda: NOBODY)
    for confirmed in confirmed_attendance(session, branch_ids, since, until):
        if confirmed.period == period:
            rates[confirmed.branch_id] += confirmed.rate
    met = _met(session, branch_ids, period, now.astimezone(zone).date(), zone)
    rounds = _rounds(session, participation(session, branch_ids, since, until), period, zone)
    opinions = counts_of_month(session, branch_ids, period, zone)
    names = _names(session, branch_ids)
    return [
        _row(names[branch], met[branch], rates[branch], rounds[branch], opinions.get(branch, OpinionCount()))
        for branch in branch_ids
    ]


def _row(
    name: str,
    met: bool | None,
    attendance: Rate,
    rounds: Sequence[RoundParticipation],
    opinions: OpinionCount,
) -> BranchFigures:
    scored = [(one.mean, one.reachable) for one in rounds if one.mean is not None]
    weight = sum(reachable for _, reachable in scored)
    mean = sum((mean * reachable for mean, reachable in scored), Fraction(0)) / weight if weight else None
    return BranchFigures(
        name=name,
        met=met,
        attendance=attendance,
        quiz_takers=sum(one.takers for one in rounds),
        quiz_reachable=sum(one.reachable for one in rounds),
        quiz_mean=mean,
        opinions=opinions.given,
        answered=opinions.answered,
    )


def _met(
    session: Session, branch_ids: Sequence[int], period: str, today: date, zone: ZoneInfo
) -> Mapping[int, bool | None]:
    """True with a confirmed list; False when the day, or a month without a meeting, is over; else None."""
    rows = session.execute(
        select(Meeting.branch_id, Meeting.state, Meeting.starts_at).where(
            Meeting.branch_id.in_(branch_ids), Meeting.period == period
        )
    ).all()
    over: bool | None = False if period < f"{today:%Y-%m}" else None
    met: dict[int, bool | None] = dict.fromkeys(branch_ids, over)
    for branch, state, starts_at in rows:
        if state is MeetingState.HELD:
            met[branch] = True
        elif state not in OFF and not met[branch] and starts_at.astimezone(zone).date() < today:
            met[branch] = False
    return met


def turning_days(
    session: Session, branch_ids: Sequence[int], period: str, zone: ZoneInfo
) -> dict[int, tuple[date, datetime | None]]:
    """By branch: from which day it counts as not met unless it meets, and when its first meeting starts."""
    after = month_bounds(period, zone)[1].astimezone(zone).date()
    days: dict[int, tuple[date, datetime | None]] = dict.fromkeys(branch_ids, (after, None))
    rows = session.execute(
        select(Meeting.branch_id, Meeting.starts_at)
        .where(Meeting.branch_id.in_(branch_ids), Meeting.period == period, Meeting.state.not_in(OFF))
        .order_by(Meeting.starts_at.desc())
    )
    for branch, starts_at in rows:
        turns = starts_at.astimezone(zone).date() + timedelta(days=1)
        days[branch] = min(days[branch][0], turns), starts_at
    return days


def _rounds(
    session: Session, rounds: Sequence[RoundParticipation], period: str, zone: ZoneInfo
) -> defaultdict[int, list[RoundParticipation]]:
    """Rounds of the month by branch."""
    rows = session.execute(
        select(QuizRound.id, QuizRound.closes_at, Meeting.period)
        .outerjoin(Meeting, Meeting.id == QuizRound.meeting_id)
        .where(QuizRound.id.in_([one.round_id for one in rounds]))
    )
    months = {one: month or f"{closes.astimezone(zone):%Y-%m}" for one, closes, month in rows}
    found: defaultdict[int, list[RoundParticipation]] = defaultdict(list)
    for one in rounds:
        if months[one.round_id] == period:
            found[one.branch_id].append(one)
    return found


def _names(session: Session, branch_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(branch_ids)))
    return {branch: name for branch, name in rows}  # noqa: C416 (rows are no tuples to mypy)
