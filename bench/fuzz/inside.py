"""F1: spoiled updates through translator, inbox, dialogue and store of a small real installation."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute

from bench.fuzz.mutations import Source
from bench.links import Links
from bench.machine import Figures, Run, say
from bench.seeding import Phone, fill
from bot.channels.base import TakeIn
from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.outgoing import answer_calls, only_edits
from bot.channels.telegram.polling import arrival_of
from bot.context import Home
from bot.dialogue import Dialogue
from bot.groundwork import open_store
from bot.language import FileIn, Said, Say
from bot.router import Router
from bot.settings import Settings
from bot.worker import Worker
from db.places import file_at
from db.store import Store
from handlers import FEATURES, GATES
from members.join_codes import PLAYED_WORK, CodeKey

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
BATCH = 100
STRANGERS = range(9_000_000_001, 9_000_000_021)
MOST_GROWTH_MB = 25.0
# What an ordinary member may change by talking; all else must stay as it was, whoever says whatever.
OWN = {
    "opinion": "author_id", "rsvp": "member_id", "rsvp_change": "member_id", "attempt": "member_id",
    "consent": "member_id", "account": "member_id", "attendance": "member_id", "checkin_try": "member_id",
    "join_code": "member_id",
}  # fmt: skip
# Kept by the program itself; a month's mark says only that its figures are to be counted again.
FREE = {"inbox", "outbox", "conversation", "answer", "alembic_version", "join_try", "month_mark"}


class _Clock:
    """Goes on by a second with every batch."""

    moment = START

    def now(self) -> datetime:
        """See `bot.clock.Clock`."""
        return self.moment


@dataclass
class _Channel:
    """Telegram without a network: real translation both ways, nothing goes out."""

    name: str = "telegram"
    title: str = "fuzz"
    answers: int = 0

    async def open(self) -> str:
        return "fuzz"

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """Nothing to show."""

    async def listen(self, take_in: TakeIn) -> None:
        """Nobody comes by themselves."""

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        return []

    def read(self, raw: str, received_at: datetime) -> Said:
        return read_update(self.name, raw, received_at)

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        return only_edits(said, says)

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        self.answers += len(list(answer_calls(said, says)))

    async def send(self, chat: str, say: Say, replaces: str = "") -> str:
        raise NotImplementedError

    def cost(self, says: Sequence[Say]) -> int:
        return len(says)

    async def ready(self) -> None:
        """Always."""

    def resting(self, chat: str) -> float:
        return 0.0

    async def fetch(self, file: FileIn) -> bytes:
        return b"PK not a workbook"

    def start_link(self, payload: str) -> str:
        return payload

    async def close(self) -> None:
        """Nothing to let go of."""


class _Watch(logging.Handler):
    """Counts what was logged with a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            self.note(error)

    def note(self, error: BaseException) -> None:
        """One more of these."""
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        name = f"{type(error).__name__} at {place}: {str(error)[:100]}"
        self.seen[name] = self.seen.get(name, 0) + 1


@dataclass
class _House:
    path: Path
    store: Store
    worker: Worker
    clock: _Clock
    channel: _Channel
    router: Router
    members: list[Phone]
    watch: _Watch = field(default_factory=_Watch)


async def fuzz(run: Run, folder: Path, updates: int) -> Figures:
    """The figures of so many updates: half by people of the branch, half by strangers alone."""
    async with _house(folder) as house:
        logging.getLogger().addHandler(house.watch)
        logging.getLogger().setLevel(logging.ERROR)
        codes = [route.action.code for feature in house.router.features for route in feature.actions]
        date = int(START.timestamp())
        talkers = [phone.user for phone in house.members[::2]]
        untouched, of_others = _state(house, []), _state(house, talkers)
        strangers = Source(run.chance, STRANGERS, codes, date)
        await _feed(run, house, strangers, updates // 2)
        wrong = _differences("strangers", untouched, _state(house, []))
        known = Source(run.chance, talkers, codes, date, number=strangers.number)
        await _feed(run, house, known, updates // 10)
        start = _memory_mb()  # by now everything has been used and cached once
        await _feed(run, house, known, updates - updates // 2 - updates // 10)
        wrong += _differences("members", of_others, _state(house, talkers))
        end = _memory_mb()
    for what, times in house.watch.seen.items():
        say(f"{times} × {what}")
    for what in wrong:
        say(f"changed: {what}")
    rows = _counts(house.path)
    return {
        "updates": updates,
        "unhandled": sum(house.watch.seen.values()),
        "wrong_effects": len(wrong),
        "set_aside": rows.get("set_aside", 0),
        "handled": rows.get("done", 0),
        "unfinished": rows.get("new", 0) + rows.get("answered", 0),
        "answers": house.channel.answers,
        "memory_mb_start": start,
        "memory_mb_end": end,
        "growth_mb": round(end - start, 1),
        "passed": not house.watch.seen
        and not wrong
        and not rows.get("new", 0) + rows.get("answered", 0)
        and (end - start) <= MOST_GROWTH_MB,
    }


@asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[_House]:
    path = folder / "fuzz.db"
    store, clock, channel, router = open_store(file_at(path)), _Clock(), _Channel(), Router(FEATURES)
    settings = Settings()
    members = await store.write(fill, settings, START, branches=2, members=40, quiz=True)
    home = Home(store, settings, Links(), CodeKey(b"pepper", PLAYED_WORK))
    worker = Worker(store, clock, Dialogue(home, router, GATES), {"telegram": channel})
    try:
        yield _House(path, store, worker, clock, channel, router, members)
    finally:
        await worker.finish()
        await store.close()


async def _feed(run: Run, house: _House, source: Source, updates: int) -> None:
    left = updates
    while left > 0:
        arrivals = []
        for _ in range(min(BATCH, left)):
            sent = _as_sent(source.update())
            if sent is None:
                continue
            try:
                arrivals.append(arrival_of(sent))
            except Exception as error:
                house.watch.note(error)
        await house.worker.take_in("telegram", arrivals)
        await house.worker.finish()
        house.clock.moment += timedelta(seconds=1)
        left -= BATCH
        if source.number % 10_000 < BATCH:
            say(f"{source.number} updates, {run.seconds} s, {_memory_mb()} MB")


def _as_sent(update: Any) -> bytes | None:
    """As the platform writes it; None where it was spoiled so that it holds itself, which nobody can send."""
    try:
        return json.dumps(update).encode()
    except ValueError:
        return None


def _state(house: _House, talkers: Sequence[int]) -> dict[str, str]:
    """A digest of each table; in those of `OWN` only rows of others than the talkers."""
    ids = {phone.member for phone in house.members if phone.user in talkers}
    found = {}
    with closing(sqlite3.connect(f"file:{house.path}?mode=ro", uri=True)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = db.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            kept = [row for row in rows if not _may_change(table, dict(zip(names, row, strict=True)), ids)]
            found[table] = hashlib.sha256(repr(sorted(map(repr, kept))).encode()).hexdigest()
    return found


def _may_change(table: str, row: dict[str, Any], talkers: set[int]) -> bool:
    if table in FREE:
        return True
    if table == "audit" and row["action"] == "not_me":  # whoever holds that phone is nobody known
        return row["target"] in {f"member:{talker}" for talker in talkers}
    owner = row.get("actor_id" if table == "audit" else OWN.get(table, ""))
    if table == "account" and owner is None:
        return True  # somebody who has not joined
    return owner in talkers or (bool(talkers) and table in {"opinion", "attempt"} and owner is None)


def _differences(who: str, before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [f"{table} by {who}" for table in after if before.get(table) != after[table]]


def _counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return dict(db.execute("SELECT state, count(*) FROM inbox GROUP BY state").fetchall())


def _memory_mb() -> float:
    """What the process really holds, after everything that can be given back has been."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * 4096 / 1e6, 1)
