"""A fresh database with one or many branches whose reminders fall due, for a virtual clock."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench.chaos.rival import TIMES
from bench.seeding import ON_ROLL_FROM, Phone, fill
from bot.groundwork import open_store
from bot.settings import Settings
from db.places import file_at
from db.sqlite import SqliteStore
from meetings.planning import set_rule
from members.tables import Account, Member, Post, PostKind
from scheduler.calendars import calendars
from scheduler.chores import Chore, tick
from scheduler.reminders import reminders

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """One step of one meeting was done at this moment."""

    moment: datetime
    meeting: int
    step: str
    note: str


@dataclass
class House:
    """A store, its people, and the history of what the scheduler did."""

    path: Path
    store: SqliteStore
    phones: list[Phone]
    runs: list[Run] = field(default_factory=list)
    chores: list[Chore[House]] = field(default_factory=lambda: [reminders(TIMES), calendars(TIMES)])
    _seen: dict[int, str] = field(default_factory=dict)

    async def look(self, now: datetime) -> None:
        """One waking; what became done in it goes into the history, as often as it does."""
        await tick(self, self.chores, now)
        for number, meeting, step, state, note in self.rows(_REMINDERS):
            if state == "done" and self._seen.get(number) != "done":
                self.runs.append(Run(now, meeting, step, note or ""))
            self._seen[number] = state

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read without the program."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def messages(self, meeting: int) -> dict[tuple[int, str], int]:
        """How many messages each member got for each step of a meeting."""
        found: dict[tuple[int, str], int] = {}
        query = f"SELECT member_id, key FROM outbox WHERE key LIKE 'meeting:{meeting}:%'"
        for member, key in self.rows(query):
            step = str(key).rsplit(":", 1)[1]
            if step.startswith("d-") and isinstance(member, int):
                found[member, step] = found.get((member, step), 0) + 1
        return found


_REMINDERS = "SELECT id, meeting_id, kind, state, note FROM reminder WHERE kind LIKE 'd-%' ORDER BY id"


@asynccontextmanager
async def house(
    path: Path,
    branches: int = 1,
    members: int = 3,
    day: int = 3,
    at: time = time(19, 30),
    now: datetime = NOW,
) -> AsyncIterator[House]:
    """Branches that meet on `day` at `at`; the first member of the first one is its secretary.

    The first house of a kind in a folder is kept as a pattern for the others.
    """
    pattern = path.with_name(f"pattern-{branches}-{members}-{day}-{at:%H%M}-{now:%Y%m%d}.db")
    if not pattern.exists():
        await _build(pattern, branches, members, day, at, now)
    shutil.copy(pattern, path)
    store = SqliteStore(path)
    try:
        yield House(path, store, await store.read(_phones))
    finally:
        await store.close()


async def _build(path: Path, branches: int, members: int, day: int, at: time, now: datetime) -> None:
    def make(session: Session) -> None:
        phones = fill(session, Settings(), now, branches=branches, members=members, months=1)
        first = phones[0]
        post = {"member_id": first.member, "unit_id": first.branch, "kind": PostKind.SECRETARY}
        session.execute(insert(Post), [{**post, "starts_on": ON_ROLL_FROM}])
        for branch in {phone.branch for phone in phones}:
            set_rule(session, None, branch, day, at, "Phòng họp", now, TIMES)

    store = open_store(file_at(path))
    await store.write(make)
    await store.close()


def _phones(session: Session) -> list[Phone]:
    rows = session.execute(select(Account.user, Member.id, Member.branch_id).join(Member).order_by(Member.id))
    return [Phone(int(user), member, branch) for user, member, branch in rows]


def local(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """A wall clock moment of the branches, as UTC."""
    return datetime.combine(day, time(hour, minute), TIMES.zone).astimezone(UTC)
