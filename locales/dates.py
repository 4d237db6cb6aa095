"""Moments as people read them: '19 giờ 30', 'thứ Năm 03/12/2026'."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from locales.words import Words

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def clock_text(moment: datetime, zone: ZoneInfo, words: Words) -> str:
    """'19 giờ 30' (full hours: '19 giờ')."""
    local = moment.astimezone(zone)
    key = "dates.hour_minute" if local.minute else "dates.hour"
    return words.plain(key, hour=local.hour, minute=f"{local.minute:02}")


def day_text(day: date) -> str:
    """'03/12/2026'."""
    return day.strftime("%d/%m/%Y")


def weekday_text(day: date, words: Words) -> str:
    """'thứ Năm 03/12/2026'."""
    weekday = words.plain(f"dates.{_WEEKDAYS[day.weekday()]}")
    return words.plain("dates.weekday_day", weekday=weekday, day=day_text(day))


def moment_text(moment: datetime, zone: ZoneInfo, words: Words) -> str:
    """'19 giờ 30, thứ Năm 03/12/2026'."""
    day = moment.astimezone(zone).date()
    return words.plain("dates.moment", clock=clock_text(moment, zone, words), day=weekday_text(day, words))


def month_text(period: str) -> str:
    """'12/2026' from '2026-12'."""
    year, month = period.split("-")
    return f"{month}/{year}"
