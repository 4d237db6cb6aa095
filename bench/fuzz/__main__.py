"""`python -m bench.fuzz --updates 100000`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.fuzz import door, inside
from bench.machine import Figures, Run, add_common, run_of


def main(arguments: list[str] | None = None) -> int:
    """Inside first, then the door; the exit code."""
    parser = argparse.ArgumentParser("python -m bench.fuzz", description=__doc__)
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=10_000)
    add_common(parser)
    given = parser.parse_args(arguments)
    run = run_of("fuzz", given)
    return run.end(asyncio.run(_both(run, given)))


async def _both(run: Run, given: argparse.Namespace) -> Figures:
    updates, requests = (300, 100) if run.small else (given.updates, given.requests)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        (Path(folder) / "door").mkdir()
        within = await inside.fuzz(run, Path(folder), updates)
        outside = await door.fuzz(run, Path(folder) / "door", requests)
    return {
        **within,
        "unhandled": within["unhandled"] + outside["unhandled"],
        "door": outside,
        "passed": within["passed"] and outside["passed"],
    }


if __name__ == "__main__":
    sys.exit(main())
