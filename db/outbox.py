"""The outbox: what is to be told to people other than the one who is speaking.

A use case inserts rows in its own transaction: nothing is announced that did not happen, nothing that
happened goes unannounced. A row names a notice and its arguments; the sentence is made when it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.claims import dead
from db.once import Prepared
from db.types import Json, Long, Name

Write = Callable[[Session], None]


class Priority(IntEnum):
    """Lowest number goes first. Up to MEETING also goes out in quiet hours: the meeting is on."""

    MEETING = 10
    PERSONAL = 20
    REMINDER = 30
    BULK = 50


class OutboxState(StrEnum):
    """Every row's fate is written. queued → claimed → one of the others, or back to queued."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    SKIPPED = "skipped"  # no longer needed when its turn came
    FAILED = "failed"
    UNKNOWN = "unknown"  # perhaps delivered; not sent again by itself
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


class OutboxRow(Base):
    """One message to one person. `key` makes telling twice harmless."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "channel", "due_at", "priority"),)

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    channel: Mapped[str] = mapped_column(String(40))
    chat: Mapped[str] = mapped_column(String(120))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"), index=True)
    notice: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, Any]] = mapped_column(Json)
    priority: Mapped[int]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    state: Mapped[OutboxState] = mapped_column(Name(OutboxState), default=OutboxState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    careful: Mapped[bool] = mapped_column(default=False)  # at most once: never sent again when unsure
    replaces: Mapped[str | None] = mapped_column(String(160))  # key of the message this one updates
    message: Mapped[str | None] = mapped_column(String(120))  # the channel's id of what was sent
    owner: Mapped[str | None] = mapped_column(String(20))  # the process that claimed it, where there are many
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcast.id"), index=True)


class Letter(Struct, frozen=True):
    """A claimed row on its way out."""

    id: int
    key: str
    channel: str
    chat: str
    member_id: int | None
    notice: str
    args: dict[str, Any]
    attempts: int
    expires_at: datetime | None
    created_at: datetime
    careful: bool
    priority: int
    replaced_message: str  # empty: a message of its own


class Address(Struct, frozen=True):
    """Where a message of the outbox goes. No channel: nobody can be reached, the row says so."""

    key: str
    member_id: int | None
    channel: str = ""
    chat: str = ""
    due_at: datetime | None = None
    state: OutboxState | None = None  # where it is known better


_ENQUEUE = Prepared(
    OutboxRow, lambda made: made.on_conflict_do_nothing(index_elements=["key"]).returning(OutboxRow.id)
)


def enqueue_all(
    session: Session,
    to: Sequence[Address],
    *,
    notice: str,
    args: dict[str, Any],
    priority: Priority,
    now: datetime,
    expires_at: datetime | None = None,
    replaces: str | None = None,
) -> int:
    """Queue one notice to many; how many were not queued before, by their keys."""
    if not to:
        return 0
    session.flush()
    same = {
        "notice": notice,
        "args": args,
        "priority": int(priority),
        "expires_at": expires_at,
        "attempts": 0,
        "created_at": now,
        "careful": False,
        "replaces": replaces,
    }
    rows = [
        {
            "key": one.key,
            "channel": one.channel,
            "chat": one.chat,
            "member_id": one.member_id,
            "due_at": one.due_at or now,
            "state": one.state or (OutboxState.QUEUED if one.channel else OutboxState.UNREACHABLE),
            **same,
        }
        for one in to
    ]
    return len(session.connection().execute(_ENQUEUE.of(session), rows).all())


def enqueue(
    session: Session,
    *,
    key: str,
    channel: str,
    chat: str,
    member_id: int | None,
    notice: str,
    args: dict[str, Any],
    priority: Priority,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    state: OutboxState | None = None,
    replaces: str | None = None,
) -> bool:
    """See `enqueue_all`, for one message; False when `key` was queued before."""
    queued = enqueue_all(
        session,
        [Address(key, member_id, channel, chat, due_at, state)],
        notice=notice,
        args=args,
        priority=priority,
        now=now,
        expires_at=expires_at,
        replaces=replaces,
    )
    return queued > 0


class Due(Struct, frozen=True):
    """What may go out at a channel account now."""

    channel: str
    now: datetime
    worst: Priority = Priority.BULK


_DUE = (
    select(OutboxRow.id)
    .where(OutboxRow.state == OutboxState.QUEUED, OutboxRow.channel == bindparam("of_channel"))
    .where(OutboxRow.due_at <= bindparam("now"), OutboxRow.priority <= bindparam("worst"))
    .limit(1)
)


def are_due(session: Session, asked: Sequence[Due]) -> list[bool]:
    """Whether there is anything to claim: asked after every update, so it must cost next to nothing."""
    connection = session.connection()
    wanted = ({"of_channel": due.channel, "now": due.now, "worst": int(due.worst)} for due in asked)
    return [connection.execute(_DUE, one).first() is not None for one in wanted]


def claim(
    session: Session,
    channel: str,
    now: datetime,
    limit: int,
    worst: Priority = Priority.BULK,
    owner: str = "",
) -> list[Letter]:
    """Take the next due rows of a channel account, lowest priority number first, up to `worst`."""
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.state == OutboxState.QUEUED, OutboxRow.channel == channel)
        .where(OutboxRow.due_at <= now, OutboxRow.priority <= int(worst))
        .order_by(OutboxRow.priority, OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.state = OutboxState.CLAIMED
        row.owner = owner or None
        row.attempts += 1
    return [_letter(session, row) for row in rows]


def _letter(session: Session, row: OutboxRow) -> Letter:
    return Letter(
        row.id,
        row.key,
        row.channel,
        row.chat,
        row.member_id,
        row.notice,
        row.args,
        row.attempts,
        row.expires_at,
        row.created_at,
        row.careful,
        row.priority,
        _message_of(session, row) if row.replaces else "",
    )


def _message_of(session: Session, row: OutboxRow) -> str:
    """The message that `row` updates, if it stands in the same chat."""
    first = select(OutboxRow.message).where(OutboxRow.key == row.replaces)
    return session.scalar(first.where(OutboxRow.channel == row.channel, OutboxRow.chat == row.chat)) or ""


def is_claimed(session: Session, outbox_id: int, owner: str) -> bool:
    """Whether this letter is still claimed by us."""
    ours = (OutboxRow.id == outbox_id, OutboxRow.owner == owner, OutboxRow.state == OutboxState.CLAIMED)
    return session.scalar(select(OutboxRow.id).where(*ours)) is not None


def sent(session: Session, outbox_id: int, message: str, now: datetime) -> None:
    """It went out, as this message of the channel."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(state=OutboxState.SENT, message=message or None, finished_at=now, reason=None)
    )


def settle(
    session: Session, outbox_id: int, state: OutboxState, now: datetime, reason: str | None = None
) -> None:
    """Write a row's fate."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(state=state, finished_at=now, reason=reason[:200] if reason else None)
    )


def put_back(session: Session, outbox_id: int, due_at: datetime, reason: str) -> None:
    """Not sent; try again at `due_at`."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(state=OutboxState.QUEUED, due_at=due_at, reason=reason[:200])
    )


def redirect(session: Session, channel: str, old_chat: str, new_chat: str) -> None:
    """What waits for a chat goes to its new id."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.channel == channel, OutboxRow.chat == old_chat)
        .where(OutboxRow.state == OutboxState.QUEUED)
        .values(chat=new_chat)
    )


def readdress(session: Session, member_id: int, channel: str, chat: str) -> None:
    """What waits for a member goes to the account they use now."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.member_id == member_id, OutboxRow.state == OutboxState.QUEUED)
        .values(channel=channel, chat=chat)
    )


def hand_on(session: Session, outbox_id: int, channel: str, chat: str, now: datetime, reason: str) -> None:
    """Not sent here; try the person's other account."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(state=OutboxState.QUEUED, channel=channel, chat=chat, due_at=now, reason=reason[:200])
    )


def release_claims(session: Session, now: datetime) -> tuple[int, int]:
    """After a crash: what was claimed and not recorded is sent again, careful ones become unknown.

    Returns how many are sent again and how many are unknown.
    """
    return _release(session, now, OutboxRow.state == OutboxState.CLAIMED)


def release_orphans(session: Session, channels: Sequence[str], now: datetime) -> tuple[int, int]:
    """The same for what processes that no longer live had claimed of these accounts."""
    claimed = and_(OutboxRow.state == OutboxState.CLAIMED, OutboxRow.channel.in_(channels))
    owners = session.scalars(select(OutboxRow.owner).where(claimed, OutboxRow.owner.is_not(None)).distinct())
    orphaned = or_(OutboxRow.owner.is_(None), OutboxRow.owner.in_(dead(session, filter(None, owners.all()))))
    return _release(session, now, and_(claimed, orphaned))


def release_own(session: Session, channels: Sequence[str], now: datetime, owner: str) -> tuple[int, int]:
    """The same for what this process had claimed of accounts that it no longer works for."""
    ours = and_(OutboxRow.owner == owner, OutboxRow.channel.in_(channels))
    return _release(session, now, and_(OutboxRow.state == OutboxState.CLAIMED, ours))


def _release(session: Session, now: datetime, claimed: ColumnElement[bool]) -> tuple[int, int]:
    unknown = session.scalars(
        update(OutboxRow)
        .where(claimed, OutboxRow.careful.is_(True))
        .values(state=OutboxState.UNKNOWN, reason="the process ended while it was sent", finished_at=now)
        .returning(OutboxRow.id)
    ).all()
    again = session.scalars(
        update(OutboxRow).where(claimed).values(state=OutboxState.QUEUED).returning(OutboxRow.id)
    ).all()
    return len(again), len(unknown)


def waiting_count(session: Session, now: datetime, worst: Priority = Priority.BULK) -> int:
    """How many rows up to `worst` are due and not yet final."""
    open_states = [OutboxState.QUEUED, OutboxState.CLAIMED]
    query = select(func.count()).select_from(OutboxRow)
    due = (OutboxRow.due_at <= now, OutboxRow.priority <= int(worst))
    return session.scalar(query.where(OutboxRow.state.in_(open_states), *due)) or 0


def next_due(session: Session, channels: list[str], worst: Priority = Priority.BULK) -> datetime | None:
    """When the next queued row up to `worst` of these channel accounts is due."""
    return session.scalar(
        select(func.min(OutboxRow.due_at)).where(
            OutboxRow.state == OutboxState.QUEUED,
            OutboxRow.channel.in_(channels),
            OutboxRow.priority <= int(worst),
        )
    )
