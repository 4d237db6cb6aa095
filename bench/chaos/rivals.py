"""R2: several processes wake on one database; each due moment is run once."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.chaos.branches import House, house, local
from bench.chaos.rival import SPAN
from bench.machine import Figures
from bench.processes import ROOT
from meetings.tables import Reminder

WINDOWS = ((date(2026, 11, 30), "d-3"), (date(2026, 12, 2), "d-1"))
ALLOWED = 5  # virtual seconds late (P6), plus one real second for the machine


async def race(folder: Path, branches: int, counts: tuple[int, ...], faster: int, steps: int) -> Figures:
    """`steps` of so many meetings, run by each of these numbers of processes.

    `faster`: virtual seconds in a real one.
    """
    figures: Figures = {"due_moments": steps * branches, "virtual_minutes": steps * SPAN // 60}
    good = True
    for count in counts:
        async with house(folder / f"r2-{count}.db", branches, branches) as at:
            await at.look(local(date(2026, 11, 26)))
            found = [await _window(at, count, day, step, faster) for day, step in WINDOWS[:steps]]
        double, missing = sum(one[0] for one in found), sum(one[1] for one in found)
        latest, early = max(one[2] for one in found), min(one[3] for one in found)
        figures[f"{count}_processes"] = {
            "doubles": double,
            "missing": missing,
            "latest_virtual_seconds": round(latest, 1),
        }
        good &= not double and not missing and early >= 0 and latest <= ALLOWED + faster
    return {**figures, "passed": good}


async def _window(at: House, count: int, day: date, step: str, faster: int) -> tuple[int, int, float, float]:
    base = local(day)
    due = await at.store.write(_spread, base, step)
    script = [sys.executable, "-m", "bench.chaos.rival", str(at.path), base.isoformat(), str(faster)]
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(*script, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(count)
    ]
    for process in processes:
        if process.stdout is not None:
            await process.stdout.readline()
    start = f"{time.time() + 0.2}\n".encode()
    outputs = await asyncio.gather(*(process.communicate(start) for process in processes))
    runs = [(meeting, second) for output, _ in outputs for meeting, second in json.loads(output)]
    counts = Counter(meeting for meeting, _ in runs)
    lateness = [second - due[meeting] for meeting, second in runs if meeting in due]
    double = sum(number - 1 for number in counts.values())
    return double, len(set(due) - set(counts)), max(lateness, default=0), min(lateness, default=0)


def _spread(session: Session, base: datetime, step: str) -> dict[int, float]:
    """Give each meeting's step a moment of its own; meeting → seconds after `base`."""
    day = base - timedelta(hours=12), base + timedelta(hours=12)
    rows = session.scalars(
        select(Reminder).where(Reminder.kind == step, Reminder.due_at.between(*day)).order_by(Reminder.id)
    ).all()
    found = {}
    for number, row in enumerate(rows):
        second = number * SPAN / len(rows)
        row.due_at = base + timedelta(seconds=second)
        found[row.meeting_id or 0] = second
    return found
