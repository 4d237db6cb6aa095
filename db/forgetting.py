"""What of the inbox is forgotten: finished updates after their time, and texts when somebody asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.inbox import FINISHED, InboxRow, InboxState

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
    first = [_first_finished(state, InboxRow.received_at, 1) for state in FINISHED]
    return any(at < now - KEPT_FOR for some in first for at in session.scalars(some))


def forget_outlived(session: Session, now: datetime) -> None:
    """Delete finished updates that are older than we keep them, so many of each kind at most."""
    for state in FINISHED:
        some = _first_finished(state, InboxRow.id, FORGOTTEN_AT_ONCE)
        outlived = (InboxRow.id.in_(some), InboxRow.received_at < now - KEPT_FOR)
        session.execute(delete(InboxRow).where(*outlived))


def _first_finished(state: InboxState, column: InstrumentedAttribute[Any], number: int) -> Select[Any]:
    return select(column).where(InboxRow.state == state).order_by(InboxRow.id).limit(number)
