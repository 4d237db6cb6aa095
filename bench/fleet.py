"""Several processes and bots on one PostgreSQL server; any of it can be killed or cut off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.machine import Run, say
from bench.postgres import PostgresServer, server
from bench.processes import START, Bot, Crowd, Json, Row, Stage
from bench.zalo import Seat, Seats, SmallBot, tokens_of
from bot.limits import TELEGRAM_PER_SECOND
from simulator.process import SimulatorProcess

DATABASE = "fleet"
AWAY_SECONDS = 60
SETTLES = 0.2  # seconds until the platform has noted what was on its way
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    f" WHERE datname = '{DATABASE}' AND pid <> pg_backend_pid()"
)


@dataclass
class Member(Bot):
    """One process of the fleet; what it stores is looked up on the server."""

    server: PostgresServer | None = None

    def rows(self, query: str, *values: object) -> list[Row]:
        """What the database holds, read without the program; a server that is away is waited for."""
        end = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return self._read(query.replace("?", "%s"), values)
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _read(self, query: str, values: tuple[object, ...]) -> list[Row]:
        assert self.server is not None
        with self.server.connect(DATABASE) as connection:
            connection.execute("SET timezone = 'UTC'")
            return list(connection.execute(query.encode(), values).fetchall())


@dataclass(frozen=True, slots=True)
class Blows:
    """How often a process is killed, the server crashes, and all connections are cut; how far apart."""

    kills: int
    restarts: int
    cuts: int
    every: tuple[float, float]

    @property
    def seconds(self) -> float:
        """How long it takes, about."""
        return (self.kills + self.restarts + self.cuts) * sum(self.every) / 2


@dataclass
class Fleet:
    """The processes, the server under them, and the moments at which one of them was hurt."""

    at: Stage
    members: list[Member]
    bots: list[SmallBot]
    server: PostgresServer
    hurt: list[int] = field(default_factory=list)  # the journal's last line at each blow
    done: dict[str, int] = field(default_factory=lambda: {"kills": 0, "server_restarts": 0, "cuts": 0})

    @property
    def per_second(self) -> int:
        """Messages that all bots together may send."""
        return TELEGRAM_PER_SECOND * len(self.bots)

    async def know(self, users: Sequence[int]) -> dict[int, Seat]:
        """These people pressed Start long ago; each has a bot of theirs."""
        await self.at.crowd.add_people(users)
        for username, theirs in self.at.seats.deal(users).items():
            self.at.seats.met(username, {str(user): str(user) for user in theirs})
        return self.at.seats.of

    async def start(self) -> None:
        """All of them at once."""
        await asyncio.gather(*(asyncio.to_thread(member.start) for member in self.members))

    async def kill_one(self, run: Run) -> None:
        """kill -9 of one process, which is started again."""
        member = run.chance.choice(self.members)
        await asyncio.to_thread(member.kill)
        await self._note("kills")
        await asyncio.sleep(run.chance.uniform(0, 2))
        await asyncio.to_thread(member.start)

    async def restart_server(self, run: Run) -> None:
        """The server crashes and is back within two seconds."""
        await asyncio.to_thread(self.server.crash)
        await asyncio.sleep(run.chance.uniform(0, 2))
        await self._note("server_restarts")
        await asyncio.to_thread(self.server.start)

    async def cut(self, run: Run) -> None:
        """The server ends every connection; a few of them twice, as they come back."""
        for _ in range(run.chance.randint(1, 2)):
            await asyncio.to_thread(self.server.execute, CUT)
        await self._note("cuts")

    async def _note(self, blow: str) -> None:
        await asyncio.sleep(SETTLES)
        self.hurt.append(await self.at.crowd.last_line())
        self.done[blow] += 1

    async def trouble(self, run: Run, blows: Blows) -> None:
        """All of them in random order."""
        strikes = {"kill": self.kill_one, "restart": self.restart_server, "cut": self.cut}
        deal = ["kill"] * blows.kills + ["restart"] * blows.restarts + ["cut"] * blows.cuts
        run.chance.shuffle(deal)
        for number, blow in enumerate(deal, 1):
            await asyncio.sleep(run.chance.uniform(*blows.every))
            await strikes[blow](run)
            say(f"{blow}, {number} of {len(deal)}, {run.seconds} s")

    def logged(self, what: str) -> int:
        """How often it stands in the processes' logs."""
        return sum(member.log.count(what) for member in self.members)


@asynccontextmanager
async def fleet_in(folder: Path, processes: int, bots: int) -> AsyncIterator[Fleet]:
    """A server, a simulator and so many processes, not started yet; all are ended afterwards."""
    known = telegram_bots(bots)
    simulator = SimulatorProcess(
        data=folder / "simulator",
        start_at=START.isoformat(),
        arguments=["--pause-scale", "0.05"],
        bots=[bot.on_the_command_line for bot in known],
    )
    await asyncio.to_thread(simulator.start)
    crowd = Crowd(simulator.url, simulator.key)
    try:
        with server(durable=True) as own:
            own.execute(f"CREATE DATABASE {DATABASE}")
            members = [_member(folder / str(n), simulator, own, known) for n in range(processes)]
            fleet = Fleet(Stage(simulator, members[0], crowd, Seats(known)), members, known, own)
            try:
                yield fleet
            finally:
                await asyncio.gather(*(asyncio.to_thread(member.end) for member in members))
    finally:
        await crowd.close()
        await asyncio.to_thread(simulator.stop)


def telegram_bots(count: int) -> list[SmallBot]:
    """So many."""
    return [
        SmallBot(f"telegram-{n}", f"mung_ba_{n}_bot", f"70000000{n:02}:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-{n}")
        for n in range(1, count + 1)
    ]


def _member(folder: Path, simulator: SimulatorProcess, own: PostgresServer, bots: list[SmallBot]) -> Member:
    folder.mkdir()
    return Member(
        folder,
        simulator.url,
        simulator.token,
        f"{simulator.url}/sim/clock",
        settings={"database": {"url": own.url(DATABASE)}, "channels": _channels(simulator.url, bots)},
        environment=tokens_of(bots),
        server=own,
    )


def _channels(base: str, bots: list[SmallBot]) -> list[Json]:
    """Every other one polls."""
    modes = ("polling", "webhook")
    return [{"name": bot.name, "api_base": base, "mode": modes[n % 2]} for n, bot in enumerate(bots)]
