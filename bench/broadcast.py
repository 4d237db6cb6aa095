"""`python -m bench.broadcast`: an announcement to thousands at the platform's limit, beside people who tap.

The receiving side counts: every message and every edit by the moment it arrives, in sliding seconds. Then the
same without limits, for the sender's own ceiling on each database.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.latency import percentiles
from bench.load.platform import Json, Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.postgres import server
from bench.sides import UNPACED, Side, ours
from bot.limits import TELEGRAM_PER_SECOND
from db.places import place_of
from members import broadcasting
from members.tables import Unit

TEXT = "Mời toàn thể đảng viên đến hội trường lúc 19 giờ 30"
DATABASES = ("sqlite", "postgres")
TAPS_PER_SECOND = 2.0  # of people who answer a quiz meanwhile
PATIENCE = 1.5  # times the time that the limit allows


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.broadcast", description=__doc__)
    add_common(parser)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--ceilings", nargs="*", choices=DATABASES, default=DATABASES)
    given = parser.parse_args(arguments)
    if given.small:
        given.recipients = 60
    run = run_of("broadcast", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, given, Path(folder))))


async def _measured(run: Run, given: argparse.Namespace, folder: Path) -> Figures:
    platform = Platform()
    await platform.open()
    try:
        paced = await _paced(run, platform, folder / "paced", given.recipients)
        ceilings = {
            f"ceiling_per_second_{database}": await _ceiling(platform, folder, database, given.recipients)
            for database in given.ceilings
        }
    finally:
        await platform.close()
    return {**paced, **ceilings, "passed": not paced["over_limit"]}


async def _paced(run: Run, platform: Platform, folder: Path, recipients: int) -> Figures:
    least = recipients / TELEGRAM_PER_SECOND
    async with _side(platform, folder, 1, recipients, TELEGRAM_PER_SECOND) as (side, hears):
        alone = await side.crowd.flow(TAPS_PER_SECOND, 3 if run.small else 30, 50)
        hears.clear()
        await _announce(side)
        flowing = asyncio.create_task(side.crowd.flow(TAPS_PER_SECOND, least, 50))
        await hears.all_told(recipients, PATIENCE * least + 30)
        beside = await flowing
    first, last = hears.told[0], hears.told[-1]
    during = [moment for moment in hears.counted if first <= moment <= last]
    most = most_in_a_second(during)
    p95 = {"alone": percentiles(alone)["p95_ms"], "beside": percentiles(beside)["p95_ms"]}
    say(f"{len(hears.told)} told in {last - first:.1f} s, at most {most} in a second")
    return {
        "recipients": recipients,
        "told": len(hears.told),
        "limit_per_second": TELEGRAM_PER_SECOND,
        "sliding_window_maximum": most,
        "over_limit": max(most - TELEGRAM_PER_SECOND, 0),
        "share_of_permitted_rate": round(len(during) / ((last - first) * TELEGRAM_PER_SECOND), 3),
        "answers_p95_ms": p95,
        "answers_p95_ratio": round(p95["beside"] / p95["alone"], 2)
        if p95["alone"] and p95["beside"]
        else None,
    }


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 2) if one and other else None


async def _ceiling(platform: Platform, folder: Path, database: str, recipients: int) -> float:
    number = 2 + DATABASES.index(database)
    with _url_of(database) as url:
        lifted = _side(platform, folder / database, number, recipients, UNPACED, url)
        async with lifted as (side, hears):
            await _announce(side)
            await hears.all_told(recipients, 120)
    rate = round(len(hears.told) / max(hears.told[-1] - hears.told[0], 0.001), 1)
    say(f"{rate} a second on {database} without limits")
    return rate


@contextmanager
def _url_of(database: str) -> Iterator[str]:
    """Empty for SQLite, whose file the bot makes itself."""
    if database == "sqlite":
        yield ""
        return
    with server(durable=True) as postgres:
        postgres.execute("CREATE DATABASE told")
        yield postgres.url("told")


class _Hears:
    """When messages of the broadcast, and all messages that count, came in."""

    def __init__(self, side: Side) -> None:
        self.told: list[float] = []
        self.counted: list[float] = []
        self._people = side.bot.heard
        side.bot.heard = self._call

    def clear(self) -> None:
        """Begin anew."""
        self.counted.clear()

    def _call(self, method: str, parameters: Json) -> None:
        now = time.perf_counter()
        if method in {"sendMessage", "editMessageText"}:
            self.counted.append(now)
        if TEXT in str(parameters.get("text", "")):
            self.told.append(now)
        else:
            self._people(method, parameters)

    async def all_told(self, recipients: int, seconds: float) -> None:
        """Wait for everybody; RuntimeError when it takes too long."""
        end = time.perf_counter() + seconds
        while len(self.told) < recipients:
            if time.perf_counter() > end:
                raise RuntimeError(f"{len(self.told)} of {recipients} were told in {seconds:.0f} s")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _side(
    platform: Platform, folder: Path, number: int, recipients: int, per_second: int, url: str = ""
) -> AsyncIterator[tuple[Side, _Hears]]:
    awake = datetime.now(UTC) + timedelta(hours=12)  # the quiet hours are far from now
    quiet = {"start": f"{awake:%H:%M}", "end": f"{awake + timedelta(minutes=1):%H:%M}"}
    settings = {"quiet": quiet, "organisation": {"name": "Đảng bộ thử sức", "zone": "UTC"}}
    database = "postgres" if url else "sqlite"
    who = (platform, folder, number, "polling", database, recipients, url)
    async with ours(*who, per_second=per_second, settings=settings) as side:
        yield side, _Hears(side)


async def _announce(side: Side) -> None:
    """As a secretary's press would, from beside the running bot."""

    def make(session: Session) -> None:
        everybody = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()
        broadcasting.announce(
            session, None, everybody, TEXT, source_key=TEXT, careful=False, now=datetime.now(UTC)
        )

    store = place_of(side.url).store()
    try:
        await store.write(make)
    finally:
        await store.close()


def most_in_a_second(moments: Sequence[float]) -> int:
    """The sliding-window maximum."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(moments):
        window.append(moment)
        while window[0] <= moment - 1:
            window.popleft()
        most = max(most, len(window))
    return most


if __name__ == "__main__":
    sys.exit(main())
