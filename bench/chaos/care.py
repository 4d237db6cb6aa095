"""S6, S7, S9: kills while the database is migrated, copied or packed; damage; two copies at once."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.machine import Figures, Run, say
from bench.processes import ROOT, START, Bot, stage
from bench.seeding import fill
from bot import desk
from db import migrate

REFUSED = 2
ALLOWED_REFUSAL = 2.0  # seconds beyond what the interpreter needs to start


def _bot(folder: Path) -> Bot:
    """A bot whose platform is nobody: for commands that need none."""
    folder.mkdir(parents=True, exist_ok=True)
    return Bot(folder, "http://127.0.0.1:9", "7000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-1", "")


def _command(bot: Bot, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", *words, "--config", str(bot.write_config())]
    environ = {**bot.environment, "MUNGBA_TELEGRAM_TOKEN": bot.token, "PATH": "/usr/bin:/bin"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True)


async def _filled(folder: Path, members: int = 300) -> Bot:
    bot = _bot(folder)
    async with desk.desk(bot.load(), START) as at:
        await at.store.write(fill, at.settings, at.now, branches=3, members=members)
    return bot


async def killed(run: Run, folder: Path, rounds: int) -> Figures:
    """S6."""
    filled = await _filled(folder / "filled")
    kinds: dict[str, Callable[[Path, float, Bot], list[str]]] = {
        "migration": _migration,
        "backup": _backup,
        "vacuum": _vacuum,
    }
    wrong: list[str] = []
    for kind, work in kinds.items():
        whole = _time_of(kind, work, folder, filled)
        for number in range(rounds):
            moment = run.chance.uniform(0.3, 1.05) * whole
            faults = await asyncio.to_thread(work, folder / f"{kind}-{number}", moment, filled)
            wrong += [f"{kind} killed after {moment:.2f} s: {fault}" for fault in faults]
    for fault in wrong:
        say(f"S6: {fault}")
    return {"kills": rounds * len(kinds), "faults": len(wrong), "passed": not wrong}


def _time_of(kind: str, work: Callable[[Path, float, Bot], list[str]], folder: Path, filled: Bot) -> float:
    began = time.monotonic()
    work(folder / f"{kind}-whole", 60, filled)
    return time.monotonic() - began


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def _migration(folder: Path, moment: float, _filled: Bot) -> list[str]:
    """Old or new schema, never between; the next try completes it."""
    bot = _bot(folder)
    _kill_after(_command(bot, "db", "upgrade"), moment)
    if bot.database.exists():
        with closing(sqlite3.connect(bot.database)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            versions = [v for (v,) in db.execute("SELECT version_num FROM alembic_version")] if tables else []
        between = bool(tables - {"alembic_version"}) and not versions
        if between:
            return [f"left between: {len(tables)} tables, no version"]
    again = _command(bot, "db", "upgrade")
    _, errors = again.communicate()
    with closing(sqlite3.connect(bot.database)) as db:
        version = db.execute("SELECT version_num FROM alembic_version").fetchone()
    good = again.returncode == 0 and version == (migrate.newest(),)
    return [] if good else [f"not completed: {version}, {errors[-300:]}"]


def _copy(filled: Bot, folder: Path) -> Bot:
    shutil.copytree(filled.folder, folder)
    return _bot(folder)


def _backup(folder: Path, moment: float, filled: Bot) -> list[str]:
    """Valid or absent, and the original untouched."""
    bot = _copy(filled, folder)
    target = folder / "copies" / "kept.db"
    target.parent.mkdir()
    _kill_after(_command(bot, "backup", str(target)), moment)
    faults = []
    for path in [p for p in target.parent.rglob("*") if p.is_file() and not _is_unfinished(p)]:
        if path.suffix == ".db" and not _is_whole(path):
            faults.append(f"a backup that is not whole: {path.name}")
    return faults if _is_whole(bot.database) else [*faults, "the original is damaged"]


def _is_unfinished(path: Path) -> bool:
    """Named so that nobody takes it for a backup."""
    return any(part.endswith((".part", ".tmp", "-journal", "-wal")) for part in path.parts[-2:])


def _is_whole(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            return bool(db.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def _vacuum(folder: Path, moment: float, filled: Bot) -> list[str]:
    bot = _copy(filled, folder)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM')"
    _kill_after(subprocess.Popen([sys.executable, "-c", code, str(bot.database)], text=True), moment)
    return [] if _is_whole(bot.database) else ["the database is damaged"]


async def damaged(folder: Path, *, small: bool) -> Figures:
    """S7: each kind of damage is refused at start in one plain sentence, and nothing is changed."""
    filled = await _filled(folder / "filled")
    chance = random.Random(7)
    kinds: dict[str, Callable[[Path], None]] = {
        "newer schema": _newer,
        "first page overwritten": lambda path: _overwrite(path, 0, b"nothing of ours" * 300),
        "page in the middle overwritten": lambda path: _overwrite(path, 4096 * 12, chance.randbytes(4096)),
        "cut in half": _cut,
        "another program's file": lambda path: _replace(path, b"%PDF-1.7 " * 4000),
    }
    wrong, refused = [], 0
    for name, damage in list(kinds.items())[: 1 if small else None]:
        bot = _copy(filled, folder / name.replace(" ", "-").replace("'", ""))
        damage(bot.database)
        before = bot.database.read_bytes()
        process = _command(bot, "run")
        output, errors = await asyncio.to_thread(process.communicate)
        lines = [line for line in errors.splitlines() if line.startswith("mungba:")]
        good = process.returncode == REFUSED and len(lines) == 1 and "Traceback" not in errors
        refused += good
        if not good:
            wrong.append(f"{name}: exit {process.returncode}, {errors[-400:]}{output[-100:]}")
        elif bot.database.read_bytes() != before:
            wrong.append(f"{name}: changed silently")
    for fault in wrong:
        say(f"S7: {fault}")
    return {
        "damages": 2 if small else len(kinds),
        "refused": refused,
        "wrong": len(wrong),
        "passed": not wrong,
    }


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
        db.commit()


def _overwrite(path: Path, place: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _replace(path: Path, data: bytes) -> None:
    path.write_bytes(data)


async def two_copies(folder: Path, rounds: int) -> Figures:
    """S9: one of two runs; the other refuses, naming it."""
    folder.mkdir(parents=True)
    wrong, slowest = [], 0.0
    async with stage(folder) as at:
        await at.prepare(lambda session, settings, now: fill(session, settings, now, branches=1, members=1))
        await at.start()
        bare = _bare_start()
        for number in range(rounds):
            process = at.bot.process
            assert process is not None
            began = time.monotonic()
            second = _command(at.bot, "run")
            _, errors = await asyncio.to_thread(second.communicate)
            slowest = max(slowest, time.monotonic() - began - bare)
            if second.returncode != REFUSED or str(process.pid) not in errors or "Traceback" in errors:
                wrong.append(f"round {number}: exit {second.returncode}, {errors[-300:]}")
            if number % 5 == 4:
                await at.kill()
                await at.start()
    for fault in wrong:
        say(f"S9: {fault}")
    figures = {"rounds": rounds, "wrong": len(wrong), "refused_seconds_max": round(max(slowest, 0), 2)}
    return {
        **figures,
        "bare_start_seconds": round(bare, 2),
        "passed": not wrong and slowest <= ALLOWED_REFUSAL,
    }


def _bare_start() -> float:
    """How long this machine needs now to start the program and have it say nothing."""
    times = []
    for _ in range(2):
        began = time.monotonic()
        code = "import bot.process, bot.compose"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return max(times)
