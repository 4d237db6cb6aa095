"""A1–A7 and A10: the platform misbehaves, during a broadcast or around it."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.chaos import refusals, storms
from bench.machine import Figures, Run, say

Work = Callable[[Path, bool], Coroutine[Any, Any, Figures]]
SERIES: dict[str, Work] = {
    "A1": storms.patience,
    "A2": storms.one_chat,
    "A3": storms.illness,
    "A4": storms.unclear,
    "A5": storms.bad_lines,
    "A6": refusals.gone,
    "A7": refusals.conflicts,
    "A10": storms.pace,
}
SMALL = ("A1", "A6")  # the others wait for real time-outs


def options(parser: argparse.ArgumentParser) -> None:
    """--only: some of the series."""
    parser.add_argument("--only", help="for example A1,A4")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """One object of figures a series."""
    wanted = given.only.split(",") if given.only else SMALL if run_.small else tuple(SERIES)
    figures: Figures = {}
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            figures[name] = asyncio.run(SERIES[name](Path(folder), run_.small))
        say(f"{name}: {figures[name]}, {run_.seconds} s")
    return {**figures, "passed": all(one["passed"] for one in figures.values())}
