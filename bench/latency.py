"""`python -m bench.latency`: from a tap to its stored answer, at 50 % and 80 % of our own maximum.

Taps come at their own moments, whatever became of those before (open loop), and each is counted from the
moment it was due. The peers are given the same rates; what they do not answer in time is counted as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench.load.people import Heard
from bench.load.platform import Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.sides import Side, ours, peer
from bench.throughput import AT_ONCE, PEERS

SHARES = (0.5, 0.8)
CROWD = 512  # people between whom the taps go round


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.latency", description=__doc__)
    add_common(parser)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each rate of each side")
    parser.add_argument("--mode", choices=["polling", "webhook"], default="webhook")
    given = parser.parse_args(arguments)
    if given.small:
        given.seconds = 1.0
    run = run_of("latency", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, given, Path(folder))))


async def _measured(run: Run, given: argparse.Namespace, folder: Path) -> Figures:
    async with AsyncExitStack() as kept:
        platform = Platform()
        await platform.open()
        kept.push_async_callback(platform.close)
        people = int(300 * given.seconds * 3) + 3 * CROWD
        mine = await kept.enter_async_context(
            ours(platform, folder / "ours", 1, given.mode, "sqlite", people)
        )
        sides = [mine]
        for number, name in enumerate(() if run.small else PEERS, start=2):
            url = f"sqlite+aiosqlite:///{folder}/{name}.db"
            beside = peer(platform, name, number, given.mode, "sqlite", people, url)
            sides.append(await kept.enter_async_context(beside))
        maximum = await _maximum(mine, given.seconds)
        say(f"our maximum: {maximum:.0f} answers a second")
        rates = {f"at_{share:.0%}".rstrip("%"): share * maximum for share in SHARES}
        figures: Figures = {"maximum_per_second": round(maximum, 1), "mode": given.mode}
        for name, rate in rates.items():
            figures[name] = {side.name: await _at(side, rate, given.seconds) for side in sides}
            say(f"{name}: {figures[name]}")
        return {**figures, "passed": True}


async def _maximum(side: Side, seconds: float) -> float:
    await side.crowd.flood(AT_ONCE, seconds / 4)
    began = time.perf_counter()
    heard = await side.crowd.flood(AT_ONCE, seconds / 2)
    return max(heard.within(began, began + seconds / 2) / (seconds / 2), 1.0)


async def _at(side: Side, rate: float, seconds: float) -> dict[str, Any]:
    heard = await side.crowd.flow(rate, seconds, min(CROWD, int(rate * seconds) + 1))
    return {"per_second": round(rate, 1), **percentiles(heard), "unanswered": heard.acts - len(heard.taken)}


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
