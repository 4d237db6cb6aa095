"""R1–R5 and R7: every due moment has exactly one run inside its window, whatever the clock does."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.chaos import calendars, rivals, sent_moved
from bench.chaos.branches import House, Run, house, local
from bench.machine import Figures, say
from bench.machine import Run as BenchRun

MEETING = date(2026, 12, 3)
STARTS = local(MEETING, 19, 30)
DUE = {
    "d-7": local(date(2026, 11, 26)),
    "d-3": local(date(2026, 11, 30)),
    "d-1": local(date(2026, 12, 2)),
    "d-0": local(MEETING),
}
DOWN = {"1 s": 1, "1 min": 60, "10 min": 600, "1 h": 3_600, "past the event": 9 * 86_400}
ON_TIME = timedelta(seconds=60)
GRACE = timedelta(hours=6)


def options(parser: argparse.ArgumentParser) -> None:
    """--rules: how many random rules (R5)."""
    parser.add_argument("--rules", type=int, default=10_000)


def run(run_: BenchRun, given: argparse.Namespace) -> Figures:
    """One object of figures a series."""
    small = run_.small
    logging.getLogger("scheduler").setLevel(logging.ERROR)  # a skipped row is noted with a warning
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        series: dict[str, Callable[[], Coroutine[Any, Any, Figures]]] = {
            "R1": lambda: _downtimes(folder),
            "R2": lambda: rivals.race(folder, *((10, (2,), 300, 1) if small else (500, (2, 5), 20, 2))),
            "R3": lambda: _jumps(run_, folder, 2 if small else 60),
            "R4": lambda: calendars.zones(years=1 if small else 5),
            "R5": lambda: calendars.rules(run_.chance, 300 if small else given.rules),
            "R7": lambda: sent_moved.edges(run_, folder, 2 if small else 40),
        }
        figures: Figures = {}
        for name_, work in series.items():
            figures[name_] = asyncio.run(work())
            say(f"{name_}: {figures[name_]}, {run_.seconds} s")
    return {**figures, "passed": all(one["passed"] for one in figures.values())}


async def _downtimes(folder: Path) -> Figures:
    """R1: each step with the process down across its moment."""
    wrong: list[str] = []
    for step, due in DUE.items():
        for name, down in DOWN.items():
            async with house(folder / f"r1-{step}-{down}.db") as at:
                for earlier in DUE.values():
                    if earlier < due:
                        await at.look(earlier)
                await at.look(due - timedelta(seconds=1))
                back = due + timedelta(seconds=down)
                for moment in (back, back + timedelta(seconds=2), back + timedelta(hours=1)):
                    await at.look(moment)
                wrong += [f"{step} down {name}: {fault}" for fault in _judge(at, step, due, back)]
    for fault in wrong:
        say(fault)
    return {"scenarios": len(DUE) * len(DOWN), "faults": len(wrong), "passed": not wrong}


def _judge(at: House, step: str, due: datetime, back: datetime) -> list[str]:
    """The written rule, worked out anew: once and on time, once and marked late, or skipped with a note."""
    meeting = min(int(row[0]) for row in at.rows("SELECT id FROM meeting ORDER BY starts_at LIMIT 1"))
    runs = [run for run in at.runs if run.meeting == meeting and run.step == step]
    wanted = 0 if back >= STARTS or back > _latest(due) else 1
    faults = [] if len(runs) == wanted else [f"{len(runs)} runs instead of {wanted}"]
    messages = at.messages(meeting)
    for phone in at.phones:
        if messages.get((phone.member, step), 0) != wanted:
            faults.append(f"member {phone.member} got {messages.get((phone.member, step), 0)}")
    if wanted and runs and (runs[0].note == "late") != (back - due > ON_TIME):
        faults.append(f"marked {runs[0].note!r} {back - due} after its moment")
    if not wanted:
        query = f"SELECT state, note FROM reminder WHERE meeting_id = {meeting} AND kind = '{step}'"
        faults += [f"left as {row}" for row in at.rows(query) if row[0] != "skipped" or not row[1]]
    return faults


def _latest(due: datetime) -> datetime:
    """Until six hours before the meeting; what is due later than that, half of the time it has left."""
    return max(STARTS - GRACE, due + (STARTS - due) / 2)


async def _jumps(run_: BenchRun, folder: Path, rounds: int) -> Figures:
    """R3: the clock is set forward and back at random while the reminders fall due."""
    jumps = (-3_600, -300, 300, 86_400, -86_400, 2, 2, 2, 1, 60)
    double = missing = runs = 0
    for number in range(rounds):
        async with house(folder / f"r3-{number}.db") as at:
            now = DUE["d-7"] - timedelta(minutes=run_.chance.randrange(1, 200))
            for _ in range(60):
                now += timedelta(seconds=run_.chance.choice(jumps) + run_.chance.random())
                await at.look(now)
            for due in DUE.values():  # then life goes on as it should
                for moment in (due, due + timedelta(seconds=2)):
                    await at.look(max(moment, now))
            await at.look(now + timedelta(days=3_650))
            await at.look(DUE["d-0"])
            await at.look(STARTS + timedelta(days=3_650))
            double += _doubles(at)
            runs += len(at.runs)
            missing += _never_judged(at)
    figures = {"rounds": rounds, "runs": runs, "doubles": double, "left_undecided": missing}
    return {**figures, "passed": not double and not missing and runs > 0}


def _doubles(at: House) -> int:
    counts: Counter[tuple[int, str]] = Counter(_what(run) for run in at.runs)
    return sum(number - 1 for number in counts.values())


def _what(run: Run) -> tuple[int, str]:
    return run.meeting, run.step


def _never_judged(at: House) -> int:
    """Rows of meetings long past that were neither sent nor skipped with a reason."""
    query = (
        "SELECT count(*) FROM reminder WHERE expires_at < '2030' AND kind LIKE 'd-%'"
        " AND (state = 'due' OR (state = 'skipped' AND note IS NULL))"
    )
    return int(at.rows(query)[0][0])
