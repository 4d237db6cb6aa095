"""The worked examples of domain text 8.1, and what holds for every list."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.attendance_rate import (
    IN_BASE,
    NOBODY,
    BaseRules,
    Line,
    Rate,
    absent_without_reason,
    points,
    rate_of,
    rate_of_all,
)
from meetings.tables import Presence
from members.tables import MemberStatus

DAY = date(2026, 12, 3)


def people(status: str = "official", **presences: int) -> list[Line]:
    return [Line(status, presence) for presence, count in presences.items() for _ in range(count)]


def test_fifteen_members_one_exempt_one_excused() -> None:
    lines = people(present=13, excused=1) + people("exempt", absent=1)
    rate = rate_of(lines, DAY)
    assert (rate, rate.percent()) == (Rate(13, 14), Decimal("92.9"))
    assert points(rate, absent_without_reason(lines, DAY)) == 4


def test_fifteen_members_one_exempt_one_excused_one_unexcused() -> None:
    lines = people(present=12, excused=1, absent=1) + people("exempt", absent=1)
    rate = rate_of(lines, DAY)
    assert (rate, rate.percent()) == (Rate(12, 14), Decimal("85.7"))
    assert absent_without_reason(lines, DAY) == 1
    assert points(rate, 0) == 3
    assert points(rate, 1) == 1


def test_nine_of_ten_is_exactly_ninety_per_cent() -> None:
    assert Rate(9, 10).at_least(Fraction(90, 100))
    assert points(Rate(9, 10), 0) == 4


def test_rounded_text_never_decides() -> None:
    just_below = Rate(8996, 10_000)
    assert just_below.percent() == Decimal("90.0")
    assert points(just_below, 0) == 3


@pytest.mark.parametrize(
    ("rate", "expected"), [((75, 100), 3), ((74, 100), 2), ((65, 100), 2), ((64, 100), 1), ((0, 9), 1)]
)
def test_steps_of_the_scoring_form(rate: tuple[int, int], expected: int) -> None:
    assert points(Rate(*rate), 0) == expected


def test_an_empty_base_has_no_rate() -> None:
    rate = rate_of(people("exempt", present=2, absent=1), DAY)
    assert rate == NOBODY
    assert (rate.fraction, rate.percent(), points(rate, 0)) == (None, None, None)
    assert not rate.at_least(Fraction(0))


def test_the_rate_of_an_organisation_is_a_sum_not_a_mean() -> None:
    assert rate_of_all([Rate(5, 5), Rate(20, 40), NOBODY]) == Rate(25, 45)
    assert rate_of_all([]) == NOBODY


def test_late_counts_as_attending() -> None:
    assert rate_of(people(present=2, late=1, excused=1), DAY) == Rate(3, 4)


def test_older_forms_leave_the_excused_out() -> None:
    lines = people(present=12, excused=2, absent=1)
    assert rate_of(lines, DAY, BaseRules(exclude_excused=True)) == Rate(12, 13)


def test_nothing_recorded_is_neither_present_nor_absent_without_reason() -> None:
    lines = [Line("official", None), Line("official", "present")]
    assert rate_of(lines, DAY) == Rate(1, 2)
    assert absent_without_reason(lines, DAY) == 0


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("official", True),
        ("probationary", True),
        ("temporary_here", True),
        ("exempt", False),
        ("temporarily_elsewhere", False),
        ("suspended", False),
        ("guest", False),
    ],
)
def test_who_is_in_the_base(status: str, counted: bool) -> None:
    assert rate_of([Line(status, "present")], DAY) == Rate(int(counted), int(counted))


def test_temporary_members_and_special_duty_are_settings() -> None:
    here, duty = Line("temporary_here", "present"), Line("official", None, special_duty=True)
    assert rate_of([here, duty], DAY) == Rate(1, 1)
    assert rate_of([here, duty], DAY, BaseRules(count_temporary_here=False)) == NOBODY
    assert rate_of([here, duty], DAY, BaseRules(count_special_duty=True)) == Rate(1, 2)


@pytest.mark.parametrize(
    ("joined", "left", "base"),
    [
        (date(2026, 12, 3), None, 1),
        (date(2026, 12, 4), None, 0),
        (date(2020, 1, 1), date(2026, 12, 4), 1),
        (date(2020, 1, 1), date(2026, 12, 3), 0),
    ],
)
def test_only_who_is_on_the_roll_that_day_is_counted(joined: date, left: date | None, base: int) -> None:
    assert rate_of([Line("official", None, joined, left)], DAY).base == base


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="honorary"):
        rate_of([Line("honorary", "present")], DAY)


def test_every_stored_status_and_presence_is_known() -> None:
    assert {status.value for status in MemberStatus} <= set(IN_BASE)
    assert rate_of([Line(MemberStatus.OFFICIAL, presence) for presence in Presence], DAY) == Rate(2, 4)


@pytest.mark.parametrize("counts", [(2, 1), (-1, 3)])
def test_an_impossible_rate_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no rate"):
        Rate(*counts)


rates = st.integers(0, 600).flatmap(lambda base: st.builds(Rate, st.integers(0, base), st.just(base)))
presences = st.sampled_from(["present", "late", "excused", "absent", None])
lists = st.lists(st.builds(Line, st.sampled_from(sorted(IN_BASE)), presences, special_duty=st.booleans()))
rules = st.builds(BaseRules, st.booleans(), st.booleans(), st.booleans())


@given(lists, rules)
def test_a_rate_is_a_share_of_the_list_and_ignores_order(lines: list[Line], chosen: BaseRules) -> None:
    rate = rate_of(lines, DAY, chosen)
    assert 0 <= rate.present <= rate.base <= len(lines)
    assert rate_of(lines[::-1], DAY, chosen) == rate


@given(lists, lists, rules)
def test_two_branches_together_are_the_sum(ours: list[Line], theirs: list[Line], chosen: BaseRules) -> None:
    assert rate_of(ours + theirs, DAY, chosen) == rate_of(ours, DAY, chosen) + rate_of(theirs, DAY, chosen)


@given(lists, st.sampled_from(["exempt", "temporarily_elsewhere", "suspended", "guest"]), presences)
def test_people_outside_the_base_never_move_the_rate(
    lines: list[Line], status: str, presence: str | None
) -> None:
    assert rate_of([*lines, Line(status, presence)], DAY) == rate_of(lines, DAY)


@given(lists)
def test_leaving_the_excused_out_never_lowers_the_rate(lines: list[Line]) -> None:
    usual, older = rate_of(lines, DAY), rate_of(lines, DAY, BaseRules(exclude_excused=True))
    assert older.present == usual.present
    assert older.fraction is None or older.fraction >= (usual.fraction or 0)


@given(st.lists(rates, min_size=1))
def test_an_organisation_lies_between_its_worst_and_best_branch(branches: list[Rate]) -> None:
    shares = [rate.fraction for rate in branches if rate.fraction is not None]
    overall = rate_of_all(branches).fraction
    assert (overall is None) == (not shares)
    if overall is not None:
        assert min(shares) <= overall <= max(shares)


@given(rates, rates)
def test_points_never_fall_when_the_rate_rises(one: Rate, other: Rate) -> None:
    if one.fraction is None or other.fraction is None:
        return
    low, high = sorted((one, other), key=lambda rate: rate.fraction or 0)
    assert (points(low, 0) or 0) <= (points(high, 0) or 0)


@given(rates, st.integers(0, 3))
def test_shown_percent_is_within_half_a_unit_of_the_truth(rate: Rate, places: int) -> None:
    shown = rate.percent(places)
    if shown is None or rate.fraction is None:
        assert rate.base == 0
    else:
        assert abs(Fraction(shown) - 100 * rate.fraction) <= Fraction(1, 2 * 10**places)
