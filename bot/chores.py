"""What the clock does in this installation: calendars, reminders, quiz rounds, forgetting what is old."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.context import Home
from bot.settings import Settings
from db import forgetting, pictures
from members import broadcasting, page_links
from opinions import prompts
from quizzes import rounds
from reports import monthly, months
from scheduler.calendars import calendars
from scheduler.chores import Chore
from scheduler.reminders import reminders


def chores_of(settings: Settings) -> list[Chore[Home]]:
    """All chores, in the order in which they are done: reminders of meetings win the day.

    What is due at a minute comes before what is due some time in the day.
    """
    times = settings.timetable

    async def opinion_prompts(home: Home, now: datetime) -> None:
        while (await home.store.write(prompts.run_due, now, times)).any:
            pass

    async def office_month(home: Home, now: datetime) -> None:
        await home.store.write(monthly.run_due, now, times)

    return [
        reminders(times),
        Chore("opinion prompts", opinion_prompts, partial(prompts.next_due, times=times), shared=True),
        Chore("office month", office_month, partial(monthly.next_due, times=times)),
        Chore("quiz rounds", _quiz_rounds, rounds.next_due, shared=True),
        calendars(times),
        Chore("figures", partial(_count_figures, settings.zone)),
        Chore("broadcasts", _report_broadcasts),
        Chore("inbox", _prune),
        Chore("pictures", _forget_pictures),
        Chore("page links", _forget_links),
    ]


async def _quiz_rounds(home: Home, now: datetime) -> None:
    for some in (rounds.close_due, rounds.open_due):
        while await home.store.write(some, now):
            pass


async def _count_figures(zone: ZoneInfo, home: Home, now: datetime) -> None:
    if await home.store.read(months.is_due, now, zone):
        while await home.store.write(months.count_marked, now, zone) >= months.MOST_AT_ONCE:
            pass


async def _report_broadcasts(home: Home, now: datetime) -> None:
    if await home.store.read(broadcasting.any_to_report, now):
        await home.store.write(broadcasting.report, now)


async def _prune(home: Home, now: datetime) -> None:
    while await home.store.read(forgetting.has_outlived, now):
        await home.store.write(forgetting.forget_outlived, now)


async def _forget_pictures(home: Home, now: datetime) -> None:
    if await home.store.read(pictures.has_outlived, now):
        await home.store.write(pictures.forget_outlived, now)


async def _forget_links(home: Home, now: datetime) -> None:
    if await home.store.read(page_links.has_outlived, now):
        await home.store.write(page_links.forget_outlived, now)
