"""A1–A7 and A10: the platform misbehaves, during a broadcast or around it; Telegram, or a Zalo bot."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.chaos import refusals, storms, zalo_storms
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
ON_ZALO: dict[str, Work] = {
    "A1": zalo_storms.patience,
    "quota": zalo_storms.used_up,
    "A3": zalo_storms.outage,
    "A4": zalo_storms.unclear,
    "A5": zalo_storms.bad_lines,
    "A6": zalo_storms.gone,
    "A7": zalo_storms.conflicts,
    "A10": zalo_storms.pace,
}
SMALL = {"telegram": ("A1", "A6"), "zalo_bot": ("A1", "quota")}  # the others wait for real time-outs


def options(parser: argparse.ArgumentParser) -> None:
    """--channel; --only: some of the series."""
    parser.add_argument("--channel", choices=list(SMALL), default="telegram")
    parser.add_argument("--only", help="for example A1,A4")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """One object of figures a series; on Zalo also why some of them do not exist there."""
    on_zalo = given.channel == "zalo_bot"
    series = ON_ZALO if on_zalo else SERIES
    wanted = given.only.split(",") if given.only else SMALL[given.channel] if run_.small else tuple(series)
    figures: Figures = {}
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            figures[name] = asyncio.run(series[name](Path(folder), run_.small))
        say(f"{name}: {figures[name]}, {run_.seconds} s")
    passed = all(one["passed"] for one in figures.values())
    apart: Figures = {"channel": given.channel, "not_applicable": zalo_storms.NOT_ON_ZALO} if on_zalo else {}
    return {**figures, **apart, "passed": passed}
