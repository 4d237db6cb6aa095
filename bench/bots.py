"""`python -m bench.bots`: hundreds of bots in one installation, under processes that come, die and return.

Each bot has a person of its own who writes to it; between two rounds a process is started, killed and started
again. Every round is answered whole: nobody is passed over. Nobody hears anything twice, unless their process
was killed before it was stored that they had been answered.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.load.platform import Json, LoadBot, Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.postgres import PostgresServer, server
from bench.processes import Bot
from bench.sides import token_of
from db.claims import ACCOUNTS

DATABASE = "bots"
FIRST_PERSON = 5_000_000_001
PATIENCE = 120.0
TAKE_OVER_SECONDS = 10.0  # until every bot of a process that died is answered by another
HELD = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
    f" AND classid = {ACCOUNTS} GROUP BY pid ORDER BY 1"
)


@dataclass
class Round:
    """What one message to each bot led to. `taken`: seconds until its answer."""

    began: float
    taken: dict[int, float] = field(default_factory=dict)


class People:
    """One person for each bot."""

    def __init__(self, bots: list[LoadBot]) -> None:
        self._bots = dict(enumerate(bots, FIRST_PERSON))
        self._asked = 0
        self._answers: Counter[int] = Counter()
        self._round = Round(0.0)
        for bot in bots:
            bot.heard = self._heard

    async def write_to_all(self) -> Round:
        """Everybody writes at once; returns when each was answered, or patience is at its end."""
        self._asked += 1
        self._round = Round(time.perf_counter())
        for person, bot in self._bots.items():
            chat = {"id": person, "type": "private", "first_name": "Người"}
            author = {"id": person, "is_bot": False, "first_name": "Người", "language_code": "vi"}
            bot.update(
                "message",
                {
                    "message_id": self._asked,
                    "date": int(time.time()),
                    "chat": chat,
                    "from": author,
                    "text": "menu",
                },
            )
        while len(self._round.taken) < len(self._bots) and self._passed() < PATIENCE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return self._round

    def not_once(self) -> tuple[int, int]:
        """(people passed over, people who heard something twice), of all rounds."""
        counts = [self._answers[person] for person in self._bots]
        return sum(count < self._asked for count in counts), sum(count > self._asked for count in counts)

    def _heard(self, method: str, parameters: Json) -> None:
        if method == "sendMessage":
            person = int(parameters["chat_id"])
            self._answers[person] += 1
            self._round.taken.setdefault(person, self._passed())

    def _passed(self) -> float:
        return time.perf_counter() - self._round.began


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.bots", description=__doc__)
    add_common(parser)
    parser.add_argument("--bots", type=int, default=300)
    given = parser.parse_args(arguments)
    run = run_of("bots", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, 6 if run.small else given.bots, Path(folder))))


async def _measured(run: Run, count: int, folder: Path) -> Figures:
    async with AsyncExitStack() as kept:
        platform = Platform()
        await platform.open()
        kept.push_async_callback(platform.close)
        postgres = kept.enter_context(server(durable=True))
        postgres.execute(f"CREATE DATABASE {DATABASE}")
        people = People([platform.add(token_of(number)) for number in range(1, count + 1)])
        one, other = (_process(folder / name, platform, postgres, count) for name in ("one", "other"))
        for process in (one, other):
            kept.push_async_callback(asyncio.to_thread, process.end)
        return await _told(run, people, one, other, postgres, count)


async def _told(
    run: Run, people: People, one: Bot, other: Bot, postgres: PostgresServer, count: int
) -> Figures:
    began = time.perf_counter()
    await asyncio.to_thread(one.start)
    ready = time.perf_counter() - began
    rounds = {"alone": await people.write_to_all()}
    say(f"one process has {count} bots after {ready:.1f} s, {run.seconds} s")
    await asyncio.to_thread(other.start)
    rounds["while_sharing"] = await people.write_to_all()
    shared = await _until_shared(postgres, count)
    rounds["shared"] = await people.write_to_all()
    say(f"two processes share them after {shared:.1f} s, {run.seconds} s")
    unprovoked = sum(people.not_once())
    one.kill()
    rounds["after_a_kill"] = await people.write_to_all()
    say(f"one was killed: all answered after {max(rounds['after_a_kill'].taken.values()):.1f} s")
    await asyncio.to_thread(one.start)
    rounds["back"] = await people.write_to_all()
    shared_again = await _until_shared(postgres, count)
    passed_over, twice = people.not_once()
    slowest = {name: round(max(one.taken.values()), 2) for name, one in rounds.items()}
    return {
        "bots": count,
        "ready_seconds": round(ready, 1),
        "seconds_until_all_were_answered": slowest,
        "shared_after_seconds": [round(shared, 1), round(shared_again, 1)],
        "passed_over": passed_over,
        "heard_twice_after_the_kill": twice,
        "unprovoked": unprovoked,
        "tracebacks": one.log.count("Traceback") + other.log.count("Traceback"),
        "passed": not passed_over
        and not unprovoked
        and slowest["after_a_kill"] <= TAKE_OVER_SECONDS
        and max(shared, shared_again) < PATIENCE,
    }


async def _until_shared(postgres: PostgresServer, count: int) -> float:
    """Seconds until each of two processes holds half of the bots."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE:
        with postgres.connect(DATABASE) as connection:
            held = [row[0] for row in connection.execute(HELD).fetchall()]
        if held == [count // 2, count - count // 2]:
            break
        await asyncio.sleep(0.1)
    return time.perf_counter() - began


def _process(folder: Path, platform: Platform, postgres: PostgresServer, count: int) -> Bot:
    folder.mkdir()
    numbers = range(1, count + 1)
    accounts = [{"name": f"telegram-{n}", "api_base": platform.url, "mode": "polling"} for n in numbers]
    return Bot(
        folder,
        platform.url,
        "",
        clock="",
        settings={"database": {"url": postgres.url(DATABASE)}, "channels": accounts},
        environment={f"MUNGBA_TELEGRAM_{n}_TOKEN": token_of(n) for n in numbers},
    )


if __name__ == "__main__":
    sys.exit(main())
