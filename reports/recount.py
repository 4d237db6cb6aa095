"""Counts everything kept anew, from the rows it was counted of, and says where the two differ.

Numbers and ids only. What deeds have marked since is counted first; what a round was closed with (who could
take part) cannot be counted anew and is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from meetings.attendance import counted_list
from meetings.tables import Meeting, MeetingState
from members.permissions import units_above_each
from members.tables import Unit, UnitKind
from quizzes.sealing import sealed_of, stored_places
from quizzes.tables import QuizRound
from reports.branches import branch_figures
from reports.figures import Totals, needs_attention, totals
from reports.months import count_marked
from reports.overview import figures_below, totals_of
from reports.tables import UnitMonth

AT_ONCE = 500


def recount(session: Session, now: datetime, zone: ZoneInfo) -> list[str]:
    """One line for each difference; none when all is right."""
    while count_marked(session, now, zone):
        pass
    return [*_lists(session), *_rounds(session), *_months(session, now, zone)]


def _lists(session: Session) -> Iterator[str]:
    held = select(Meeting.id, Meeting.present, Meeting.base).where(Meeting.state == MeetingState.HELD)
    for meeting, present, base in session.execute(held.order_by(Meeting.id)).all():
        counted = counted_list(session, meeting)
        if counted != (present, base):
            yield f"meeting {meeting}: kept {present} of {base}, counted {counted[0]} of {counted[1]}"


def _rounds(session: Session) -> Iterator[str]:
    published = select(QuizRound).where(QuizRound.published_at.is_not(None)).order_by(QuizRound.id)
    for found in session.scalars(published).all():
        counted = sealed_of(session, found.id)
        if (found.takers, found.points) != (counted.takers, counted.points):
            yield (
                f"round {found.id}: kept {found.takers} takers with {found.points} points, "
                f"counted {counted.takers} with {counted.points}"
            )
        if stored_places(session, found.id) != counted.places:
            yield f"round {found.id}: the places kept are not those of its attempts"


def _months(session: Session, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Every unit and month kept, with the order of the branches below it."""
    below = _branches_below(session)
    periods = session.scalars(select(UnitMonth.period).distinct().order_by(UnitMonth.period)).all()
    for period in periods:
        for unit, branches in sorted(below.items()):
            kept_of = session.scalar(
                select(func.count()).where(UnitMonth.unit_id == unit, UnitMonth.period == period)
            )
            if kept_of:
                yield from _month(session, unit, branches, period, now, zone)


def _month(
    session: Session, unit: int, branches: list[int], period: str, now: datetime, zone: ZoneInfo
) -> Iterator[str]:
    cuts = [branches[start : start + AT_ONCE] for start in range(0, len(branches), AT_ONCE)]
    figures = [row for cut in cuts for row in branch_figures(session, cut, period, now, zone)]
    kept, counted = totals_of(session, [unit], period), totals(figures)
    if kept != counted:
        yield f"unit {unit} in {period}: kept {_said(kept)}, counted {_said(counted)}"
    order = [row.name for row in figures_below(session, [unit], period, len(branches))]
    if order != [row.name for row in needs_attention(figures)]:
        yield f"unit {unit} in {period}: its branches are kept in another order"


def _branches_below(session: Session) -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    ids = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BRANCH).order_by(Unit.id)).all()
    for branch, above in units_above_each(session, ids).items():
        for unit in (branch, *above):
            below.setdefault(unit, []).append(branch)
    return below


def _said(one: Totals) -> str:
    return (
        f"{one.branches} branches ({one.met} met, {one.not_met} not), {one.attendance.present} of "
        f"{one.attendance.base} there, {one.quiz.present} of {one.quiz.base} in quizzes, "
        f"{one.answered} of {one.opinions} opinions answered"
    )
