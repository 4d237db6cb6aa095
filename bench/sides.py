"""The sides that are measured against each other: our process and the peers', each with its own database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bench.load.people import Crowd, Opening
from bench.load.platform import LoadBot, Platform
from bench.processes import ROOT, Bot
from bench.sitting import seated
from bot import desk
from simulator.ports import free_port

READY_SECONDS = 120
UNPACED = 100_000  # messages a second: the platform's limits are lifted
MODES = ("webhook", "polling")


@dataclass
class Side:
    """A running bot process and the people who talk to it."""

    name: str  # ours, ptb, aiogram, ptb_echo, aiogram_echo
    mode: str
    database: str  # sqlite, postgres, or "" where nothing is stored
    crowd: Crowd
    bot: LoadBot
    pid: int
    stored: Callable[[], int] | None = None  # answers in its database
    url: str = ""
    heard: int = 0  # answers seen on the platform's side, all drives together
    rates: list[float] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Such as 'ours_sqlite_webhook'."""
        return "_".join(part for part in (self.name, self.database, self.mode) if part)

    def cpu(self) -> float:
        """Seconds of processor time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def token_of(number: int) -> str:
    """A token as the platform's look."""
    return f"{7_000_000_000 + number}:{'A' * 35}"


@asynccontextmanager
async def ours(
    platform: Platform,
    folder: Path,
    number: int,
    mode: str,
    database: str,
    members: int,
    url: str = "",
    *,
    per_second: int = UNPACED,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[Side]:
    """`python -m bot run` as anybody starts it, everybody in the middle of a quiz."""
    folder.mkdir(parents=True)
    token = token_of(number)
    kept = {**({"database": {"url": url}} if url else {}), **(settings or {})}
    bot = Bot(folder, platform.url, token, clock="", mode=mode, per_second=per_second, settings=kept)
    load = platform.add(token)
    async with desk.desk(bot.load(), datetime.now(UTC)) as at:
        openings = await at.store.write(partial(seated, members=members), at.settings, at.now)
    await asyncio.to_thread(bot.start)
    assert bot.process is not None
    try:
        url = url or f"sqlite:///{bot.database}"
        stored = partial(_rows, url, "answer")
        yield Side("ours", mode, database, Crowd(load, openings), load, bot.process.pid, stored, url)
    finally:
        await asyncio.to_thread(partial(bot.end, patience=60))


@asynccontextmanager
async def peer(
    platform: Platform, name: str, number: int, mode: str, database: str, members: int, url: str
) -> AsyncIterator[Side]:
    """A bot of `bench/peers/`."""
    token, echo = token_of(number), name.endswith("echo")
    load = platform.add(token)
    users = list(range(5_000_000_001, 5_000_000_001 + members))
    first = [Opening(user, text="xin chào") if echo else Opening(user, "0:0") for user in users]
    if not echo:
        people = "\n".join(map(str, users))
        command = [sys.executable, "-m", "bench.peers.store", url]
        await asyncio.to_thread(
            partial(subprocess.run, command, input=people, text=True, cwd=ROOT, check=True)
        )
    module = name if echo else f"{name}_quiz"
    environment = {"API_BASE": platform.url, "TOKEN": token, "DATABASE_URL": url}
    if mode == "webhook":
        environment["PORT"] = str(free_port())
    process = await asyncio.to_thread(started, [sys.executable, "-m", f"bench.peers.{module}"], environment)
    try:
        stored = None if echo else partial(_rows, url, "peer_answer")
        yield Side(name, mode, database, Crowd(load, first), load, process.pid, stored)
    finally:
        await asyncio.to_thread(ended, process)


def _rows(url: str, table: str) -> int:
    plain = url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")
    engine = create_engine(plain)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    engine.dispose()
    return int(found)


def started(
    command: Sequence[str], environment: dict[str, str], sign: str = "ready"
) -> subprocess.Popen[str]:
    """The process, once it has said that it is ready."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    end = time.monotonic() + READY_SECONDS
    while sign not in (line := process.stdout.readline()):
        if not line or time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"{' '.join(command)} did not start")
    return process


def ended(process: subprocess.Popen[str]) -> None:
    """Ask it to stop; end it when it does not."""
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
