"""The leader's view: figures per branch, what needs attention first, and totals (domain.md 7.3).

Counts only; nothing here names a person.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

from meetings.attendance_rate import Rate, rate_of_all

# Below this base one person moves the percentage by more than ten points (L-05).
SMALL_BRANCH = 10
# Full marks for attendance (domain.md section 9, Guideline 42).
FULL_ATTENDANCE = Fraction(9, 10)

_NUMBER = re.compile(r"(\d+)", re.ASCII)


class BranchFigures(Struct, frozen=True):
    """One branch in one period.

    `met`: False if a meeting was due and not held, None if none was due yet. `quiz_mean` is the mean share of
    right answers, 0 to 1, over the `quiz_reachable` members, absent ones as 0 (domain.md 8.4); None: no quiz.
    `opinions` counts those given, `answered` those of them answered.
    """

    name: str
    met: bool | None
    attendance: Rate
    quiz_takers: int = 0
    quiz_reachable: int = 0
    quiz_mean: Fraction | None = None
    opinions: int = 0
    answered: int = 0

    @property
    def quiz(self) -> Rate:
        """Share of reachable members who took the quiz."""
        return Rate(self.quiz_takers, self.quiz_reachable)

    @property
    def unanswered(self) -> int:
        return self.opinions - self.answered

    @property
    def is_small(self) -> bool:
        """One person moves its percentage a lot: compare with care."""
        return 0 < self.attendance.base < SMALL_BRANCH


class Totals(Struct, frozen=True):
    """Sums over branches."""

    branches: int
    met: int
    not_met: int
    attendance: Rate
    quiz: Rate
    opinions: int
    answered: int


def needs_attention(figures: Iterable[BranchFigures]) -> list[BranchFigures]:
    """Branches by need of attention.

    First those that have not met; then lowest attendance, lowest quiz participation, most unanswered
    opinions, name ("khu phố 9" before "khu phố 10"). A share that does not exist comes last.
    """
    return sorted(figures, key=urgency)


def below_full(figures: Iterable[BranchFigures]) -> list[BranchFigures]:
    """Of these, in their order, the ones a leader should look after."""
    return [row for row in figures if needs_look(row)]


def needs_look(row: BranchFigures) -> bool:
    """Not met, attendance below full marks, or an opinion without an answer."""
    return row.met is False or is_low(row) or row.unanswered > 0


def is_low(row: BranchFigures) -> bool:
    """Whether attendance is below full marks; not where nobody was expected."""
    return row.attendance.base > 0 and not row.attendance.at_least(FULL_ATTENDANCE)


def totals(figures: Iterable[BranchFigures]) -> Totals:
    """The figures of all branches together; every count is the sum of the rows (L-07)."""
    rows = list(figures)
    return Totals(
        branches=len(rows),
        met=sum(row.met is True for row in rows),
        not_met=sum(row.met is False for row in rows),
        attendance=rate_of_all(row.attendance for row in rows),
        quiz=rate_of_all(row.quiz for row in rows),
        opinions=sum(row.opinions for row in rows),
        answered=sum(row.answered for row in rows),
    )


def urgency(row: BranchFigures) -> tuple[bool, Fraction, Fraction, int, list[tuple[int, str]]]:
    """What `needs_attention` sorts by."""
    return (
        row.met is not False,
        _or_last(row.attendance),
        _or_last(row.quiz),
        -row.unanswered,
        _natural(row.name),
    )


def _or_last(rate: Rate) -> Fraction:
    return Fraction(2) if rate.fraction is None else rate.fraction


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else -1, part) for part in _NUMBER.split(name.casefold())]
