"""S1–S3, S6, S7, S9: a locked, full, damaged or doubly used store, and kills in the middle of its care."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.chaos import bursts, care, full_disk, locks
from bench.machine import Figures, Run, say

SMALL = ("S1", "S2", "S3", "S7")  # the others start many processes


def options(parser: argparse.ArgumentParser) -> None:
    """--only: some of the series."""
    parser.add_argument("--only", help="for example S3,S7")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """One object of figures a series."""
    small = run_.small
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        series: dict[str, Callable[[], Coroutine[Any, Any, Figures]]] = {
            "S1": lambda: locks.held(folder / "s1", (1,) if small else (1, 5, 30)),
            "S2": lambda: bursts.checkins(folder, *((200, 1) if small else (2_000, 10))),
            "S3": lambda: full_disk.everything(folder, small=small),
            "S6": lambda: care.killed(run_, folder / "s6", 1 if small else 20),
            "S7": lambda: care.damaged(folder / "s7", small=small),
            "S9": lambda: care.two_copies(folder / "s9", 1 if small else 20),
        }
        figures: Figures = {}
        wanted = given.only.split(",") if given.only else SMALL if small else tuple(series)
        for name_ in wanted:
            figures[name_] = asyncio.run(series[name_]())
            say(f"{name_}: {figures[name_]}, {run_.seconds} s")
    return {**figures, "passed": all(one["passed"] for one in figures.values())}
