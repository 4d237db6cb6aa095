"""What the clock does in this installation: calendars, reminders, quiz rounds, pruning of the inbox."""

from __future__ import annotations

from datetime import datetime

from bot.context import Home
from bot.settings import Settings
from db import inbox
from quizzes import rounds
from scheduler.chores import Chore
from scheduler.reminders import meeting_chores


def chores_of(settings: Settings) -> list[Chore[Home]]:
    """All chores, in the order in which they are done."""
    return [
        *meeting_chores(settings.timetable),
        Chore("quiz rounds", _quiz_rounds, rounds.next_due),
        Chore("inbox", _prune),
    ]


async def _quiz_rounds(home: Home, now: datetime) -> None:
    await home.store.write(rounds.close_due, now)
    await home.store.write(rounds.open_due, now)


async def _prune(home: Home, now: datetime) -> None:
    if await home.store.read(inbox.has_outlived, now):
        await home.store.write(inbox.forget_outlived, now)
