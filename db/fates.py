"""What became of the messages of the outbox, and what is done by hand about those nobody is sure of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.many import update_many
from db.outbox import OutboxRow, OutboxState
from db.waking import wake_senders

LONGEST_REASON, LONGEST_MESSAGE = 200, 120  # letters, as the columns have it


class Fate(Struct, frozen=True):
    """What became of a claimed row: it ended `at` that moment, or (queued again) is due then.

    `message`: the channel's id of what was sent.
    """

    id: int
    state: OutboxState
    at: datetime
    reason: str | None = None
    message: str = ""


_ROW = OutboxRow.__table__.c
_WRITE = update_many(
    {
        "of_row": _ROW.id.type,
        "fate": _ROW.state.type,
        "because": _ROW.reason.type,
        "ended": _ROW.finished_at.type,
        "again": _ROW.due_at.type,
        "told_as": _ROW.message.type,
    },
    lambda given: (
        update(OutboxRow)
        .where(_ROW.id == given["of_row"])
        .values(
            state=given["fate"],
            reason=given["because"],
            finished_at=given["ended"],
            due_at=func.coalesce(given["again"], _ROW.due_at),
            message=func.coalesce(given["told_as"], _ROW.message),
        )
    ),
)


def write_down(session: Session, fates: Sequence[Fate]) -> list[None]:
    """Write what became of rows, of each once, in one statement."""
    session.flush()
    _WRITE.run(session, [_written(fate) for fate in fates])
    return [None] * len(fates)


def _written(fate: Fate) -> dict[str, object]:
    again = fate.state is OutboxState.QUEUED
    return {
        "of_row": fate.id,
        "fate": fate.state,
        "because": fate.reason[:LONGEST_REASON] if fate.reason else None,
        "ended": None if again else fate.at,
        "again": fate.at if again else None,
        "told_as": fate.message[:LONGEST_MESSAGE] or None,
    }


def hand_on(session: Session, outbox_id: int, channel: str, chat: str, now: datetime, reason: str) -> None:
    """Not sent here; try the person's other account."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(
            state=OutboxState.QUEUED, channel=channel, chat=chat, due_at=now, reason=reason[:LONGEST_REASON]
        )
    )
    wake_senders(session, [channel])


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
