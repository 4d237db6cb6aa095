"""What of the inbox is forgotten: finished updates after their time, and texts when somebody asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.inbox import FINISHED, InboxRow, InboxState

T = TypeVar("T")
KEPT_FOR = timedelta(days=30)  # raw updates; longer than any platform repeats one
FORGOTTEN_AT_ONCE = 1_000  # [O] in one transaction


def forget_texts(session: Session, channel: str, lane: str) -> None:
    """Nothing of what was said in this chat stays; the rows do, so that a repeated update is still known."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.channel == channel, InboxRow.lane == lane)
        .where(InboxRow.state.in_(FINISHED))
        .values(raw="", answer=None, state=InboxState.DONE)
    )


def has_outlived(session: Session, now: datetime) -> bool:
    """Whether finished updates are older than we keep them: the first ones were taken in first."""
    oldest = session.scalar(_first_finished(InboxRow.received_at, 1))
    return oldest is not None and oldest < now - KEPT_FOR


def forget_outlived(session: Session, now: datetime) -> None:
    """Delete finished updates that are older than we keep them, so many at most."""
    some = _first_finished(InboxRow.id, FORGOTTEN_AT_ONCE)
    session.execute(delete(InboxRow).where(InboxRow.id.in_(some), InboxRow.received_at < now - KEPT_FOR))


def _first_finished(column: InstrumentedAttribute[T], number: int) -> Select[T]:
    return select(column).where(InboxRow.state.in_(FINISHED)).order_by(InboxRow.id).limit(number)
