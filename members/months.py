"""Which figures have to be counted anew: a deed marks its branch and month in its own transaction.

Marks are only ever added here, so that deeds of many members never wait for each other; `reports/months.py`
takes them up, counts these branches and months anew and removes the marks it took.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base

FURTHEST_ZONE = timedelta(hours=14)


class MonthMark(Base):
    """The figures of a branch in a month are no longer what was counted."""

    __tablename__ = "month_mark"
    __table_args__ = (Index("ix_month_mark_period", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    period: Mapped[str] = mapped_column(String(7))  # 'YYYY-MM'


def mark_month(session: Session, branch_id: int, period: str) -> None:
    """Something that counts has happened in this branch and month."""
    mark_all(session, [(branch_id, period)])


def mark_all(session: Session, marks: Sequence[tuple[int, str]]) -> None:
    """The same for many branches and months."""
    if marks:
        rows = [{"branch_id": branch_id, "period": period} for branch_id, period in marks]
        session.execute(insert(MonthMark), rows)


def mark_around(session: Session, branch_id: int, moment: datetime) -> None:
    """The same for the month, in whatever zone, that this moment lies in."""
    periods = {f"{moment + shift:%Y-%m}" for shift in (-FURTHEST_ZONE, FURTHEST_ZONE)}
    mark_all(session, [(branch_id, period) for period in sorted(periods)])
