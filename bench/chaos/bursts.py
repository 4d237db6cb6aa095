"""S2: a hall full of people checks in at once, through the real store with eight writers."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from bench.chaos.branches import House, house, local
from bench.chaos.rival import TIMES
from bench.machine import Figures
from db.errors import StoreError
from meetings.checkin import CheckinRules, check_in_by_code, key_of
from meetings.checkin_code import code_at
from meetings.checkin_run import open_checkin
from meetings.tables import Meeting
from members.identity import Who, who_is

WRITERS = 8
ALLOWED_P95 = 1.0
DAY = date(2026, 12, 3)
RULES = CheckinRules(TIMES.zone)
NOW = local(DAY, 19, 20)


async def checkins(folder: Path, people: int, seconds: int) -> Figures:
    """So many check-ins offered evenly over so many seconds, each twice by an impatient thumb every tenth."""
    async with house(folder / "burst.db", 1, people) as at:
        meeting = int(at.rows("SELECT id FROM meeting ORDER BY starts_at LIMIT 1")[0][0])
        code, everybody = await at.store.write(_open, meeting, [phone.member for phone in at.phones])
        waits: list[float] = []
        failed = 0
        start = asyncio.get_running_loop().time()
        writers = [
            _writer(at, everybody[first::WRITERS], code, start, seconds, waits) for first in range(WRITERS)
        ]
        for result in await asyncio.gather(*writers):
            failed += result
    with closing(sqlite3.connect(f"file:{folder / 'burst.db'}?mode=ro", uri=True)) as db:
        present = db.execute("SELECT count(*), count(DISTINCT member_id) FROM attendance").fetchone()
    p95 = sorted(waits)[int(len(waits) * 0.95)]
    figures = {
        "people": people,
        "seconds": seconds,
        "writers": WRITERS,
        "on_the_list": present[0],
        "locked_shown": failed,
        "p95_seconds": round(p95, 3),
    }
    return {**figures, "passed": present == (people, people) and not failed and p95 <= ALLOWED_P95}


def _open(session: Session, meeting: int, members: list[int]) -> tuple[str, list[Who]]:
    everybody = [who for member in members if (who := who_is(session, member, DAY))]
    open_checkin(session, everybody[0], meeting, NOW, RULES)
    return code_at(key_of(session.get_one(Meeting, meeting)), NOW), everybody


async def _writer(
    at: House, people: list[Who], code: str, start: float, seconds: int, waits: list[float]
) -> int:
    failed = 0
    for number, who in enumerate(people):
        await asyncio.sleep(start + number * seconds / len(people) - asyncio.get_running_loop().time())
        for thumb in range(2 if number % 10 == 0 else 1):
            began = time.perf_counter()
            key = f"burst:{who.member_id}:{thumb}"
            try:
                await at.store.write(check_in_by_code, who, code, NOW, key, RULES)
            except StoreError:
                failed += 1
            waits.append(time.perf_counter() - began)
    return failed
