"""Keeps the figures of all units: counts anew what deeds have marked, and adds the difference upwards.

A branch and month are always counted whole (`reports.branches`), so that what is kept is what a recount
gives; committees get the difference to what was kept before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from db.installation import InstallationRow
from db.once import insert_once
from members.months import MonthMark
from members.permissions import units_above_each
from members.tables import Unit, UnitKind
from reports.branches import branch_figures, turning_days
from reports.figures import BranchFigures, needs_look, urgency
from reports.tables import BranchPlace, UnitMonth

MOST_AT_ONCE = 500  # marks taken up in one transaction
AHEAD = timedelta(days=31)  # later months are counted when they come near
TURN = "figures"  # whoever counts holds this row: one at a time
COUNTS = (
    "branches",
    "met",
    "not_met",
    "present",
    "base",
    "quiz_takers",
    "quiz_reachable",
    "opinions",
    "answered",
)
Key = tuple[int, str]


def is_due(session: Session, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a figure that can be shown has to be counted anew."""
    today = now.astimezone(zone).date()
    marked = select(MonthMark.id).where(MonthMark.period <= _last_period(today)).limit(1)
    turned = select(UnitMonth.unit_id).where(UnitMonth.turns_on <= today).limit(1)
    return session.scalar(marked) is not None or session.scalar(turned) is not None


def count_marked(session: Session, now: datetime, zone: ZoneInfo) -> int:
    """Count anew what is marked or has turned with the day, up to `MOST_AT_ONCE`; how much was taken up."""
    if not is_due(session, now, zone):
        return 0
    insert_once(session, InstallationRow, name=TURN, value="")
    session.get_one(InstallationRow, TURN, with_for_update=True, populate_existing=True)
    today = now.astimezone(zone).date()
    marks = session.execute(
        select(MonthMark.id, MonthMark.branch_id, MonthMark.period)
        .where(MonthMark.period <= _last_period(today))
        .order_by(MonthMark.period.desc(), MonthMark.id)
        .limit(MOST_AT_ONCE)
    ).all()
    turned = session.execute(
        select(UnitMonth.unit_id, UnitMonth.period)
        .where(UnitMonth.turns_on <= today)
        .order_by(UnitMonth.turns_on, UnitMonth.unit_id)
        .limit(MOST_AT_ONCE)
    ).all()
    keys = {(branch, period) for _, branch, period in marks} | {(unit, period) for unit, period in turned}
    _mark_whole_new_months(session, {period for _, period in keys})
    _count(session, keys, now, zone)
    session.execute(delete(MonthMark).where(MonthMark.id.in_([mark for mark, _, _ in marks])))
    return max(len(marks), len(turned))


def count_now(
    session: Session, branch_ids: Iterable[int], period: str, now: datetime, zone: ZoneInfo
) -> None:
    """Count these branches in this month, marked or not."""
    _count(session, {(branch, period) for branch in branch_ids}, now, zone)


def _last_period(today: date) -> str:
    return f"{today + AHEAD:%Y-%m}"


def _mark_whole_new_months(session: Session, periods: Iterable[str]) -> None:
    """A month that nothing was counted of concerns every branch, also those in which nothing happens."""
    for period in sorted(periods):
        if session.scalar(select(UnitMonth.unit_id).where(UnitMonth.period == period).limit(1)) is None:
            everybody = select(Unit.id, literal(period)).where(Unit.kind == UnitKind.BRANCH)
            session.execute(insert(MonthMark).from_select(["branch_id", "period"], everybody))


def _count(session: Session, keys: Iterable[Key], now: datetime, zone: ZoneInfo) -> None:
    by_period: defaultdict[str, list[int]] = defaultdict(list)
    for branch, period in sorted(keys):
        by_period[period].append(branch)
    for period, branches in sorted(by_period.items()):
        _count_month(session, branches, period, now, zone)


def _count_month(
    session: Session, branches: Sequence[int], period: str, now: datetime, zone: ZoneInfo
) -> None:
    figures = branch_figures(session, branches, period, now, zone)
    days = turning_days(session, branches, period, zone)
    kept = _kept(session, branches, period)
    counted_in = _counted_in(session, branches, period)
    above = units_above_each(session, branches)
    changes: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(COUNTS))
    months, places = [], []
    for branch, row in zip(branches, figures, strict=True):
        turns_on, starts_at = days[branch]
        counts = _counts(row)
        months.append(_branch_month(branch, period, counts, turns_on if row.met is None else None))
        places += [
            {"unit_id": unit, **_place(branch, period, row, starts_at)} for unit in (branch, *above[branch])
        ]
        for unit in counted_in[branch]:
            _add(changes[unit], kept[branch], -1)
        for unit in above[branch]:
            _add(changes[unit], counts)
    _replace(session, branches, period, months, places)
    _change_committees(session, changes, period)


def _kept(session: Session, branches: Sequence[int], period: str) -> dict[int, list[int]]:
    """What was counted of these branches before."""
    columns = [getattr(UnitMonth, name) for name in COUNTS]
    rows = session.execute(
        select(UnitMonth.unit_id, *columns).where(UnitMonth.unit_id.in_(branches), UnitMonth.period == period)
    )
    return {unit: list(counts) for unit, *counts in rows}


def _counted_in(session: Session, branches: Sequence[int], period: str) -> defaultdict[int, list[int]]:
    """The committees whose sums hold these branches: those above them when they were counted."""
    rows = session.execute(
        select(BranchPlace.branch_id, BranchPlace.unit_id)
        .where(BranchPlace.branch_id.in_(branches), BranchPlace.period == period)
        .where(BranchPlace.unit_id != BranchPlace.branch_id)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for branch, unit in rows:
        found[branch].append(unit)
    return found


def _replace(
    session: Session,
    branches: Sequence[int],
    period: str,
    months: Sequence[dict[str, object]],
    places: Sequence[dict[str, object]],
) -> None:
    for table, column in ((UnitMonth, UnitMonth.unit_id), (BranchPlace, BranchPlace.branch_id)):
        session.execute(delete(table).where(column.in_(branches), table.period == period))
    if months:
        session.execute(insert(UnitMonth), months)
        session.execute(insert(BranchPlace), places)


def _change_committees(session: Session, changes: dict[int, list[int]], period: str) -> None:
    for unit, values in sorted(changes.items()):
        row = session.get(UnitMonth, (unit, period))
        if row is None:
            row = UnitMonth(unit_id=unit, period=period, **dict.fromkeys(COUNTS, 0))
            session.add(row)
        for name, value in zip(COUNTS, values, strict=True):
            setattr(row, name, getattr(row, name) + value)
    session.flush()


def _branch_month(
    branch: int, period: str, counts: Sequence[int], turns_on: date | None
) -> dict[str, object]:
    return {
        "unit_id": branch,
        "period": period,
        "turns_on": turns_on,
        **dict(zip(COUNTS, counts, strict=True)),
    }


def _counts(row: BranchFigures) -> list[int]:
    return [
        1,
        int(row.met is True),
        int(row.met is False),
        row.attendance.present,
        row.attendance.base,
        row.quiz_takers,
        row.quiz_reachable,
        row.opinions,
        row.answered,
    ]


def _add(sums: list[int], values: Sequence[int], sign: int = 1) -> None:
    for number, value in enumerate(values):
        sums[number] += sign * value


def _place(branch: int, period: str, row: BranchFigures, starts_at: datetime | None) -> dict[str, object]:
    met, attendance, quiz, unanswered, name = urgency(row)
    return {
        "period": period,
        "branch_id": branch,
        "met": met,
        "attendance": float(attendance),
        "quiz": float(quiz),
        "unanswered": unanswered,
        "name": _sortable(name),
        "look": needs_look(row),
        "starts_at": starts_at,
    }


def _sortable(name: Sequence[tuple[int, str]]) -> str:
    """The natural order of names as hexadecimal, which every collation sorts alike."""
    text = "".join(f"{number:012}" if number >= 0 else f"!{part}" for number, part in name if part)
    return text.encode().hex()[:120]
