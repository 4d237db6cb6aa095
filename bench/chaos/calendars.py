"""R4 and R5: wall clocks and rules, compared with references that walk minute by minute and day by day."""

from __future__ import annotations

import calendar
import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bench.machine import Figures, say
from meetings.calendar import MonthlyRule, instances, local_moment
from meetings.reminding import Hours, Quiet, plan

ZONES = ("Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
FIRST_YEAR = 2026
MINUTE = timedelta(minutes=1)


async def zones(years: int) -> Figures:
    """Every quarter of an hour of every night in which clocks change, and of an ordinary one."""
    checked, wrong = 0, []
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in _nights(zone, years):
            walls = _walls(day, zone)
            for quarter in range(96):
                at = time(quarter // 4, quarter % 4 * 15)
                checked += 1
                if local_moment(day, at, zone) != _reference(walls, day, at):
                    wrong.append(f"{name} {day} {at}")
            wrong += _planned_wrong(day, zone, walls)
    for fault in wrong[:5]:
        say(f"R4: {fault}")
    return {"moments": checked, "zones": len(ZONES), "wrong": len(wrong), "passed": not wrong}


def _nights(zone: ZoneInfo, years: int) -> list[date]:
    first = date(FIRST_YEAR, 1, 1)
    days = [first + timedelta(days=n) for n in range(366 * years)]
    changing = [day for day in days if _offset(day, zone) != _offset(day + timedelta(days=1), zone)]
    return [*changing, date(FIRST_YEAR, 6, 15)]


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(0), zone).utcoffset()


def _walls(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """(moment, wall clock) for every minute around the day."""
    start = datetime.combine(day, time(0), UTC) - timedelta(hours=16)
    moments = (start + MINUTE * n for n in range(60 * 56))
    return [(moment, moment.astimezone(zone).replace(tzinfo=None)) for moment in moments]


def _reference(walls: list[tuple[datetime, datetime]], day: date, at: time) -> datetime:
    """The first minute that shows it; where none does, the first one after it on the wall."""
    wanted = datetime.combine(day, at)
    exact = (moment for moment, wall in walls if wall == wanted)
    after = (moment for moment, wall in walls if wall > wanted and wall.date() >= day)
    return next(exact, None) or next(after)


def _planned_wrong(day: date, zone: ZoneInfo, walls: list[tuple[datetime, datetime]]) -> list[str]:
    """A reminder at half past two in such a night."""
    hours = Hours(send=time(2, 30), quiet=Quiet(time(0), time(0)))
    starts = local_moment(day + timedelta(days=1), time(19, 30), zone)
    planned = plan(starts, starts - timedelta(days=5), (1,), hours, zone)
    expected = _reference(walls, day, time(2, 30))
    good = len(planned) == 1 and planned[0].due_at == expected
    return [] if good else [f"planned {zone.key} {day}: {planned}"]


async def rules(chance: random.Random, number: int) -> Figures:
    """R5: random rules, thirteen months from a random day within fifty years."""
    wrong = 0
    for _ in range(number):
        rule = MonthlyRule(chance.randrange(1, 32), time(chance.randrange(24), chance.randrange(60)))
        start = date(2026, 1, 1) + timedelta(days=chance.randrange(365 * 50))
        zone = ZoneInfo(chance.choice(ZONES))
        made = instances(rule, start, 13, zone)
        days = [one.local_date for one in made]
        moments = [one.starts_at for one in made]
        good = days == _walked(rule.day, start, 13)
        good &= all(first < second for first, second in pairwise(moments))
        good &= all(
            one.clash is None or (one.clash.suggestion >= start and one.clash.suggestion != one.local_date)
            for one in made
        )
        wrong += not good
    return {"rules": number, "moments": number * 13, "wrong": wrong, "passed": not wrong}


def _walked(wanted: int, start: date, months: int) -> list[date]:
    """Day by day."""
    found: list[date] = []
    day = start
    while len(found) < months:
        last = calendar.monthrange(day.year, day.month)[1]
        if day.day == min(wanted, last):
            found.append(day)
        day += timedelta(days=1)
    return found
