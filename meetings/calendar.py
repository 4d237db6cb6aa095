"""The monthly rule of a branch and the meetings that follow from it.

A rule ("ngày 03 hằng tháng, 19:30") gives one meeting a month. A day that falls on a weekend, a public
holiday, Tết or the days just before it is marked with a proposal; it is never moved: a person decides
(domain.md 8.5, B-01).

Holidays come from the `holidays` package, country VN: Labour Code 2019 art. 112 (New Year, Tết, Hùng Kings,
30/4, 1/5, National Day), 24 November from 2026, days off in lieu, and the government's yearly swaps as far as
announced. Its lunar table reaches 2099. Importing it costs about 0.2 s, so it is loaded at first use.
"""

import calendar
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from msgspec import Struct

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
WEEKEND = frozenset({calendar.SATURDAY, calendar.SUNDAY})
# From the 23rd of the twelfth lunar month (ông Công ông Táo) people prepare for Tết: about a week.
DAYS_BEFORE_TET = 7
TET = "tet"
FURTHEST_SUGGESTION = 62

# A part of the package's Vietnamese name → our key; the first that fits wins.
_KEYS = (
    ("Tết Dương lịch", "new_year"),
    ("Tết", TET),
    ("Hùng Vương", "hung_kings"),
    ("Ngày Chiến thắng", "reunification_day"),
    ("Quốc tế Lao động", "labour_day"),
    ("Quốc khánh", "national_day"),
    ("Văn hóa Việt Nam", "culture_day"),
)


class ClashKind(StrEnum):
    WEEKEND = "weekend"
    PUBLIC_HOLIDAY = "public_holiday"
    TET = "tet"
    TET_EVE_DAYS = "tet_eve_days"


class Holiday(Struct, frozen=True):
    """`key` names the wording (`new_year`, `tet`, …, `day_off`); `name` is the package's Vietnamese name."""

    key: str
    name: str


class Avoid(Struct, frozen=True):
    """What an installation counts as a clash.

    `weekend` holds weekday numbers (Monday 0), empty where a branch likes to meet on Sundays;
    `days_before_tet` is 0…14, 0 for none.
    """

    weekend: frozenset[int] = WEEKEND
    holidays: bool = True
    days_before_tet: int = DAYS_BEFORE_TET

    def __post_init__(self) -> None:
        if not 0 <= self.days_before_tet <= 14:  # noqa: PLR2004 - the sentence below says it
            raise ValueError("days_before_tet must be 0 to 14")
        if not self.weekend < frozenset(range(7)):
            raise ValueError("weekend must leave at least one weekday, Monday 0 to Sunday 6")


class Clash(Struct, frozen=True):
    """Why a day should be confirmed by a person, and the day we would propose instead.

    `holiday` is what is celebrated, for the days before Tết Tết itself; `days_to_tet` is set
    for those days only.
    """

    kinds: tuple[ClashKind, ...]
    holiday: Holiday | None
    suggestion: date
    days_to_tet: int | None = None


class MonthlyRule(Struct, frozen=True):
    """Local `time` on `day` (1…31) of every month; a day the month does not have falls to its last day."""

    day: int
    time: time
    kind: str = "regular"

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 31:  # noqa: PLR2004
            raise ValueError("day must be 1 to 31")
        if self.time.tzinfo is not None:
            raise ValueError("time is local and carries no zone")


class Instance(Struct, frozen=True):
    """One meeting: `period` "2027-02", `starts_at` in UTC, `local_date` where the branch is."""

    period: str
    starts_at: datetime
    local_date: date
    kind: str
    clash: Clash | None


def instances(
    rule: MonthlyRule, start: date, months: int = 13, zone: ZoneInfo = VIET_NAM, avoid: Avoid | None = None
) -> list[Instance]:
    """The next `months` meetings on or after the local date `start`, one in each month, oldest first."""
    wishes = avoid or Avoid()
    days = islice((day for day in _monthly(rule.day, start) if day >= start), months)
    return [_instance(rule, day, start, zone, wishes) for day in days]


def find_clash(day: date, avoid: Avoid | None = None, not_before: date = date.min) -> Clash | None:
    """Why `day` deserves a second look, or None. The suggestion is never before `not_before`.

    Rule of the suggestion: the next working day outside holidays; for the days before Tết the last one
    before them. It stays in the month, because the branch owes one meeting to each month: where
    the month has no such day on that side, the other side is taken, and only then another month.
    """
    wishes = avoid or Avoid()
    kinds = _kinds(day, wishes)
    if not kinds:
        return None
    before_tet = ClashKind.TET_EVE_DAYS in kinds
    holiday = Holiday(TET, "Tết Nguyên Đán") if before_tet else _holidays(day.year).get(day)
    return Clash(
        kinds=kinds,
        holiday=holiday if wishes.holidays or before_tet else None,
        suggestion=_suggestion(day, lambda other: not _kinds(other, wishes), not_before, backward=before_tet),
        days_to_tet=(_tet(day.year) - day).days if before_tet else None,
    )


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC moment at which the clock on the wall of `zone` shows `at` on `day`.

    Where clocks change: an hour shown twice means its first pass; one left out, the first minute after it.
    """
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    moment = wall.replace(tzinfo=zone, fold=1, second=0, microsecond=0).astimezone(UTC)
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=1)
    return moment


def _monthly(day: int, start: date) -> Iterator[date]:
    year, month = start.year, start.month
    while True:
        yield date(year, month, min(day, calendar.monthrange(year, month)[1]))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004


def _instance(rule: MonthlyRule, day: date, start: date, zone: ZoneInfo, avoid: Avoid) -> Instance:
    return Instance(
        period=f"{day:%Y-%m}",
        starts_at=local_moment(day, rule.time, zone),
        local_date=day,
        kind=rule.kind,
        clash=find_clash(day, avoid, start),
    )


def _kinds(day: date, avoid: Avoid) -> tuple[ClashKind, ...]:
    kinds = [ClashKind.WEEKEND] if day.weekday() in avoid.weekend else []
    holiday = _holidays(day.year).get(day) if avoid.holidays else None
    if holiday:
        kinds.append(ClashKind.TET if holiday.key == TET else ClashKind.PUBLIC_HOLIDAY)
    elif avoid.days_before_tet and 0 < (_tet(day.year) - day).days <= avoid.days_before_tet:
        kinds.append(ClashKind.TET_EVE_DAYS)
    return tuple(kinds)


def _suggestion(day: date, is_good: Callable[[date], bool], not_before: date, *, backward: bool) -> date:
    after = [day + timedelta(n) for n in range(1, FURTHEST_SUGGESTION)]
    before = [day - timedelta(n) for n in range(1, day.day) if day - timedelta(n) >= not_before]
    month = [other for other in after if (other.year, other.month) == (day.year, day.month)]
    order = [*before, *month, *after] if backward else [*month, *before, *after]
    return next((other for other in order if is_good(other)), day)


@lru_cache(maxsize=64)
def _holidays(year: int) -> Mapping[date, Holiday]:
    from holidays import country_holidays

    found = country_holidays("VN", years=year, language="vi")
    return {day: Holiday(_key(found.get_list(day)[0]), found.get_list(day)[0]) for day in sorted(found)}


def _key(name: str) -> str:
    return next((key for part, key in _KEYS if part in name), "day_off")


@lru_cache(maxsize=64)
def _tet(year: int) -> date:
    return next(day for day, holiday in _holidays(year).items() if holiday.name.startswith("Tết Nguyên Đán"))
