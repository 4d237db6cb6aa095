"""The inbox: every update is stored here before it is acknowledged to the platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.claims import NotOurTurn
from db.once import insert
from db.types import Long, Name

KEPT_FOR = timedelta(
    days=30
)  # raw updates (reliability.md 7.1, 14.2.7); longer than any platform repeats one


class InboxState(StrEnum):
    """new → answered (the answer is stored, being sent) → done; or set aside with a reason.

    What was set aside and is put back by hand waits as `replay` until a process takes it up.
    """

    NEW = "new"
    ANSWERED = "answered"
    DONE = "done"
    SET_ASIDE = "set_aside"
    REPLAY = "replay"


_UNOWNED = text("owner IS NULL AND state = 'new'")


class InboxRow(Base):
    """One raw update. `lane` is the key of order: one lane is handled strictly one by one."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "update_id"),
        Index("ix_inbox_state_id", "state", "id"),
        Index("ix_inbox_unowned", "channel", "id", sqlite_where=_UNOWNED, postgresql_where=_UNOWNED),
    )

    id: Mapped[int] = mapped_column(Long, primary_key=True)
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
    owner: Mapped[str | None] = mapped_column(String(20))  # the process that handles it, where there are many


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
            insert(session, InboxRow)
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


def take_new(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take what arrived for these accounts and nobody handles yet; in order."""
    fresh = (InboxRow.state == InboxState.NEW, InboxRow.owner.is_(None), InboxRow.channel.in_(channels))
    return _taken(session, fresh, owner)


def take_over(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take everything unfinished of these accounts, whoever had it before; in order."""
    unfinished = InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED])
    return _taken(session, (unfinished, InboxRow.channel.in_(channels)), owner)


def take_from_others(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take what is unfinished of these accounts and not in our hands; in order."""
    unfinished = InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED])
    others = InboxRow.owner.is_distinct_from(owner)
    return _taken(session, (unfinished, others, InboxRow.channel.in_(channels)), owner)


def _taken(session: Session, which: tuple[ColumnElement[bool], ...], owner: str) -> list[Waiting]:
    rows = session.execute(update(InboxRow).where(*which).values(owner=owner).returning(*_AS_WAITING))
    return sorted((Waiting(*row) for row in rows), key=lambda row: row.id)


def unfinished(session: Session) -> list[Waiting]:
    """Everything a stopped process left behind, oldest first."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED]))
        .order_by(InboxRow.id)
    )
    return [_waiting(row) for row in rows]


_AS_WAITING = (
    InboxRow.id,
    InboxRow.channel,
    InboxRow.lane,
    InboxRow.raw,
    InboxRow.received_at,
    InboxRow.attempts,
    InboxRow.answer,
)


def _waiting(row: InboxRow) -> Waiting:
    return Waiting(row.id, row.channel, row.lane, row.raw, row.received_at, row.attempts, row.answer)


def count_attempt(session: Session, inbox_id: int) -> None:
    """Remember that handling was tried, before trying."""
    session.execute(update(InboxRow).where(InboxRow.id == inbox_id).values(attempts=InboxRow.attempts + 1))


def keep_answer(session: Session, inbox_id: int, answer: str, owner: str = "") -> None:
    """The update is handled; its answer is kept until it is sent.

    NotOurTurn when another process than `owner` has taken the update over: what it does counts.
    """
    ours = (InboxRow.owner == owner,) if owner else ()
    kept = session.scalar(
        update(InboxRow)
        .where(InboxRow.id == inbox_id, *ours)
        .values(state=InboxState.ANSWERED, answer=answer)
        .returning(InboxRow.id)
    )
    if kept is None and owner:
        raise NotOurTurn(f"another process has taken update {inbox_id} over")


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


def aside(session: Session) -> list[InboxRow]:
    """Everything set aside, oldest first."""
    return list(
        session.scalars(select(InboxRow).where(InboxRow.state == InboxState.SET_ASIDE).order_by(InboxRow.id))
    )


def put_back(session: Session, inbox_ids: Sequence[int] | None = None) -> list[int]:
    """Let rows that were set aside (None: all of them) be handled again; the ids put back."""
    wanted = (InboxRow.id.in_(inbox_ids),) if inbox_ids is not None else ()
    done = session.scalars(
        update(InboxRow)
        .where(InboxRow.state == InboxState.SET_ASIDE, *wanted)
        .values(state=InboxState.REPLAY, attempts=0, reason=None, finished_at=None)
        .returning(InboxRow.id)
    )
    return sorted(done)


def has_put_back(session: Session) -> bool:
    """Whether a replay waits to be taken up."""
    return session.scalar(select(InboxRow.id).where(InboxRow.state == InboxState.REPLAY).limit(1)) is not None


def take_put_back(session: Session, channels: Sequence[str], owner: str = "") -> list[Waiting]:
    """Make the replays of these channel accounts new again and hand them over, oldest first.

    An answer that was stored already is only sent: its row goes on from there.
    """
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.state == InboxState.REPLAY, InboxRow.channel.in_(channels))
        .order_by(InboxRow.id)
    ).all()
    for row in rows:
        row.state = InboxState.NEW if row.answer is None else InboxState.ANSWERED
        row.owner = owner or None
    return [_waiting(row) for row in rows]


def hold_all(session: Session, reason: str, now: datetime) -> int:
    """Set aside everything unfinished; how many."""
    held = session.scalars(
        update(InboxRow)
        .where(InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED, InboxState.REPLAY]))
        .values(state=InboxState.SET_ASIDE, reason=reason, finished_at=now)
        .returning(InboxRow.id)
    )
    return len(held.all())


def forget_texts(session: Session, channel: str, lane: str) -> None:
    """Nothing of what was said in this chat stays; the rows do, so that a repeated update is still known."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.channel == channel, InboxRow.lane == lane)
        .where(InboxRow.state.in_([InboxState.DONE, InboxState.SET_ASIDE]))
        .values(raw="", answer=None, state=InboxState.DONE)
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
