"""Figures of a month as they were counted last: of every unit, and the order of the branches below it."""

from datetime import date, datetime

from sqlalchemy import Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, partial_index

_ORDER = ("unit_id", "period", "met", "attendance", "quiz", "unanswered", "name")


class UnitMonth(Base):
    """Counts of a branch in a month; of a committee the sums over its branches."""

    __tablename__ = "unit_month"
    __table_args__ = (Index("ix_unit_month_period", "period"), Index("ix_unit_month_turns_on", "turns_on"))

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)  # 'YYYY-MM'
    branches: Mapped[int] = mapped_column(default=0)
    met: Mapped[int] = mapped_column(default=0)
    not_met: Mapped[int] = mapped_column(default=0)
    present: Mapped[int] = mapped_column(default=0)
    base: Mapped[int] = mapped_column(default=0)
    quiz_takers: Mapped[int] = mapped_column(default=0)
    quiz_reachable: Mapped[int] = mapped_column(default=0)
    opinions: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    turns_on: Mapped[date | None]  # of a branch: the day on which 'not yet met' becomes 'not met'


class BranchPlace(Base):
    """Where a branch stands among those below a unit in a month: the columns of `reports.figures.urgency`."""

    __tablename__ = "branch_place"
    __table_args__ = (
        Index("ix_branch_place_branch_id_period", "branch_id", "period"),
        Index("ix_branch_place_order", *_ORDER),
        partial_index("ix_branch_place_look", *_ORDER, where="look"),
        Index("ix_branch_place_starts_at", "unit_id", "starts_at"),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    met: Mapped[bool]  # False comes first: a meeting was due and not held
    attendance: Mapped[float] = mapped_column(Double)  # a share; beyond 1 where nobody was expected
    quiz: Mapped[float] = mapped_column(Double)
    unanswered: Mapped[int]  # negative: most come first
    name: Mapped[str] = mapped_column(String(120))  # 'khu phố 9' before 'khu phố 10', in any collation
    look: Mapped[bool]  # something a leader should look after
    starts_at: Mapped[datetime | None]  # of the branch's first meeting of the month
