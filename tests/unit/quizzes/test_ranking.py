"""The rules of the ranking, by the examples of domain.md and by what must hold for any results."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.ranking import BranchResult, Placed, Result, points, rank, rank_branches

results = st.lists(
    st.builds(
        Result,
        member_id=st.integers(1, 10_000),
        correct=st.integers(0, 10) | st.fractions(0, 10, max_denominator=4),
        seconds=st.integers(0, 600),
        ranked=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda result: result.member_id,
)


def places(*scores: tuple[int, int], by_time: bool = True) -> list[tuple[int, int | None]]:
    found = rank([Result(i, c, s) for i, (c, s) in enumerate(scores)], by_time=by_time)
    return [(placed.result.member_id, placed.place) for placed in found]


def test_equal_points_are_decided_by_time() -> None:
    """M-09: 10/10 in 3:10 ranks above 10/10 in 4:02."""
    assert places((10, 242), (10, 190), (9, 20)) == [(1, 1), (0, 2), (2, 3)]


def test_equals_share_a_place_and_the_next_is_counted_on() -> None:
    assert places((10, 60), (9, 60), (9, 60), (8, 10)) == [(0, 1), (1, 2), (2, 2), (3, 4)]
    assert places((10, 1), (10, 600), by_time=False) == [(0, 1), (1, 1)]


def test_a_writer_is_listed_without_a_place_and_takes_none() -> None:
    writer, member = Result(1, 10, 1, ranked=False), Result(2, 3, 500)
    assert rank([writer, member]) == [Placed(1, member), Placed(None, writer)]


@given(results, st.booleans())
def test_ranking_is_a_fair_order(entries: list[Result], by_time: bool) -> None:
    placed = rank(entries, by_time=by_time)
    assert sorted(p.result.member_id for p in placed) == sorted(r.member_id for r in entries)
    for one in placed:
        better = [
            other
            for other in entries
            if other.ranked
            and (
                other.correct > one.result.correct
                or (by_time and other.correct == one.result.correct and other.seconds < one.result.seconds)
            )
        ]
        assert one.place == (len(better) + 1 if one.result.ranked else None)


@given(results, st.randoms())
def test_the_order_of_arrival_changes_no_place(entries: list[Result], luck: object) -> None:
    mixed = list(entries)
    luck.shuffle(mixed)  # type: ignore[attr-defined]
    assert {p.result: p.place for p in rank(mixed)} == {p.result: p.place for p in rank(entries)}


options = st.sets(st.integers(0, 7), max_size=8)


@given(options, options.filter(bool))
def test_only_the_equal_set_is_fully_right(chosen: set[int], right: set[int]) -> None:
    assert points(chosen, right) == (1 if chosen == right else 0)
    part = points(chosen, right, partial=True)
    assert 0 <= part <= 1
    assert (part == 1) == (chosen == right)


def test_part_marks() -> None:
    assert points({0}, {0, 2}, partial=True) == Fraction(1, 2)
    assert points({0, 1}, {0, 2}, partial=True) == 0
    assert points({0, 1, 2}, {0, 2}, partial=True) == Fraction(1, 2)
    assert points(set(), {0}, partial=True) == 0
    with pytest.raises(ValueError, match="right option"):
        points({1}, set())


def test_branches_go_by_the_mean_with_absent_members_as_zero() -> None:
    small = BranchResult(1, (10, 10, 10, 10), 4)  # 4 takers: not ranked
    all_took = BranchResult(2, (8,) * 10, 10)  # mean 8
    half_took = BranchResult(3, (10,) * 10, 20)  # mean 5
    same = BranchResult(4, (4, 4, 4, 4, 4, 20), 5 + 3)  # mean 5
    found = rank_branches([small, half_took, all_took, same])
    assert [(b.branch_id, b.place) for b in found] == [(2, 1), (3, 2), (4, 2), (1, None)]
    assert [b.mean for b in found] == [8, 5, 5, 10]
    assert [b.share for b in found] == [1, Fraction(1, 2), Fraction(3, 4), 1]


def test_a_branch_nobody_can_be_reached_in_shows_no_figures() -> None:
    (found,) = rank_branches([BranchResult(1, (), 0)])
    assert (found.place, found.mean, found.share) == (None, None, None)


def test_more_takers_than_members_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="more members"):
        rank_branches([BranchResult(1, (1,) * 6, 5)])


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 10), max_size=12), st.integers(0, 10)), max_size=8),
    st.integers(0, 6),
)
def test_branch_ranking_is_a_fair_order(entries: list[tuple[list[int], int]], at_least: int) -> None:
    branches = [BranchResult(i, tuple(s), len(s) + absent) for i, (s, absent) in enumerate(entries)]
    found = rank_branches(branches, min_takers=at_least)
    assert sorted(b.branch_id for b in found) == list(range(len(branches)))
    means = {b.branch_id: b.mean for b in found if b.place is not None}
    for one in found:
        takers = len(branches[one.branch_id].points)
        if takers < max(at_least, 1):
            assert one.place is None
        else:
            assert one.mean is not None
            assert one.place == 1 + sum(mean is not None and mean > one.mean for mean in means.values())
