"""`python -m bench.throughput`: durable answers a second, ours and the peers', in one run.

An answer is a tap that was checked, stored with a durable commit, shown by editing the message, and whose
callback was answered. Every side is a process of its own and is driven by one and the same load server, one
side at a time, in rounds that take turns; a rate is the median of its rounds, a side's rate that of its
better mode. The echo of a peer answers a text with a text and stores nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from bench.load.platform import Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.postgres import server
from bench.sides import MODES, Side, ours, peer

AT_ONCE = 64  # people who wait for an answer at any moment
WARM_UP = 0.25  # of a round, not counted
PEERS = ("ptb", "aiogram")
DATABASES = ("sqlite", "postgres")
ECHOES = ("ptb_echo", "aiogram_echo")
Rates = dict[str, float]


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.throughput", description=__doc__)
    add_common(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one round of one side")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"]
    )
    given = parser.parse_args(arguments)
    if given.small:
        given.rounds, given.seconds, given.modes, given.databases = 1, 1.0, ["polling"], ["sqlite"]
    run = run_of("throughput", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, given, Path(folder))))


async def _measured(run: Run, given: argparse.Namespace, folder: Path) -> Figures:
    async with AsyncExitStack() as kept:
        platform = Platform()
        await platform.open()
        kept.push_async_callback(platform.close)
        sides = await _sides(kept, platform, given, folder)
        cost, busy = await _rounds(run, sides, given)
        for side in sides:
            await _check(side)
        return _figures({side.key: statistics.median(side.rates) for side in sides}, cost, busy)


async def _sides(
    kept: AsyncExitStack, platform: Platform, given: argparse.Namespace, folder: Path
) -> list[Side]:
    people = int(300 * given.seconds * given.rounds) + AT_ONCE * (given.rounds + 1)
    urls = {}
    if "postgres" in given.databases:
        postgres = kept.enter_context(server(durable=True))
    made: list[Side] = []
    for mode in given.modes:
        for database in given.databases:
            for name in ("ours", *PEERS):
                key = f"{name}_{database}_{mode}"
                if database == "postgres":
                    postgres.execute(f"CREATE DATABASE {key}")
                    urls[key] = postgres.url(key)
                number = len(made) + 1
                if name == "ours":
                    url = urls.get(key, "")
                    side = ours(platform, folder / key, number, mode, database, people, url)
                else:
                    url = _peer_url(urls.get(key), folder / f"{key}.db")
                    side = peer(platform, name, number, mode, database, people, url)
                made.append(await kept.enter_async_context(side))
        for name in ECHOES if not given.small else ECHOES[1:]:
            side = peer(platform, name, len(made) + 1, mode, "", AT_ONCE * (given.rounds + 2), "")
            made.append(await kept.enter_async_context(side))
        say(f"{len(made)} processes are up")
    return made


def _peer_url(postgres: str | None, file: Path) -> str:
    if postgres is None:
        return f"sqlite+aiosqlite:///{file}"
    return postgres.replace("postgresql+psycopg://", "postgresql+asyncpg://")


async def _rounds(run: Run, sides: list[Side], given: argparse.Namespace) -> tuple[Rates, float]:
    """(microseconds of processor time an answer by side, the load server's greatest share of a core)."""
    spent: dict[str, list[float]] = {side.key: [] for side in sides}
    busiest = 0.0
    for number in range(given.rounds):
        for side in run.chance.sample(sides, len(sides)):
            began, used, load = time.perf_counter(), side.cpu(), time.process_time()
            heard = await side.crowd.flood(AT_ONCE, given.seconds)
            passed = time.perf_counter() - began
            busiest = max(busiest, (time.process_time() - load) / passed)
            counted = heard.within(began + WARM_UP * given.seconds, began + given.seconds)
            side.rates.append(counted / (given.seconds * (1 - WARM_UP)))
            side.heard += len(heard.moments)
            spent[side.key].append((side.cpu() - used) / max(len(heard.moments), 1) * 1e6)
            say(f"round {number + 1} {side.key}: {side.rates[-1]:.0f}/s, {spent[side.key][-1]:.0f} µs each")
    return {key: statistics.median(costs) for key, costs in spent.items()}, busiest


async def _check(side: Side) -> None:
    """What was said to be stored is stored, on every side."""
    if side.stored is None:
        return
    rows = await asyncio.to_thread(side.stored)
    if rows < side.heard:
        raise RuntimeError(f"{side.key} told of {side.heard} answers and holds {rows}")


def _figures(rates: Rates, cost: Rates, busy: float) -> Figures:
    best: Rates = {}
    for key, rate in rates.items():
        name = key.rpartition("_")[0]
        best[name] = max(best.get(name, 0.0), rate)
    ratios = {
        "ratio_sqlite_to_better_peer": _ratio(best, "ours_sqlite", "ptb_sqlite", "aiogram_sqlite"),
        "ratio_postgres_to_better_peer": _ratio(best, "ours_postgres", "ptb_postgres", "aiogram_postgres"),
        "ratio_sqlite_to_aiogram_echo": _ratio(best, "ours_sqlite", "aiogram_echo"),
    }
    return {
        **ratios,
        "answers_per_second": {name: round(rate, 1) for name, rate in sorted(best.items())},
        "by_mode": {name: round(rate, 1) for name, rate in sorted(rates.items())},
        "cpu_us_per_answer": {name: round(us) for name, us in sorted(cost.items())},
        "load_server_busy": round(busy, 2),
        "at_once": AT_ONCE,
        "load": "bench/load: one asyncio server for all sides, not the simulator",
        "passed": bool(best),
    }


def _ratio(best: Rates, mine: str, *others: str) -> float | None:
    theirs = max((best.get(other, 0.0) for other in others), default=0.0)
    return round(best[mine] / theirs, 2) if theirs and mine in best else None


if __name__ == "__main__":
    sys.exit(main())
