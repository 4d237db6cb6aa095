"""What of the outbox is due, who has claimed it, and what becomes of claims whose process has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from db.claims import dead
from db.outbox import Letter, OutboxRow, OutboxState, Priority


class Due(Struct, frozen=True):
    """What may go out at a channel account now."""

    channel: str
    now: datetime
    worst: Priority = Priority.BULK


ENOUGH = 1000  # of what waits, to know that there is much

_TABLE = cast(Table, OutboxRow.__table__)
_ROW, _WAITING = _TABLE.c, _TABLE.alias("waiting").c
_LEVEL_OF_EACH = (select(literal(int(one), Integer).label("level")) for one in Priority)
_LEVELS = union_all(*_LEVEL_OF_EACH).subquery("levels")


def _is_due(row: Any, level: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    """One look into the index; what is due later is passed over."""
    return (
        row.state == OutboxState.QUEUED,
        row.channel == bindparam("of_channel"),
        row.priority == level,
        row.due_at <= bindparam("now"),
    )


_FIRST_LEVEL = select(func.min(_LEVELS.c.level)).where(
    _LEVELS.c.level <= bindparam("worst"), exists(_WAITING.id).where(*_is_due(_WAITING, _LEVELS.c.level))
)
_NEXT = (
    select(_ROW.id)
    .where(*_is_due(_ROW, _FIRST_LEVEL.scalar_subquery()))
    .order_by(_ROW.due_at, _ROW.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("next")
)
_CLAIM = (
    update(_TABLE)
    .where(_ROW.id.in_(select(_NEXT.c.id)))
    .values(state=OutboxState.CLAIMED, owner=bindparam("for_owner"), attempts=_ROW.attempts + 1)
    .returning(
        _ROW.id,
        _ROW.key,
        _ROW.channel,
        _ROW.chat,
        _ROW.member_id,
        _ROW.notice,
        _ROW.args,
        _ROW.attempts,
        _ROW.expires_at,
        _ROW.created_at,
        _ROW.careful,
        _ROW.priority,
        _ROW.due_at,
        _ROW.replaces,
    )
)
_MOMENT_OF_LEVEL = select(func.min(_WAITING.due_at)).where(
    _WAITING.state == OutboxState.QUEUED,
    _WAITING.channel == bindparam("of_channel"),
    _WAITING.priority == _LEVELS.c.level,
)
_NEXT_MOMENT = select(func.min(_MOMENT_OF_LEVEL.scalar_subquery())).where(
    _LEVELS.c.level <= bindparam("worst")
)
_REPLACED = select(_ROW.key, _ROW.channel, _ROW.chat, _ROW.message).where(
    _ROW.key.in_(bindparam("keys", expanding=True))
)


def are_due(session: Session, asked: Sequence[Due]) -> list[bool]:
    """Whether there is anything to claim: asked after every update, so it must cost next to nothing."""
    connection = session.connection()
    return [connection.execute(_FIRST_LEVEL, _bound(due)).scalar() is not None for due in asked]


def claim(session: Session, due: Due, limit: int, owner: str = "") -> list[Letter]:
    """Take the next rows that are due, lowest priority number first: one statement for each that there is."""
    session.flush()
    rows: list[Any] = []
    while len(rows) < limit:
        taken = {**_bound(due), "at_most": limit - len(rows), "for_owner": owner or None}
        found = session.connection().execute(_CLAIM, taken).all()
        rows += sorted(found, key=lambda row: (row.due_at, row.id))
        if not found:
            break
    replaced = _replaced(session, [row.replaces for row in rows if row.replaces])
    return [_letter(row, replaced) for row in rows]


def _bound(due: Due) -> dict[str, Any]:
    return {"of_channel": due.channel, "now": due.now, "worst": int(due.worst)}


Replaced = dict[tuple[str, str, str], str]
"""Messages of the channel by key, channel and chat of their rows."""


def _replaced(session: Session, keys: Sequence[str]) -> Replaced:
    """The messages that are to be updated, where they stand."""
    if not keys:
        return {}
    rows = session.connection().execute(_REPLACED, {"keys": list(keys)})
    return {(row.key, row.channel, row.chat): row.message or "" for row in rows}


def _letter(row: Any, replaced: Replaced) -> Letter:
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
        replaced.get((row.replaces, row.channel, row.chat), "") if row.replaces else "",
    )


def is_claimed(session: Session, outbox_id: int, owner: str) -> bool:
    """Whether this letter is still claimed by us."""
    ours = (OutboxRow.id == outbox_id, OutboxRow.owner == owner, OutboxRow.state == OutboxState.CLAIMED)
    return session.scalar(select(OutboxRow.id).where(*ours)) is not None


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


def on_their_way(session: Session, channel: str) -> int:
    """How many rows of a channel account are claimed: going out, or out and not yet recorded."""
    claimed = (OutboxRow.state == OutboxState.CLAIMED, OutboxRow.channel == channel)
    return session.scalar(select(func.count()).select_from(OutboxRow).where(*claimed)) or 0


def waiting_count(session: Session, now: datetime, worst: Priority = Priority.BULK) -> int:
    """How many rows up to `worst` are due and not yet final; counted no further than `ENOUGH`."""
    open_states = [OutboxState.QUEUED, OutboxState.CLAIMED]
    due = (OutboxRow.due_at <= now, OutboxRow.priority <= int(worst))
    some = select(OutboxRow.id).where(OutboxRow.state.in_(open_states), *due).limit(ENOUGH).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def next_due(session: Session, channels: Sequence[str], worst: Priority = Priority.BULK) -> datetime | None:
    """When the next queued row up to `worst` of these channel accounts is due."""
    asked = [{"of_channel": channel, "worst": int(worst)} for channel in channels]
    moments = [session.connection().execute(_NEXT_MOMENT, one).scalar() for one in asked]
    return min((moment for moment in moments if moment is not None), default=None)
