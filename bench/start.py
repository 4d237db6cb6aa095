"""`python -m bench.start`: how long from the command to ready, and what stays in memory, ours and the peers'.

Starts take turns, each process alone; figures are medians. Our first start, which makes the database, is not
among them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from bench.load.platform import Platform
from bench.machine import Figures, Run, add_common, run_of, say
from bench.processes import ROOT, Bot
from bench.sides import ended, started, token_of
from simulator.ports import free_port

PAGE = os.sysconf("SC_PAGE_SIZE")
IMPORTS = {"ours": "bot.process", "ptb": "telegram.ext", "aiogram": "aiogram"}
ECHOES = {"ptb_echo": "bench.peers.ptb_echo", "aiogram_echo": "bench.peers.aiogram_echo"}
Start = Callable[[], "subprocess.Popen[str]"]


def main(arguments: list[str] | None = None) -> int:
    """The exit code; the last line is JSON."""
    parser = argparse.ArgumentParser("python -m bench.start", description=__doc__)
    add_common(parser)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args(arguments)
    run = run_of("start", given)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run.end(asyncio.run(_measured(run, 1 if run.small else given.times, Path(folder))))


async def _measured(run: Run, times: int, folder: Path) -> Figures:
    async with AsyncExitStack() as kept:
        platform = Platform()
        await platform.open()
        kept.push_async_callback(platform.close)
        starts = _starts(platform, folder, small=run.small)
        seconds: dict[str, list[float]] = {name: [] for name in starts}
        memory: dict[str, list[float]] = {name: [] for name in starts}
        await _one(starts["run"])
        for _ in range(times):
            for name in run.chance.sample(sorted(starts), len(starts)):
                took, held = await _one(starts[name])
                seconds[name].append(took)
                memory[name].append(held)
                say(f"{name}: {took:.2f} s, {held:.0f} MB")
        imports = {name: await _import_seconds(module, times) for name, module in _modules(run).items()}
    ready = {name: round(statistics.median(some), 2) for name, some in seconds.items()}
    resident = {name: round(statistics.median(some), 1) for name, some in memory.items()}
    return {
        "start_ratio_to_ptb_echo": round(ready["run"] / ready["ptb_echo"], 2),
        "rss_run_mb": resident["run"],
        "ready_seconds": ready,
        "import_seconds": imports,
        "rss_mb": resident,
        "passed": True,
    }


def _modules(run: Run) -> dict[str, str]:
    return {name: module for name, module in IMPORTS.items() if name != "aiogram" or not run.small}


def _starts(platform: Platform, folder: Path, *, small: bool) -> dict[str, Start]:
    """How each is started; in the small form without the slow ones."""
    echoes = [name for name in ECHOES if name != "aiogram_echo" or not small]
    made: dict[str, Start] = {"run": partial(_run, _ours(platform, folder))}
    for number, name in enumerate(echoes, start=2):
        platform.add(token_of(number))
        environment = {"API_BASE": platform.url, "TOKEN": token_of(number)}
        made[name] = partial(started, [sys.executable, "-m", ECHOES[name]], environment)
    if not small:
        command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--data", str(folder / "demo")]
        made["demo"] = lambda: started(
            [*command, "--port", str(free_port(2))], {"PYTHONUNBUFFERED": "1"}, "http"
        )
    return made


def _ours(platform: Platform, folder: Path) -> Bot:
    (folder / "ours").mkdir()
    platform.add(token_of(1))
    return Bot(folder / "ours", platform.url, token_of(1), clock="")


def _run(bot: Bot) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", "run", "--config", str(bot.write_config())]
    return started(command, {"PYTHONUNBUFFERED": "1", "MUNGBA_TELEGRAM_TOKEN": bot.token})


async def _one(start: Start) -> tuple[float, float]:
    """(seconds to ready, megabytes of it and its children)."""
    began = time.perf_counter()
    process = await asyncio.to_thread(start)
    took = time.perf_counter() - began
    held = sum(_resident(pid) for pid in _family(process.pid))
    await asyncio.to_thread(ended, process)
    return took, held / 1e6


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE


async def _import_seconds(module: str, times: int) -> float:
    """Seconds of an interpreter that does nothing but import it."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", f"import {module}", cwd=ROOT)
        await process.wait()
        found.append(time.perf_counter() - began)
    return round(statistics.median(found), 2)


if __name__ == "__main__":
    sys.exit(main())
