"""A leader's screen: one month of all branches covered, at a cost that hardly grows with their number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed
from meetings.attendance_rate import Rate
from members.identity import Who
from members.permissions import Right, branches_below, has_somewhere, units_covered
from members.tables import Unit
from reports.figures import BranchFigures, Totals, needs_attention
from reports.months import count_marked, count_now
from reports.tables import BranchPlace, UnitMonth

MOST_SHOWN = 15  # rows of one picture
MOST_NAMED = 3
PASSES = 3  # what is left then is counted by the clock's chore
_PERIOD = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_ORDER = (
    BranchPlace.met,
    BranchPlace.attendance,
    BranchPlace.quiz,
    BranchPlace.unanswered,
    BranchPlace.name,
    BranchPlace.branch_id,
)


class Overview(Struct, frozen=True):
    """A month of all branches a person covers.

    `first`: up to 15 branches, those that need attention first. `look`: the first three of all that a
    leader should look after.
    """

    period: str
    totals: Totals
    first: tuple[BranchFigures, ...]
    look: tuple[BranchFigures, ...]
    older: bool
    newer: bool


def overview(session: Session, who: Who, period: str, now: datetime, zone: ZoneInfo) -> Overview:
    """The month `period`, or the one nearest to `now` when empty; NotAllowed without the right anywhere.

    What deeds have marked since is counted first, so this runs in a transaction that may write.
    """
    if not has_somewhere(who, Right.SEE_FIGURES):
        raise NotAllowed
    if period and not _PERIOD.fullmatch(period):
        raise BadInput("error.old_button")
    for _ in range(PASSES):
        if not count_marked(session, now, zone):
            break
    units = units_covered(session, who, Right.SEE_FIGURES)
    nearest = nearest_period(session, units, now, zone)
    first = first_period(session, units)
    shown = min(max(period or nearest, first or nearest), nearest)
    _count_if_never(session, units, shown, now, zone)
    return Overview(
        shown,
        totals_of(session, units, shown),
        figures_below(session, units, shown, MOST_SHOWN),
        figures_below(session, units, shown, MOST_NAMED, BranchPlace.look.is_(True)),
        older=first is not None and first < shown,
        newer=shown < nearest,
    )


def nearest_period(session: Session, units: Sequence[int], now: datetime, zone: ZoneInfo) -> str:
    """The month of the nearest meeting below these units, past or coming; of today where there is none."""
    around = [pair for unit in units for pair in _meetings_around(session, unit, now)]
    nearest = [(abs(starts_at - now), period) for starts_at, period in around]
    return min(nearest)[1] if nearest else f"{now.astimezone(zone):%Y-%m}"


def first_period(session: Session, units: Sequence[int]) -> str | None:
    """The first month with a meeting below these units."""
    found = [
        session.scalar(
            select(func.min(BranchPlace.period)).where(
                BranchPlace.unit_id == unit, BranchPlace.starts_at.is_not(None)
            )
        )
        for unit in units
    ]
    return min((period for period in found if period is not None), default=None)


def _meetings_around(session: Session, unit: int, now: datetime) -> list[tuple[datetime, str]]:
    on = select(BranchPlace.starts_at, BranchPlace.period).where(BranchPlace.unit_id == unit)
    past = on.where(BranchPlace.starts_at <= now).order_by(BranchPlace.starts_at.desc()).limit(1)
    coming = on.where(BranchPlace.starts_at > now).order_by(BranchPlace.starts_at).limit(1)
    rows = [session.execute(query).first() for query in (past, coming)]
    return [(row.starts_at, row.period) for row in rows if row is not None and row.starts_at is not None]


def totals_of(session: Session, units: Sequence[int], period: str) -> Totals:
    """The sums kept of these units."""
    kept = [session.get(UnitMonth, (unit, period)) for unit in units]
    rows = [row for row in kept if row is not None]
    return Totals(
        branches=sum(row.branches for row in rows),
        met=sum(row.met for row in rows),
        not_met=sum(row.not_met for row in rows),
        attendance=Rate(sum(row.present for row in rows), sum(row.base for row in rows)),
        quiz=Rate(sum(row.quiz_takers for row in rows), sum(row.quiz_reachable for row in rows)),
        opinions=sum(row.opinions for row in rows),
        answered=sum(row.answered for row in rows),
    )


def _count_if_never(
    session: Session, units: Sequence[int], period: str, now: datetime, zone: ZoneInfo
) -> None:
    """A month in which nothing has ever been marked is counted now."""
    for unit in units:
        if session.get(UnitMonth, (unit, period)) is None:
            count_now(session, branches_below(session, unit), period, now, zone)


def figures_below(
    session: Session, units: Sequence[int], period: str, most: int, *wanted: ColumnElement[bool]
) -> tuple[BranchFigures, ...]:
    """The first of the branches below all these units, each once."""
    found = {row.branch_id: row for unit in units for row in _first(session, unit, period, most, *wanted)}
    rows = session.execute(
        select(UnitMonth, Unit.name)
        .join(Unit, Unit.id == UnitMonth.unit_id)
        .where(UnitMonth.unit_id.in_(list(found)), UnitMonth.period == period)
        .order_by(Unit.id)
    )
    return tuple(needs_attention([_figures(month, name) for month, name in rows])[:most])


def _first(
    session: Session, unit: int, period: str, most: int, *wanted: ColumnElement[bool]
) -> Sequence[BranchPlace]:
    below = (BranchPlace.unit_id == unit, BranchPlace.period == period, *wanted)
    return session.scalars(select(BranchPlace).where(*below).order_by(*_ORDER).limit(most)).all()


def _figures(month: UnitMonth, name: str) -> BranchFigures:
    return BranchFigures(
        name=name,
        met=True if month.met else False if month.not_met else None,
        attendance=Rate(month.present, month.base),
        quiz_takers=month.quiz_takers,
        quiz_reachable=month.quiz_reachable,
        opinions=month.opinions,
        answered=month.answered,
    )
