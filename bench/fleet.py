"""Several processes of the real bot on one PostgreSQL server, any of which can be killed or taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import Run, say
from bench.postgres import PostgresServer, server
from bench.processes import START, Bot, Crowd, Row, Stage
from simulator.process import SimulatorProcess

DATABASE = "fleet"


@dataclass
class Member(Bot):
    """One process of the fleet; what it stores is looked up on the server."""

    server: PostgresServer | None = None

    def rows(self, query: str, *values: object) -> list[Row]:
        """What the database holds, read without the program."""
        assert self.server is not None
        with self.server.connect(DATABASE) as connection:
            connection.execute("SET timezone = 'UTC'")
            return list(connection.execute(query.replace("?", "%s").encode(), values).fetchall())


@dataclass
class Fleet:
    """The processes, the server under them, and the moments at which one of them was hurt."""

    at: Stage
    members: list[Member]
    server: PostgresServer
    hurt: list[int] = field(default_factory=list)  # the journal's last line at each blow
    kills: int = 0
    restarts: int = 0

    async def start(self) -> None:
        """All of them; ready one after the other, as they share a machine."""
        for member in self.members:
            await asyncio.to_thread(member.start)

    async def kill_one(self, run: Run) -> None:
        """kill -9 of one process, which is started again."""
        member = run.chance.choice(self.members)
        await asyncio.to_thread(member.kill)
        self.hurt.append(await self.at.crowd.last_line())
        self.kills += 1
        await asyncio.sleep(run.chance.uniform(0, 2))
        await asyncio.to_thread(member.start)

    async def restart_server(self, run: Run) -> None:
        """The server crashes and is back within two seconds."""
        await asyncio.to_thread(self.server.crash)
        self.hurt.append(await self.at.crowd.last_line())
        self.restarts += 1
        await asyncio.sleep(run.chance.uniform(0, 2))
        await asyncio.to_thread(self.server.start)

    async def trouble(self, run: Run, kills: int, restarts: int, every: tuple[float, float]) -> None:
        """So many kills and restarts, in random order, so far apart."""
        blows = ["kill"] * kills + ["restart"] * restarts
        run.chance.shuffle(blows)
        for number, blow in enumerate(blows, 1):
            await asyncio.sleep(run.chance.uniform(*every))
            await (self.kill_one(run) if blow == "kill" else self.restart_server(run))
            say(f"{blow}, {number} of {len(blows)}, {run.seconds} s")


@asynccontextmanager
async def fleet_in(folder: Path, processes: int, per_second: int) -> AsyncIterator[Fleet]:
    """A server, a simulator and so many processes, not started yet; all are ended afterwards."""
    simulator = SimulatorProcess(
        data=folder / "simulator", start_at=START.isoformat(), arguments=["--pause-scale", "0.05"]
    )
    await asyncio.to_thread(simulator.start)
    crowd = Crowd(simulator.url, simulator.key)
    try:
        with server(durable=True) as own:
            own.execute(f"CREATE DATABASE {DATABASE}")
            members = [_member(folder / str(n), simulator, own, per_second) for n in range(processes)]
            fleet = Fleet(Stage(simulator, members[0], crowd), members, own)
            try:
                yield fleet
            finally:
                await asyncio.gather(*(asyncio.to_thread(member.end) for member in members))
    finally:
        await crowd.close()
        await asyncio.to_thread(simulator.stop)


def _member(folder: Path, simulator: SimulatorProcess, own: PostgresServer, per_second: int) -> Member:
    folder.mkdir()
    return Member(
        folder,
        simulator.url,
        simulator.token,
        f"{simulator.url}/sim/clock",
        per_second=per_second,
        settings={"database": {"url": own.url(DATABASE)}},
        server=own,
    )
