"""The monthly rule: which days it gives, which of them clash, and what is proposed instead."""

import calendar
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.calendar import (
    VIET_NAM,
    Avoid,
    Clash,
    ClashKind,
    Holiday,
    Instance,
    MonthlyRule,
    find_clash,
    instances,
    local_moment,
)

EVENING = time(19, 30)
THIRD = MonthlyRule(3, EVENING)
ANYTHING_GOES = Avoid(weekend=frozenset(), holidays=False, days_before_tet=0)
FIRST_OF_DECEMBER = date(2026, 12, 1)

days_2026_to_2075 = st.dates(date(2026, 1, 1), date(2075, 12, 31))


@pytest.fixture(scope="module")
def thirteen() -> dict[str, Instance]:
    return {one.period: one for one in instances(THIRD, FIRST_OF_DECEMBER)}


def test_day_three_from_december_2026_gives_thirteen_meetings(thirteen: dict[str, Instance]) -> None:
    assert list(thirteen) == ["2026-12", *(f"2027-{month:02}" for month in range(1, 13))]
    assert {one.local_date.day for one in thirteen.values()} == {3}
    assert thirteen["2026-12"].starts_at == datetime(2026, 12, 3, 12, 30, tzinfo=UTC)


def test_weekdays_are_those_of_the_domain_text(thirteen: dict[str, Instance]) -> None:
    names = [calendar.day_abbr[one.local_date.weekday()] for one in thirteen.values()]
    assert " ".join(names) == "Thu Sun Wed Wed Sat Mon Thu Sat Tue Fri Sun Wed Fri"


def test_clashes_of_the_first_year_are_marked_and_nothing_is_moved(thirteen: dict[str, Instance]) -> None:
    marked = {period: one.clash.kinds for period, one in thirteen.items() if one.clash}
    weekend = (ClashKind.WEEKEND,)
    assert marked == {
        "2027-01": weekend,
        "2027-02": (ClashKind.TET_EVE_DAYS,),
        "2027-04": weekend,
        "2027-05": (ClashKind.PUBLIC_HOLIDAY,),
        "2027-07": weekend,
        "2027-09": (ClashKind.PUBLIC_HOLIDAY,),
        "2027-10": weekend,
    }


def test_sunday_proposes_the_monday_after(thirteen: dict[str, Instance]) -> None:
    clash = thirteen["2027-01"].clash
    assert clash == Clash((ClashKind.WEEKEND,), None, date(2027, 1, 4))


def test_three_days_before_tet_proposes_a_day_of_the_same_month(thirteen: dict[str, Instance]) -> None:
    clash = thirteen["2027-02"].clash
    assert clash is not None
    assert (clash.days_to_tet, clash.holiday) == (3, Holiday("tet", "Tết Nguyên Đán"))
    assert clash.suggestion == date(2027, 2, 11)


def test_days_before_tet_propose_the_last_good_day_before_them() -> None:
    clash = find_clash(date(2026, 2, 12))
    assert clash is not None
    assert clash.suggestion == date(2026, 2, 9)


def test_a_suggestion_is_never_in_the_past() -> None:
    clash = find_clash(date(2026, 2, 12), not_before=date(2026, 2, 10))
    assert clash is not None
    assert clash.suggestion == date(2026, 2, 23)


def test_weekend_at_the_end_of_a_month_proposes_the_day_before() -> None:
    clash = find_clash(date(2027, 5, 30))
    assert clash is not None
    assert clash.suggestion == date(2027, 5, 31)
    last = find_clash(date(2027, 10, 31))
    assert last is not None
    assert last.suggestion == date(2027, 10, 29)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2027, 1, 1), "new_year"),
        (date(2027, 2, 6), "tet"),
        (date(2027, 4, 16), "hung_kings"),
        (date(2027, 4, 30), "reunification_day"),
        (date(2027, 5, 3), "labour_day"),
        (date(2027, 9, 2), "national_day"),
        (date(2027, 11, 24), "culture_day"),
        (date(2026, 8, 31), "day_off"),
    ],
)
def test_each_public_holiday_has_a_key_and_a_vietnamese_name(day: date, key: str) -> None:
    clash = find_clash(day)
    assert clash is not None
    assert clash.holiday is not None
    assert clash.holiday.key == key
    assert any(not letter.isascii() for letter in clash.holiday.name)


# First days of Tết, from the published lunar calendar.
TET = {
    2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26), 2029: date(2029, 2, 13),
    2030: date(2030, 2, 2), 2031: date(2031, 1, 23), 2032: date(2032, 2, 11), 2033: date(2033, 1, 31),
    2034: date(2034, 2, 19), 2035: date(2035, 2, 8),
}  # fmt: skip


@pytest.mark.parametrize("first", TET.values(), ids=str)
def test_tet_and_the_week_before_it_are_marked(first: date) -> None:
    for days in range(-1, 4):
        clash = find_clash(first + timedelta(days))
        assert clash is not None
        assert ClashKind.TET in clash.kinds
    for days in range(1, 8):
        before = find_clash(first - timedelta(days))
        assert before is not None
        assert {ClashKind.TET, ClashKind.TET_EVE_DAYS} & set(before.kinds)


def test_only_announced_swaps_lack_a_key_of_their_own() -> None:
    day, unnamed = date(2026, 1, 1), []
    while day < date(2051, 1, 1):
        clash = find_clash(day)
        if clash and clash.holiday and clash.holiday.key == "day_off":
            unnamed.append(day)
        day += timedelta(days=1)
    assert unnamed == [date(2026, 8, 31)]


def test_a_branch_may_like_sundays() -> None:
    assert find_clash(date(2027, 1, 3), Avoid(weekend=frozenset())) is None
    saturday = find_clash(date(2027, 4, 3), Avoid(weekend=frozenset({calendar.SATURDAY})))
    assert saturday is not None
    assert saturday.suggestion == date(2027, 4, 4)


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (date(2026, 12, 3), date(2026, 12, 3)),
        (date(2026, 12, 4), date(2027, 1, 3)),
        (date(2026, 12, 31), date(2027, 1, 3)),
    ],
)
def test_the_first_meeting_is_not_in_the_past(start: date, first: date) -> None:
    assert instances(THIRD, start, 1)[0].local_date == first


@pytest.mark.parametrize(("year", "february"), [(2027, 28), (2028, 29)])
def test_day_31_is_the_last_day_of_each_month(year: int, february: int) -> None:
    days = [one.local_date.day for one in instances(MonthlyRule(31, EVENING), date(year, 1, 1), 12)]
    assert days == [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_a_meeting_soon_after_midnight_keeps_its_local_period() -> None:
    one = instances(MonthlyRule(1, time(0, 30)), date(2027, 3, 1), 1)[0]
    assert (one.period, one.starts_at) == ("2027-03", datetime(2027, 2, 28, 17, 30, tzinfo=UTC))


@pytest.mark.parametrize("day", [0, 32, -1])
def test_a_day_no_month_has_is_refused(day: int) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        MonthlyRule(day, EVENING)


def test_settings_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one weekday"):
        Avoid(weekend=frozenset(range(7)))
    with pytest.raises(ValueError, match="0 to 14"):
        Avoid(days_before_tet=15)
    with pytest.raises(ValueError, match="no zone"):
        MonthlyRule(3, time(19, 30, tzinfo=UTC))


def _day_by_day(day: int, start: date) -> Iterator[date]:
    """The slow reference: look at every day and ask whether it is the day of its month."""
    looked = start
    while True:
        is_last = (looked + timedelta(days=1)).month != looked.month
        if looked.day == day or (is_last and looked.day < day):
            yield looked
        looked += timedelta(days=1)


@settings(max_examples=300)
@given(st.integers(1, 31), days_2026_to_2075, st.integers(1, 25))
def test_rule_agrees_with_a_day_by_day_reference(day: int, start: date, months: int) -> None:
    found = instances(MonthlyRule(day, EVENING), start, months, avoid=ANYTHING_GOES)
    reference = _day_by_day(day, start)
    assert [one.local_date for one in found] == [next(reference) for _ in range(months)]
    assert all(one.clash is None for one in found)


@settings(max_examples=150)
@given(st.integers(1, 31), days_2026_to_2075)
def test_rule_is_monotonic_never_past_and_one_a_month(day: int, start: date) -> None:
    found = instances(MonthlyRule(day, EVENING), start, 13)
    moments = [one.starts_at for one in found]
    assert moments == sorted(set(moments))
    assert len({one.period for one in found}) == 13
    assert found[0].local_date >= start


@settings(max_examples=400)
@given(days_2026_to_2075)
def test_a_suggestion_is_a_good_day_of_the_same_month(day: date) -> None:
    clash = find_clash(day)
    if clash is None:
        return
    assert find_clash(clash.suggestion) is None
    assert f"{clash.suggestion:%Y-%m}" == f"{day:%Y-%m}"


CHANGING_ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Ho_Chi_Minh", "UTC"]


@pytest.mark.parametrize("name", CHANGING_ZONES)
def test_every_quarter_of_each_day_of_a_year_follows_the_written_rule(name: str) -> None:
    """Skipped hour → first minute after it; repeated hour → its first pass; else exactly that time (R4)."""
    zone = ZoneInfo(name)
    moment, end = datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
    first_shown: dict[datetime, datetime] = {}
    while moment < end:
        first_shown.setdefault(moment.astimezone(zone).replace(tzinfo=None), moment)
        moment += timedelta(minutes=15)
    wall = datetime(2027, 1, 1)
    while wall < datetime(2027, 12, 29):
        shown = min(
            (wall + timedelta(minutes=15 * n) for n in range(6)), key=lambda w: (w not in first_shown, w)
        )
        assert local_moment(wall.date(), wall.time(), zone) == first_shown[shown]
        wall += timedelta(minutes=15)


def test_holidays_are_not_loaded_with_the_module() -> None:
    check = "import sys, meetings.calendar; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_zone_of_the_product() -> None:
    assert str(VIET_NAM) == "Asia/Ho_Chi_Minh"
