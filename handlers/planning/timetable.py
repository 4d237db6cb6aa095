"""The installation's settings as the calendar's use cases need them."""

from __future__ import annotations

from datetime import time

from bot.settings import Settings
from meetings.reminding import Hours, Quiet
from meetings.timetable import Timetable


def timetable(settings: Settings) -> Timetable:
    """Zone, reminder steps, hours of sending, how far ahead."""
    quiet = Quiet(*settings.quiet.hours)
    hours = Hours(send=time(settings.meetings.reminder_hour), quiet=quiet)
    return Timetable(
        settings.zone, settings.meetings.reminder_days, hours, months=settings.meetings.months_ahead
    )
