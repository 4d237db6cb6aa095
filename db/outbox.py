"""The outbox: what is to be told to people other than the one who is speaking.

A use case inserts rows in its own transaction: nothing is announced that did not happen, nothing that
happened goes unannounced. A row names a notice and its arguments; the sentence is made when it is sent.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import ForeignKey, Index, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.many import insert_many
from db.types import Json, Long, Name
from db.waking import wake_senders


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
    __table_args__ = (Index("ix_outbox_next", "state", "channel", "priority", "due_at", "id"),)

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


class Mail(Struct, frozen=True):
    """One notice to many."""

    to: Sequence[Address]
    notice: str
    args: dict[str, Any]
    priority: Priority
    expires_at: datetime | None = None
    replaces: str | None = None


_ENQUEUE = insert_many(
    OutboxRow,
    (
        "key",
        "channel",
        "chat",
        "member_id",
        "notice",
        "args",
        "priority",
        "due_at",
        "expires_at",
        "state",
        "attempts",
        "created_at",
        "careful",
        "replaces",
    ),
    lambda made: made.on_conflict_do_nothing(index_elements=["key"]).execution_options(
        preserve_rowcount=True
    ),
)


def enqueue_mails(session: Session, mails: Sequence[Mail], now: datetime) -> int:
    """Queue them all in one statement; how many rows were not queued before, by their keys."""
    rows = [_row(mail, one, now) for mail in mails for one in mail.to]
    if not rows:
        return 0
    session.flush()
    wake_senders(session, {row["channel"] for row in rows})
    return _ENQUEUE.run(session, rows).count


def _row(mail: Mail, one: Address, now: datetime) -> dict[str, Any]:
    return {
        "key": one.key,
        "channel": one.channel,
        "chat": one.chat,
        "member_id": one.member_id,
        "notice": mail.notice,
        "args": mail.args,
        "priority": int(mail.priority),
        "due_at": one.due_at or now,
        "expires_at": mail.expires_at,
        "state": one.state or (OutboxState.QUEUED if one.channel else OutboxState.UNREACHABLE),
        "attempts": 0,
        "created_at": now,
        "careful": False,
        "replaces": mail.replaces,
    }


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
    """See `enqueue_mails`, for one notice to many."""
    return enqueue_mails(session, [Mail(to, notice, args, priority, expires_at, replaces)], now)


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
