"""The real bot against the simulator, both as processes, with people whose acts are posted quickly."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from sqlalchemy.orm import Session

from bench import warm
from bench.zalo import UNLIMITED, Seat, Seats, SmallBot, channel_of, settle_in, small_bots, tokens_of
from bot import desk
from bot.settings import Settings, load
from simulator.ports import free_port
from simulator.process import SimulatorProcess

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 08:00 in Viet Nam, eight days before the meeting
READY_SECONDS = 120
Json = dict[str, Any]
Row = tuple[Any, ...]


@dataclass
class Bot:
    """`python -m bot run` in a folder of its own; it can be killed at any moment of its life."""

    folder: Path
    api_base: str
    token: str
    clock: str
    mode: str = "polling"
    per_second: int = 30
    small_bots: list[SmallBot] = field(default_factory=list)  # on Zalo, in place of the one on Telegram
    messages: int = 0  # that each of these may send a month; 0: no limit
    settings: Json = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: warm.Forked | None = None

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "mungba.db"

    def write_config(self) -> Path:
        """The configuration file, as the fields say now."""
        path = self.folder / "config.yaml"
        plain = {
            "organisation": {"name": "Đảng bộ thử sức"},
            "channels": self._channels(),
            "database": {"url": f"sqlite:///{self.database}"},
            "web": {"port": self.port, "public_url": f"http://127.0.0.1:{self.port}"},
            "clock": {"follow": self.clock},
            **self.settings,
        }
        path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")
        return path

    def _channels(self) -> list[Json]:
        if self.small_bots:
            manner = (self.api_base, self.mode, self.per_second, self.messages)
            return [channel_of(bot, *manner) for bot in self.small_bots]
        own: Json = {"name": "telegram", "api_base": self.api_base, "mode": self.mode}
        return [{**own, "per_second": self.per_second}]

    def load(self) -> Settings:
        """The settings of this folder."""
        return load(self.write_config())

    def launch(self) -> None:
        """Start without waiting."""
        with (self.folder / "bot.log").open("a") as log:
            environment = {**os.environ, "MUNGBA_TELEGRAM_TOKEN": self.token, **self.environment}
            self.process = warm.start(["run", "--config", str(self.write_config())], environment, log)

    def wait_ready(self) -> None:
        """Until it says so; RuntimeError with the end of its log when it does not."""
        if self.process is None:
            raise RuntimeError("the bot was not started")
        watch = threading.Timer(READY_SECONDS, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if "ready" not in line:
            raise RuntimeError(f"the bot did not start:\n{self.log[-3000:]}")

    def start(self) -> None:
        """Start and wait until it is ready."""
        self.launch()
        self.wait_ready()

    def kill(self) -> None:
        """kill -9."""
        self.end(signal.SIGKILL)

    def end(self, sign: signal.Signals = signal.SIGTERM, patience: float = 30) -> int:
        """Send the signal; the exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(sign)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            process.stdout.close()

    @property
    def log(self) -> str:
        """Everything logged so far."""
        path = self.folder / "bot.log"
        return path.read_text("utf-8") if path.exists() else ""

    def rows(self, query: str, *values: object) -> list[Row]:
        """What the database holds, read without the program."""
        uri = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def number(self, query: str, *values: object) -> int:
        """The first field of the first row."""
        return int(self.rows(query, *values)[0][0])


class Crowd:
    """The people door of the simulator, fast enough for floods."""

    def __init__(self, url: str, key: str) -> None:
        self._http = aiohttp.ClientSession(
            url, headers={"X-Sim-Key": key}, connector=aiohttp.TCPConnector(limit=64)
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def post(self, path: str, **values: Any) -> Json:
        """One act; RuntimeError when the simulator refuses it."""
        async with self._http.post(f"/sim/{path}", json=values) as answer:
            return await _read(answer)

    async def get(self, path: str, **query: Any) -> Json:
        """One look."""
        async with self._http.get(f"/sim/{path}", params=query) as answer:
            return await _read(answer)

    async def add_people(self, users: Sequence[int]) -> None:
        """People who pressed Start long ago."""
        people = [{"id": user, "name": f"Người {user}", "started": True} for user in users]
        for first in range(0, len(people), 1000):
            await self.post("people", people=people[first : first + 1000])

    async def journal(self, since: int = 0) -> list[Json]:
        """Every call that came through the platform's door after line `since`."""
        found: list[Json] = []
        while page := (await self.get("journal", since=str(since), limit="20000"))["calls"]:
            found.extend(page)
            since = page[-1]["n"]
        return found

    async def last_line(self) -> int:
        """The number of the journal's newest line."""
        return int((await self.get("journal", since="0", limit="1"))["last"])


async def _read(answer: aiohttp.ClientResponse) -> Json:
    value: Json = await answer.json(content_type=None)
    if answer.status >= 400:
        raise RuntimeError(f"the simulator refused {answer.url.path}: {value}")
    return value


@dataclass
class Stage:
    """Simulator and bot, not started yet, and the hand that moves people."""

    simulator: SimulatorProcess
    bot: Bot
    crowd: Crowd
    seats: Seats = field(default_factory=lambda: Seats([]))

    async def know(self, users: Sequence[int], **switches: Any) -> dict[int, Seat]:
        """These people wrote to the bot long ago; where each sits, on Zalo. `switches`: the simulator's."""
        await self.crowd.add_people(users)
        for username, theirs in self.seats.deal(users).items():
            await self.crowd.post("zalo", bot=username, switches={**UNLIMITED, **switches})
            found = await self.crowd.post("zalo/met", bot=username, people=theirs)
            self.seats.met(username, found["ids"])
        return self.seats.of

    async def say(self, user: int, text: str) -> int:
        """A person types to the bot that is theirs; the message's number."""
        aim = {"bot": self.seats.bot_of(user)} if self.seats.of else {}
        return int((await self.crowd.post("say", person=user, text=text, **aim))["message_id"])

    def person_of(self, chat: object) -> int:
        """Whose chat this is; 0 for nobody's."""
        return self.seats.people.get(str(chat), 0) if self.seats.of else int(str(chat or 0))

    async def prepare(self, fill: Callable[[Session, Settings, datetime], Any]) -> Any:
        """Run `fill` in one transaction on the fresh database."""
        async with desk.desk(self.bot.load(), START) as at:
            return await at.store.write(fill, at.settings, at.now)

    async def start(self) -> None:
        """Start the bot and wait until it is ready."""
        await asyncio.to_thread(self.bot.start)

    async def kill(self) -> None:
        """kill -9 the bot."""
        await asyncio.to_thread(self.bot.kill)

    async def until(self, met: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            if await asyncio.to_thread(met):
                return True
            await asyncio.sleep(0.1)
        return False


@asynccontextmanager
async def stage(folder: Path, zalo_bots: int = 0, pauses: float = 0.05, **bot: Any) -> AsyncIterator[Stage]:
    """A simulator that runs and a bot that can be started; both are ended afterwards.

    `zalo_bots`: so many in place of the one on Telegram. `pauses`: what the simulator makes of its own.
    """
    simulator = SimulatorProcess(
        data=folder / "simulator",
        start_at=START.isoformat(),
        arguments=["--pause-scale", str(pauses)],
        launch=warm.simulator,
    )
    token, small = simulator.token, small_bots(zalo_bots)
    if small:
        settle_in(simulator, small)
    await asyncio.to_thread(simulator.start)
    crowd = Crowd(simulator.url, simulator.key)
    own = {"small_bots": small, "environment": tokens_of(small), **bot}
    standing = Stage(
        simulator,
        Bot(folder, simulator.url, token, f"{simulator.url}/sim/clock", **own),
        crowd,
        Seats(small),
    )
    try:
        yield standing
    finally:
        await asyncio.to_thread(standing.bot.end)
        await crowd.close()
        await asyncio.to_thread(simulator.stop)
