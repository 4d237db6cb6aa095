"""The inbox: every update is stored here before it is acknowledged to the platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.types import Name

KEPT_FOR = timedelta(
    days=30
)  # raw updates (reliability.md 7.1, 14.2.7); longer than any platform repeats one


class InboxState(StrEnum):
    """new → answered (the answer is stored, being sent) → done; or set aside with a reason."""

    NEW = "new"
    ANSWERED = "answered"
    DONE = "done"
    SET_ASIDE = "set_aside"


class InboxRow(Base):
    """One raw update. `lane` is the key of order: one lane is handled strictly one by one."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "update_id"),
        Index("ix_inbox_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    update_id: Mapped[str] = mapped_column(String(120))
    lane: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
    state: Mapped[InboxState] = mapped_column(Name(InboxState), default=InboxState.NEW)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(300))
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A raw update as a channel's door hands it over."""

    update_id: str
    lane: str
    raw: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored update that is still to be handled or whose answer is still to be sent."""

    id: int
    channel: str
    lane: str
    raw: str
    received_at: datetime
    attempts: int
    answer: str | None


def store_arrivals(
    session: Session, channel: str, arrivals: Sequence[Arrival], now: datetime
) -> list[Waiting]:
    """Insert what is new; an update that came before is ignored. Returns the new rows in order."""
    fresh = []
    for arrival in arrivals:
        row_id = session.scalar(
            insert(InboxRow)
            .values(
                channel=channel,
                update_id=arrival.update_id,
                lane=arrival.lane,
                raw=arrival.raw,
                received_at=now,
                state=InboxState.NEW,
                attempts=0,
            )
            .on_conflict_do_nothing()
            .returning(InboxRow.id)
        )
        if row_id is not None:
            fresh.append(Waiting(row_id, channel, arrival.lane, arrival.raw, now, 0, None))
    return fresh


def unfinished(session: Session) -> list[Waiting]:
    """Everything a stopped process left behind, oldest first."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED]))
        .order_by(InboxRow.id)
    )
    return [Waiting(r.id, r.channel, r.lane, r.raw, r.received_at, r.attempts, r.answer) for r in rows]


def count_attempt(session: Session, inbox_id: int) -> None:
    """Remember that handling was tried, before trying."""
    session.execute(update(InboxRow).where(InboxRow.id == inbox_id).values(attempts=InboxRow.attempts + 1))


def keep_answer(session: Session, inbox_id: int, answer: str) -> None:
    """The update is handled; its answer is kept until it is sent."""
    session.execute(
        update(InboxRow).where(InboxRow.id == inbox_id).values(state=InboxState.ANSWERED, answer=answer)
    )


def finish(session: Session, inbox_id: int, now: datetime) -> None:
    """The answer went out (or none was needed)."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.id == inbox_id)
        .values(state=InboxState.DONE, finished_at=now, answer=None)
    )


def set_aside(session: Session, inbox_id: int, reason: str, now: datetime) -> None:
    """This update cannot be handled; it is kept with its reason and blocks nobody."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.id == inbox_id)
        .values(state=InboxState.SET_ASIDE, reason=reason[:300], finished_at=now)
    )


def has_outlived(session: Session, now: datetime) -> bool:
    """Whether finished updates are older than we keep them."""
    return session.scalar(select(InboxRow.id).where(*_outlived(now)).limit(1)) is not None


def forget_outlived(session: Session, now: datetime) -> None:
    """Delete finished updates that are older than we keep them."""
    session.execute(delete(InboxRow).where(*_outlived(now)))


def _outlived(now: datetime) -> tuple[ColumnElement[bool], ...]:
    finished = InboxRow.state.in_([InboxState.DONE, InboxState.SET_ASIDE])
    return (finished, InboxRow.received_at < now - KEPT_FOR)
