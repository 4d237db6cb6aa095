"""What each chat is in the middle of: the step expected next, and the choices last offered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.once import insert
from db.types import Json

KEPT_FOR = timedelta(days=2)


class ConversationRow(Base):
    """One person in one chat of one channel account."""

    __tablename__ = "conversation"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    chat: Mapped[str] = mapped_column(String(120), primary_key=True)
    user: Mapped[str] = mapped_column(String(120), primary_key=True)
    expects: Mapped[str | None] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    offered: Mapped[list[list[str]]] = mapped_column(Json)
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice that can be typed: its letter or number, its words, what it does."""

    key: str
    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where this chat stands. Nothing expected and nothing offered is the empty one."""

    expects: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    offered: tuple[Offer, ...] = ()


def load(session: Session, channel: str, chat: str, user: str, now: datetime) -> Conversation:
    """The current step of this chat; an expired one counts as none."""
    row = session.get(ConversationRow, (channel, chat, user))
    if row is None or row.expires_at <= now:
        return Conversation()
    return Conversation(row.expects, row.data, tuple(Offer(*offer) for offer in row.offered))


def keep(
    session: Session, channel: str, chat: str, user: str, conversation: Conversation, now: datetime
) -> None:
    """Replace the chat's step by this one, for two days."""
    values = {
        "expects": conversation.expects,
        "data": conversation.data,
        "offered": [[offer.key, offer.label, offer.data] for offer in conversation.offered],
        "expires_at": now + KEPT_FOR,
    }
    session.execute(
        insert(session, ConversationRow)
        .values(channel=channel, chat=chat, user=user, **values)
        .on_conflict_do_update(index_elements=["channel", "chat", "user"], set_=values)
    )
