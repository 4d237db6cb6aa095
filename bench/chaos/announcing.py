"""Broadcasts made and cancelled as the use cases do it, in a seeded installation or beside a running bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.machine import Run
from bench.processes import START
from bench.seeding import fill
from bench.zalo import Seat
from bot.settings import Settings
from db.places import Place, file_at
from db.store import Store
from members import broadcasting
from members.tables import Unit

TEXT = "Mời toàn thể đảng viên đến hội trường lúc 19 giờ 30"


def announced(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    members: int,
    careful: bool,
    text: str = TEXT,
    seats: Mapping[int, Seat] | None = None,
) -> list[int]:
    """So many members, and (with a text) an announcement to all of them; who they are."""
    phones = fill(session, settings, now, branches=max(members // 500, 1), members=members, seats=seats)
    if text:
        made = broadcasting.announce(
            session, None, _everybody(session), text, source_key="bench", careful=careful, now=now
        )
        if made.recipients != members:
            raise RuntimeError(f"{made.recipients} of {members} are reachable")
    return [phone.user for phone in phones]


def _everybody(session: Session) -> int:
    return session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()


@asynccontextmanager
async def _beside(place: Place) -> AsyncIterator[Store]:
    """The store of a running bot; its own transactions wait for ours and ours for its."""
    store = place.store()
    try:
        yield store
    finally:
        await store.close()


def _now(run: Run) -> datetime:
    return START + timedelta(seconds=run.seconds)


async def announce_beside(database: Path, text: str, run: Run) -> int:
    """A broadcast to everybody, as a secretary's press would make it."""
    return await announce_at(file_at(database), text, _now(run))


async def announce_at(place: Place, text: str, now: datetime) -> int:
    """The same, wherever the database is."""

    def make(session: Session) -> int:
        unit = _everybody(session)
        made = broadcasting.announce(session, None, unit, text, source_key=text, careful=False, now=now)
        return made.broadcast_id

    async with _beside(place) as store:
        return await store.write(make)


async def cancel_beside(database: Path, broadcast_id: int, run: Run) -> int:
    """Cancel it; how many were stopped."""
    async with _beside(file_at(database)) as store:
        return await store.write(broadcasting.cancel, None, broadcast_id, _now(run))
