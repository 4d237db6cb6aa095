"""How much waits in the inbox and the outbox: counts for those who watch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from db.inbox import HAS_REASON, IS_UNFINISHED, InboxRow, InboxState
from db.installation import remember
from db.outbox import OutboxRow, OutboxState

UNHANDLED = (InboxState.NEW, InboxState.REPLAY)
WAITING = (*UNHANDLED, InboxState.ANSWERED, InboxState.SET_ASIDE)
OPEN = (OutboxState.QUEUED, OutboxState.CLAIMED)
LAST_PROBE = "last-probe"


class Depths(Struct, frozen=True):
    """Unfinished rows: the inbox by state, the outbox by state and priority; seconds the oldest waits."""

    inbox: Mapping[str, int]
    oldest_seconds: float
    outbox: Mapping[tuple[str, int], int]
    overdue_seconds: float  # of the message of the outbox that is due longest


def depths(session: Session, now: datetime) -> Depths:
    """What is unfinished now. Finished rows, which are most, are never looked at."""
    inbox = [row for which in (IS_UNFINISHED, HAS_REASON) for row in session.execute(_by_state(which))]
    outbox = session.execute(
        select(OutboxRow.state, OutboxRow.priority, func.count())
        .where(OutboxRow.state.in_(OPEN))
        .group_by(OutboxRow.state, OutboxRow.priority)
    )
    return Depths(
        {**dict.fromkeys((state.value for state in WAITING), 0), **{s.value: n for s, n in inbox}},
        _age(_oldest_unhandled(session), now),
        {(state.value, priority): n for state, priority, n in outbox},
        _age(_longest_due(session), now),
    )


def probe(session: Session, now: datetime) -> None:
    """Write something small: whether anything can be stored is only known by storing."""
    remember(session, LAST_PROBE, now.isoformat(timespec="seconds"))


def _by_state(which: ColumnElement[bool]) -> Select[InboxState, int]:
    waiting = (which, InboxRow.state.in_(WAITING))
    return select(InboxRow.state, func.count()).where(*waiting).group_by(InboxRow.state)


def _oldest_unhandled(session: Session) -> datetime | None:
    unhandled = (IS_UNFINISHED, InboxRow.state.in_(UNHANDLED))
    return session.scalar(select(func.min(InboxRow.received_at)).where(*unhandled))


def _longest_due(session: Session) -> datetime | None:
    return session.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.state == OutboxState.QUEUED))


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment is not None else 0.0
