"""`python -m bench.latency`: from a tap to its stored answer, at 50 % and 80 % of our own maximum.

Taps come at their own moments, whatever became of those before (open loop), and each is counted from the
moment it was due. The peers are given the same rates, each in a process of its own that ends before the next
begins. Who falls two seconds behind cannot keep up: it is stopped there and reported as such, with the
percentiles of what it did answer until then.
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
from typing import Any

from bench.load.people import Heard
from bench.load.platform import Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.sides import MODES, Side, ours, peer
from bench.throughput import AT_ONCE, PEERS

SHARES = (0.5, 0.8)
CROWD = 512  # people between whom the taps go round
ANSWERS_EACH = 10  # of one person
FASTEST = 3000  # answers a second for which there are people enough
ROUNDS = 3
BEHIND_SECONDS = 2.0
WARM_UP_SECONDS = 2.0
KEPT_UP = 0.95  # of the taps, answered before the last one was due


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.latency", description=__doc__)
    add_common(parser)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each rate of each side")
    parser.add_argument("--mode", choices=MODES, default="webhook")
    given = parser.parse_args(arguments)
    if given.small:
        given.seconds = 2.0
    run = run_of("latency", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, given, Path(folder))))


async def _measured(run: Run, given: argparse.Namespace, folder: Path) -> Figures:
    async with AsyncExitStack() as kept:
        platform = Platform()
        await platform.open()
        kept.push_async_callback(platform.close)
        people = 4 * CROWD + int(FASTEST * (3 * given.seconds + WARM_UP_SECONDS) / ANSWERS_EACH)
        beside = ours(platform, folder / "ours", 1, given.mode, "sqlite", people)
        mine = await kept.enter_async_context(beside)
        maximum = await _maximum(mine, given.seconds)
        say(f"our maximum: {maximum:.0f} answers a second, {run.seconds} s")
        figures: Figures = {"maximum_per_second": round(maximum, 1), "mode": given.mode}
        left = 0
        for share in SHARES:
            name, rate = f"at_{share * 100:.0f}_percent", share * maximum
            found = {"ours": await _at(mine, rate, given.seconds)}
            for peer_name in PEERS[: 1 if run.small else None]:
                found[peer_name] = await _of_peer(platform, folder, peer_name, rate, given)
            figures[name] = {"per_second": round(rate, 1), **found}
            say(f"{name}: {figures[name]}, {run.seconds} s")
            left += found["ours"]["unanswered"]
        return {**figures, "seconds_each": given.seconds, "passed": maximum > 0 and not left}


async def _maximum(side: Side, seconds: float) -> float:
    """The median of a few floods."""
    await side.crowd.flood(AT_ONCE, WARM_UP_SECONDS)
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        heard = await side.crowd.flood(AT_ONCE, seconds / 2)
        rates.append(heard.within(began, began + seconds / 2) / (seconds / 2))
    return statistics.median(rates)


async def _of_peer(
    platform: Platform, folder: Path, name: str, rate: float, given: argparse.Namespace
) -> dict[str, Any]:
    """In a process and a database of its own, warmed up."""
    number = len(list(folder.iterdir())) + 1
    people = 4 * CROWD + int(rate * (given.seconds / ANSWERS_EACH + 2 * BEHIND_SECONDS))
    url = f"sqlite+aiosqlite:///{folder}/{number}.db"
    async with peer(platform, name, number, given.mode, "sqlite", people, url) as side:
        await side.crowd.flood(AT_ONCE, WARM_UP_SECONDS)
        return await _at(side, rate, given.seconds)


async def _at(side: Side, rate: float, seconds: float) -> dict[str, Any]:
    began = time.perf_counter()
    most_open = int(rate * BEHIND_SECONDS) + AT_ONCE
    heard = await side.crowd.flow(rate, seconds, min(CROWD, int(rate * seconds) + 1), most_open)
    acted = min(seconds, heard.lasted or seconds)  # after it the rest is answered at leisure
    in_time = heard.within(began, began + acted)
    kept_up = not heard.given_up and in_time >= KEPT_UP * heard.acts
    return {
        "kept_up": kept_up,
        "answered_per_second": round(in_time / acted, 1),
        **percentiles(heard),
        "taps": heard.acts,
        "unanswered": heard.acts - len(heard.taken),
    }


def percentiles(heard: Heard) -> dict[str, float | None]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(heard.taken)
    if not ordered:
        return {"p50_ms": None, "p95_ms": None, "p99_ms": None}
    places = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {
        name: round(ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000, 1)
        for name, part in places.items()
    }


if __name__ == "__main__":
    sys.exit(main())
