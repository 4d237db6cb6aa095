"""Dates, hours and rules as typed: "05/01/2027 19:30", "5/1 19h30", "ngày 3 hằng tháng 19:30".

Pure: a person's words in, values out. What is not understood whole is refused, never guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from msgspec import Struct

from db.errors import BadInput
from meetings.calendar import local_moment
from meetings.timetable import Timetable
from members.names import fold, tidy

LONGEST = 300

_DATE = re.compile(r"(?<!\d)(\d{1,2})\s*(?:[/.-]|thang)\s*(\d{1,2})(?:\s*(?:[/.-]|nam)\s*(\d{4}))?(?!\d)")
_TIME = re.compile(r"(?<!\d)(\d{1,2})\s*(?::|gio|h|g)(?![a-z])\s*(\d{2})?(?!\d)")
_WEEKDAY = frozenset({"thu", "hai", "ba", "tu", "nam", "sau", "bay", "chu", "nhat"})
_PART_OF_DAY = frozenset({"sang", "trua", "chieu", "toi"})
_LINKS = frozenset({"ngay", "luc", "vao", "gio", "phut", "doi", "chuyen", "lich", "hop", "sinh", "hoat"})
_RULE_WORDS = _PART_OF_DAY | _LINKS
_MOMENT_WORDS = _RULE_WORDS | _WEEKDAY
_YEARS = range(2000, 2100)
_MONTHLY = re.compile(r"(?:\bngay )?(?:\bm[uo]ng )?(?<!\d)(\d{1,2}) (?:hang|moi) thang\b")
_PLACE = re.compile(r"\s(?:tại|tai|ở|o|địa điểm|dia diem|place)\s", re.IGNORECASE)


class TypedRule(Struct, frozen=True):
    """What was typed of a rule; `place` is empty where none was given."""

    day: int
    at: time
    place: str


def read_moment(text: str, current: datetime, now: datetime, times: Timetable) -> datetime:
    """The moment meant, UTC. Without a date: the day of `current`; without an hour: its hour; without a year:
    the next such day from today on. BadInput for anything else.
    """
    words = fold(text[:LONGEST])
    local = current.astimezone(times.zone)
    days = list(_DATE.finditer(words))
    rest = _DATE.sub(" ", words)
    clocks = list(_TIME.finditer(rest))
    rest = _TIME.sub(" ", rest)
    if (
        len(text) > LONGEST
        or len(days) > 1
        or len(clocks) > 1
        or not (days or clocks)
        or _unknown(rest, _MOMENT_WORDS)
    ):
        raise BadInput("planning.bad_moment")
    day = _day(days[0], times.local_day(now)) if days else local.date()
    return local_moment(day, _clock(clocks[0], rest) if clocks else local.time(), times.zone)


def read_rule(text: str) -> TypedRule:
    """Day, hour and place of a monthly rule; BadInput when day or hour is missing."""
    whole = tidy(text)
    if len(whole) > LONGEST:
        raise BadInput("planning.bad_rule")
    head, place = _split_place(whole)
    words = fold(head)
    found = _MONTHLY.search(words)
    rest = _MONTHLY.sub(" ", words, count=1)
    clock = _TIME.search(rest)
    rest = _TIME.sub(" ", rest, count=1)
    if found is None or clock is None or _unknown(rest, _RULE_WORDS) or not 1 <= int(found[1]) <= 31:  # noqa: PLR2004
        raise BadInput("planning.bad_rule")
    return TypedRule(int(found[1]), _clock(clock, rest), place)


def _split_place(whole: str) -> tuple[str, str]:
    """What stands before and after "tại", or the last comma if the hour stands before it."""
    head, *tail = _PLACE.split(whole, maxsplit=1)
    if tail:
        return head, tail[0]
    head, comma, last = whole.rpartition(",")
    return (head, last.strip()) if comma and _TIME.search(fold(head)) else (whole, "")


def _unknown(rest: str, known: frozenset[str]) -> bool:
    return any(word not in known for word in re.split(r"[\s,.;]+", rest) if word)


def _day(found: re.Match[str], today: date) -> date:
    day, month, year = int(found[1]), int(found[2]), found[3]
    years = [y for y in ([int(year)] if year else range(today.year, today.year + 9)) if y in _YEARS]
    for candidate in years:
        try:
            meant = date(candidate, month, day)
        except ValueError:
            continue
        if year or meant >= today:
            return meant
    raise BadInput("planning.bad_moment")


def _clock(found: re.Match[str], rest: str) -> time:
    hour, minute = int(found[1]), int(found[2] or 0)
    evening = {"toi", "chieu"} & set(re.findall(r"[a-z]+", rest))
    if evening and 1 <= hour < 12:  # noqa: PLR2004 (7 giờ tối is 19)
        hour += 12
    try:
        return time(hour, minute)
    except ValueError:
        raise BadInput("planning.bad_moment") from None
