"""What every bench shares: the seed, the machine, progress on stderr, one JSON line on stdout."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


@dataclass
class Run:
    """One run of a bench. `figures` become the JSON line, `passed` among them."""

    name: str
    seed: int
    small: bool
    chance: random.Random = field(init=False)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        say(f"{self.name}: seed {self.seed}, {machine()}")

    @property
    def seconds(self) -> float:
        """Since the start."""
        return round(time.monotonic() - self.began, 1)

    def end(self, figures: Figures) -> int:
        """Print the one line; the exit code."""
        passed = bool(figures.pop("passed"))
        line = {"bench": self.name, **figures, "seconds": self.seconds, "seed": self.seed}
        print(json.dumps({**line, "machine": machine(), "passed": passed}, ensure_ascii=False), flush=True)
        return 0 if passed else 1


def machine() -> str:
    """Cores, Python, platform: figures mean little without them."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}, {system}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "processor unknown")


def say(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)


def add_common(parser: argparse.ArgumentParser) -> None:
    """--seed and --small."""
    parser.add_argument("--seed", type=int, default=None, help="repeat a run; else a fresh one is printed")
    parser.add_argument("--small", action="store_true", help="a form of at most 20 s")


def run_of(name: str, options: argparse.Namespace) -> Run:
    """The run that the options ask for."""
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    return Run(name, seed, options.small)
