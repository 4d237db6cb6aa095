"""Figures of branches in one month, read across the rooms: counts only, no names (domain.md 7.3, 8.1, 8.4).

Attendance comes from confirmed lists alone; a quiz counts in the month of the meeting it belongs to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed
from meetings.attendance import confirmed_attendance
from meetings.attendance_rate import NOBODY, Rate
from meetings.tables import Meeting, MeetingState
from members.identity import Who
from members.permissions import Right, branches_covered, has_somewhere
from members.tables import Unit
from opinions.counts import OpinionCount, counts_of_month, month_bounds
from quizzes.leaderboard import RoundParticipation, participation
from quizzes.tables import QuizRound
from reports.figures import BranchFigures, needs_attention

# Full marks for attendance (domain.md section 9, Guideline 42).
FULL_ATTENDANCE = Fraction(9, 10)
# A meeting moved, or a quiz closed, this far outside its month still belongs to it.
AROUND_MONTH = timedelta(days=10)
_PERIOD = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_OFF = (MeetingState.CANCELLED, MeetingState.TO_CONFIRM)


@dataclass(frozen=True, slots=True)
class Overview:
    """A month of all branches a person covers, those that need attention first; whether others exist."""

    period: str
    figures: tuple[BranchFigures, ...]
    older: bool
    newer: bool


def overview(session: Session, who: Who, period: str, now: datetime, zone: ZoneInfo) -> Overview:
    """The month `period`, or the one nearest to `now` when empty; NotAllowed without the right anywhere."""
    if not has_somewhere(who, Right.SEE_FIGURES):
        raise NotAllowed
    if period and not _PERIOD.fullmatch(period):
        raise BadInput("error.old_button")
    branches = branches_covered(session, who, Right.SEE_FIGURES)
    nearest = nearest_period(session, branches, now, zone)
    first = session.scalar(select(func.min(Meeting.period)).where(Meeting.branch_id.in_(branches)))
    shown = min(max(period or nearest, first or nearest), nearest)
    figures = needs_attention(branch_figures(session, branches, shown, now, zone))
    return Overview(shown, tuple(figures), older=first is not None and first < shown, newer=shown < nearest)


def nearest_period(session: Session, branch_ids: Sequence[int], now: datetime, zone: ZoneInfo) -> str:
    """The month of the nearest meeting, past or coming; of today where there is none."""
    on = select(Meeting.starts_at, Meeting.period).where(
        Meeting.branch_id.in_(branch_ids), Meeting.state.not_in(_OFF)
    )
    found = [
        session.execute(
            on.where(Meeting.starts_at <= now).order_by(Meeting.starts_at.desc()).limit(1)
        ).first(),
        session.execute(on.where(Meeting.starts_at > now).order_by(Meeting.starts_at).limit(1)).first(),
    ]
    around = [(abs(row.starts_at - now), row.period) for row in found if row is not None]
    return str(min(around)[1]) if around else f"{now.astimezone(zone):%Y-%m}"


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


def below_full(figures: Iterable[BranchFigures]) -> list[BranchFigures]:
    """Of these, in their order, the ones a leader should look after."""
    return [row for row in figures if row.met is False or is_low(row) or row.unanswered]


def is_low(row: BranchFigures) -> bool:
    """Whether attendance is below full marks; not where nobody was expected."""
    return row.attendance.base > 0 and not row.attendance.at_least(FULL_ATTENDANCE)


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
        elif state not in _OFF and not met[branch] and starts_at.astimezone(zone).date() < today:
            met[branch] = False
    return met


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
