"""Full calendars: looked at once on each local day, by one process, some branches in a transaction."""

from __future__ import annotations

from datetime import date, datetime

from db.installation import fact, remember
from meetings.planning import fill, lacking
from meetings.timetable import Timetable
from meetings.unconfirmed import nudge, unconfirmed
from scheduler.chores import Chore, H, HasStore

KEPT = "calendars full"  # the fact that says of which day, and for how many months
FILLED, NUDGED = 20, 100  # branches, meetings in one transaction: answers pass between


def calendars(times: Timetable) -> Chore[H]:
    """The chore."""
    return Chore("calendars", CalendarKeeper(times).run)


class CalendarKeeper:
    """Keeps every calendar full, and secretaries aware of dates that nobody has decided."""

    def __init__(self, times: Timetable) -> None:
        self._times = times
        self._kept: date | None = None

    async def run(self, home: HasStore, now: datetime) -> None:
        """Harmless when repeated; who dies halfway is followed by another, who does what is left."""
        times, today = self._times, self._times.local_day(now)
        if self._kept == today:
            return
        mark = f"{today} {times.months}"
        if await home.store.read(fact, KEPT) != mark:
            branches = await home.store.read(lacking, now, times)
            for first in range(0, len(branches), FILLED):
                await home.store.write(fill, branches[first : first + FILLED], now, times)
            meetings = await home.store.read(unconfirmed, now)
            for first in range(0, len(meetings), NUDGED):
                await home.store.write(nudge, meetings[first : first + NUDGED], now, times)
            await home.store.write(remember, KEPT, mark)
        self._kept = today
