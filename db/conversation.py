"""What each chat is in the middle of: the step expected next, and the choices last offered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.looking import Look
from db.many import insert_many
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


class Offer(Struct, frozen=True):
    """A choice that can be typed: its letter or number, its words, what it does.

    No key: a choice of an older list, whose number may mean something else by now; its words still count.
    """

    key: str
    label: str
    data: str


class Conversation(Struct, frozen=True):
    """Where this chat stands. Nothing expected and nothing offered is the empty one."""

    expects: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    offered: tuple[Offer, ...] = ()

    @property
    def listed(self) -> tuple[Offer, ...]:
        """The choices that a letter or number means."""
        return tuple(offer for offer in self.offered if offer.key)


_COLUMNS = ConversationRow.__table__.c
_LOAD = Look(
    lambda one_of: select(ConversationRow.__table__).where(
        _COLUMNS.channel == bindparam("of_channel"), _COLUMNS.chat.in_(one_of("chats"))
    )
)
_KEEP = insert_many(
    ConversationRow,
    ("channel", "chat", "user", "expects", "data", "offered", "expires_at"),
    lambda insert: insert.on_conflict_do_update(
        index_elements=["channel", "chat", "user"],
        set_={name: insert.excluded[name] for name in ("expects", "data", "offered", "expires_at")},
    ),
)
Place = tuple[str, str]
"""Chat and user, within one channel account."""


def load(session: Session, channel: str, chat: str, user: str, now: datetime) -> Conversation:
    """The current step of this chat; an expired one counts as none."""
    return load_all(session, channel, {(chat, user): now})[chat, user]


def load_all(session: Session, channel: str, moments: Mapping[Place, datetime]) -> dict[Place, Conversation]:
    """The current step at each of these places, at its moment."""
    chats = {chat for chat, _ in moments}
    rows = _LOAD.rows(session, {"of_channel": channel, "chats": list(chats)})
    found = dict.fromkeys(moments, Conversation())
    for row in rows:
        place = (row.chat, row.user)
        if place in found and row.expires_at > moments[place]:
            offered = tuple(Offer(*offer) for offer in row.offered)
            found[place] = Conversation(row.expects, row.data, offered)
    return found


class Step(Struct, frozen=True):
    """What a chat is in the middle of from now on."""

    channel: str
    chat: str
    user: str
    conversation: Conversation
    now: datetime


def keep(
    session: Session, channel: str, chat: str, user: str, conversation: Conversation, now: datetime
) -> None:
    """Replace the chat's step by this one, for two days."""
    keep_all(session, [Step(channel, chat, user, conversation, now)])


def keep_all(session: Session, steps: Sequence[Step]) -> None:
    """Replace the steps of these chats, for two days each."""
    last = {(step.channel, step.chat, step.user): step for step in steps}  # one row cannot change twice
    if last:
        _KEEP.run(session, [_row(step) for step in last.values()])


def _row(step: Step) -> dict[str, Any]:
    at = step.conversation
    return {
        "channel": step.channel,
        "chat": step.chat,
        "user": step.user,
        "expects": at.expects,
        "data": at.data,
        "offered": [[offer.key, offer.label, offer.data] for offer in at.offered],
        "expires_at": step.now + KEPT_FOR,
    }
