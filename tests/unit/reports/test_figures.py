"""The leader's figures: order of attention, sums, small branches."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from meetings.attendance_rate import NOBODY, Rate
from reports.figures import BranchFigures, needs_attention, totals


def branch(name: str, present: int = 9, base: int = 10, *, met: bool | None = True) -> BranchFigures:
    return BranchFigures(name, met=met, attendance=Rate(present, base))


def names(rows: list[BranchFigures]) -> list[str]:
    return [row.name for row in needs_attention(rows)]


def test_branches_that_have_not_met_come_first_then_lowest_attendance() -> None:
    rows = [branch("good", 10), branch("weak", 3), branch("missing", 0, 0, met=False), branch("fair", 8)]
    assert names(rows) == ["missing", "weak", "fair", "good"]


def test_a_branch_whose_meeting_is_not_due_yet_comes_last() -> None:
    assert names([branch("later", 0, 0, met=None), branch("good", 10)]) == ["good", "later"]


def test_attendance_is_compared_as_fractions() -> None:
    rows = [branch("90", 9, 10), branch("89.96", 8996, 10_000)]
    assert names(rows) == ["89.96", "90"]


def test_ties_are_broken_by_quiz_then_unanswered_opinions_then_name() -> None:
    same = Rate(18, 20)
    rows = [
        BranchFigures("Chi bộ 10", met=True, attendance=same, quiz_takers=20, quiz_reachable=20),
        BranchFigures("Chi bộ 9", met=True, attendance=same, quiz_takers=20, quiz_reachable=20),
        BranchFigures(
            "Chi bộ 8", met=True, attendance=same, quiz_takers=20, quiz_reachable=20, opinions=3, answered=1
        ),
        BranchFigures("Chi bộ 7", met=True, attendance=same, quiz_takers=5, quiz_reachable=20),
        BranchFigures("Chi bộ 6", met=True, attendance=same, quiz_takers=0, quiz_reachable=0),
    ]
    assert names(rows) == ["Chi bộ 7", "Chi bộ 8", "Chi bộ 9", "Chi bộ 10", "Chi bộ 6"]


def test_fewer_than_ten_people_are_a_small_branch() -> None:
    assert [branch("", 0, base).is_small for base in (0, 1, 9, 10)] == [False, True, True, False]


def test_totals_are_sums() -> None:
    rows = [
        BranchFigures(
            "A",
            met=True,
            attendance=Rate(5, 5),
            quiz_takers=4,
            quiz_reachable=5,
            quiz_mean=Fraction(1, 2),
            opinions=3,
            answered=1,
        ),
        BranchFigures(
            "B",
            met=False,
            attendance=NOBODY,
            quiz_takers=10,
            quiz_reachable=20,
            quiz_mean=Fraction(1, 4),
            opinions=2,
            answered=2,
        ),
        BranchFigures("C", met=None, attendance=Rate(20, 40)),
    ]
    total = totals(rows)
    assert (total.branches, total.met, total.not_met) == (3, 1, 1)
    assert total.attendance == Rate(25, 45)
    assert total.quiz == Rate(14, 25)
    assert (total.opinions, total.answered) == (5, 3)


def test_no_branches_have_empty_totals() -> None:
    total = totals([])
    assert (total.branches, total.attendance) == (0, NOBODY)


rates = st.integers(0, 60).flatmap(lambda base: st.builds(Rate, st.integers(0, base), st.just(base)))
rows_of_any_kind = st.lists(st.builds(branch, st.text(max_size=8)) | st.builds(
    BranchFigures, st.text(max_size=8), st.sampled_from([True, False, None]), rates
), max_size=20)  # fmt: skip


@given(rows_of_any_kind)
def test_order_keeps_every_branch_and_does_not_depend_on_the_given_order(rows: list[BranchFigures]) -> None:
    ordered = needs_attention(rows)
    assert len(ordered) == len(rows)
    assert [row.attendance.fraction for row in ordered] == [
        row.attendance.fraction for row in needs_attention(rows[::-1])
    ]
    missing = [row.met is False for row in ordered]
    assert missing == sorted(missing, reverse=True)
