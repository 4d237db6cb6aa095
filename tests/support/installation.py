"""The real bot as a process, talking over HTTP to the simulator as a process."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bench import warm
from bot import desk
from bot.demo import sample
from bot.settings import Database, load
from db.places import place_of
from simulator.client import SimClient
from simulator.ports import free_port
from simulator.process import SimulatorProcess

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
READY_SECONDS = 120
ZALO_BOT_TOKEN = "8000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-8"


@dataclass
class BotProcess:
    """`python -m bot run` with a configuration of its own in `folder`."""

    folder: Path
    simulator: SimulatorProcess
    mode: str = "polling"
    settings: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    watched: int = field(default_factory=free_port)  # port of the figures
    process: warm.Forked | None = None
    faults: str = ""  # see bot.faults
    kind: str = "telegram"

    @property
    def config(self) -> Path:
        """The configuration file, written when first asked for."""
        path = self.folder / "config.yaml"
        if not path.exists():
            base = f"http://127.0.0.1:{self.port}"
            door = "/zalo-bot" if self.kind == "zalo_bot" else ""
            channel = {"name": self.kind, "kind": self.kind, "api_base": f"{self.simulator.url}{door}"}
            channel["mode"] = self.mode
            plain = {
                "organisation": {"name": "Đảng bộ Trường Chính trị tỉnh (mẫu)"},
                "channels": [channel],
                "database": {"url": f"sqlite:///{self.folder / 'mungba.db'}"},
                "web": {"port": self.port, "public_url": base, "metrics": f"127.0.0.1:{self.watched}"},
                "clock": {"follow": f"{self.simulator.url}/sim/clock"},
                **self.settings,
            }
            path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")
        return path

    @property
    def environment(self) -> dict[str, str]:
        """The environment with the token of the simulator's bot."""
        own = {f"MUNGBA_{self.kind.upper()}_TOKEN": self.token, "MUNGBA_FAULTS": self.faults}
        return {**os.environ, **own, "PYTHONUNBUFFERED": "1"}

    @property
    def token(self) -> str:
        """The token of the simulator's bot."""
        return ZALO_BOT_TOKEN if self.kind == "zalo_bot" else self.simulator.token

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the bot to its end."""
        with (self.folder / "command.err").open("w+") as said:
            process = warm.start([*arguments, "--config", str(self.config)], self.environment, said)
            with process.stdout:
                answer = process.stdout.read()
            code = process.wait(60)
            said.seek(0)
            return subprocess.CompletedProcess(arguments, code, answer, said.read())

    def start(self) -> None:
        """Start and wait until it says it is ready."""
        with (self.folder / "bot.log").open("a") as log:
            self.process = warm.start(["run", "--config", str(self.config)], self.environment, log)
        watch = threading.Timer(READY_SECONDS, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if "ready" not in line:
            raise RuntimeError(f"the bot did not start:\n{self.log[-3000:]}")

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def wait_for_death(self) -> int:
        """Wait until it ends by itself; the exit code."""
        return self._end(None)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    @property
    def log(self) -> str:
        """Everything logged so far."""
        return (self.folder / "bot.log").read_text("utf-8")

    def _end(self, sign: signal.Signals | None) -> int:
        if self.process is None:
            return 0
        if sign is not None:
            self.process.send_signal(sign)
        code = self.process.wait(15)
        self.process.stdout.close()
        self.process = None
        return code


@dataclass
class Branches:
    """A running installation with the sample roster, and a hand on everybody's phone."""

    simulator: SimulatorProcess
    bot: BotProcess
    hand: SimClient
    people: Sequence[sample.SamplePerson]


_made: dict[str, tuple[Path, Sequence[sample.SamplePerson]]] = {}


async def sample_in(bot: BotProcess) -> Sequence[sample.SamplePerson]:
    """The sample roster in the bot's database: made once a test run, then copied."""
    settings = load(bot.config)
    target = place_of(settings.database.url).file
    assert target is not None
    name = settings.organisation.name
    if name not in _made:
        folder = Path(tempfile.mkdtemp(prefix="sample-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        apart = msgspec.structs.replace(settings, database=Database(url=f"sqlite:///{folder / 'sample.db'}"))
        async with desk.desk(apart, START) as at:
            _made[name] = (folder / "sample.db", await sample.fill(at))
    made, people = _made[name]
    shutil.copyfile(made, target)
    return people


@asynccontextmanager
async def branches_in(
    folder: Path, mode: str = "polling", kind: str = "telegram", **settings: Any
) -> AsyncIterator[Branches]:
    """Simulator, sample data and bot, ended in order."""
    simulator = SimulatorProcess(
        data=folder / "simulator",
        start_at=START.isoformat(),
        arguments=["--pause-scale", "0.05"],
        launch=warm.simulator,
    )
    if kind == "zalo_bot":
        simulator.bots, simulator.zalo_bots = [], [f"{ZALO_BOT_TOKEN}:bot_mung_ba:Bot Mùng Ba"]
    simulator.start()
    bot = BotProcess(folder, simulator, mode, settings, kind=kind)
    try:
        people = await sample_in(bot)
        async with SimClient(simulator.url, simulator.key) as hand:
            for person in people:
                await hand.add_person(person.name, id=person.id, role=person.role)
            await asyncio.to_thread(bot.start)
            yield Branches(simulator, bot, hand, people)
    finally:
        if bot.process is not None:
            await asyncio.to_thread(bot.stop)
        await asyncio.to_thread(simulator.stop)
