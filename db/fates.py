"""What became of the messages of the outbox, and what is done by hand about those nobody is sure of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.outbox import OutboxRow, OutboxState


def counts(session: Session) -> dict[OutboxState, int]:
    """How many rows there are in each state that occurs."""
    found = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all()
    return {row[0]: row[1] for row in found}


def unsure(session: Session) -> list[OutboxRow]:
    """Messages that were perhaps delivered, oldest first."""
    rows = select(OutboxRow).where(OutboxRow.state == OutboxState.UNKNOWN).order_by(OutboxRow.id)
    return list(session.scalars(rows))


def send_again(session: Session, keys: Sequence[str] | None = None) -> list[str]:
    """Queue rows nobody is sure of (None: all of them) once more; their keys.

    One whose time is over is then skipped as too late by the sender, with that reason.
    """
    wanted = (OutboxRow.key.in_(keys),) if keys is not None else ()
    done = session.scalars(
        update(OutboxRow)
        .where(OutboxRow.state == OutboxState.UNKNOWN, *wanted)
        .values(state=OutboxState.QUEUED, attempts=0, reason=None, finished_at=None)
        .returning(OutboxRow.key)
    )
    return sorted(done)


def hold_all(session: Session, reason: str, now: datetime) -> int:
    """Nothing that waits goes out by itself any more; how many rows are unknown now."""
    held = session.scalars(
        update(OutboxRow)
        .where(OutboxRow.state.in_([OutboxState.QUEUED, OutboxState.CLAIMED]))
        .values(state=OutboxState.UNKNOWN, reason=reason, finished_at=now)
        .returning(OutboxRow.id)
    )
    return len(held.all())
