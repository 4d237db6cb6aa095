"""One process of R2. It loads no more than it needs, as it is started many times."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import bot.tables  # noqa: F401 (all tables)
from db.sqlite import SqliteStore
from meetings.timetable import Timetable
from scheduler.reminders import due_meetings, remind_of

SPAN = 600  # virtual seconds over which the moments are spread
WAKING = 2  # virtual seconds
TIMES = Timetable(months=1)


async def work(path: Path, base: datetime, faster: int) -> list[tuple[int, float]]:
    """Wake every two virtual seconds, note which meetings this process ran."""
    store = SqliteStore(path)
    await store.read(due_meetings, base)
    print("ready", flush=True)
    start, done = float(sys.stdin.readline()), []
    while (second := (time.time() - start) * faster) < SPAN + faster:
        now = base + timedelta(seconds=max(second, 0))
        for meetings in await store.read(due_meetings, now) if second >= 0 else []:
            reminded = await store.write(remind_of, meetings, now, TIMES)
            done += [(one.meeting, second) for one in reminded if one.sent]
        await asyncio.sleep(WAKING / faster)
    await store.close()
    return done


if __name__ == "__main__":
    _path, _base, _faster = sys.argv[1:]
    print(json.dumps(asyncio.run(work(Path(_path), datetime.fromisoformat(_base), int(_faster)))))
