"""The attendance rate: who is in its base, what counts as attending, and the step it reaches (domain.md 8.1,
4.6).

Rates are kept as two counts and compared as fractions, never as rounded text: 9 of 10 is exactly 90 %.
Statuses and presences are the values of `MemberStatus` and `Presence`, as plain words.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import MappingProxyType

from msgspec import Struct

ATTENDING = frozenset({"present", "late"})
EXCUSED = "excused"
ABSENT = "absent"
TEMPORARY_HERE = "temporary_here"

# Who is in the base (domain.md 4.6). Exempt members and guests may come, they are never counted.
IN_BASE: Mapping[str, bool] = MappingProxyType(
    {
        "official": True,
        "probationary": True,
        "exempt": False,
        TEMPORARY_HERE: True,
        "temporarily_elsewhere": False,
        "suspended": False,
        "guest": False,
    }
)


class Rate(Struct, frozen=True):
    """`present` of `base` people. Two rates of equal share differ as counts: compare their `fraction`."""

    present: int
    base: int

    def __post_init__(self) -> None:
        if not 0 <= self.present <= self.base:
            raise ValueError(f"{self.present} of {self.base} is no rate")

    @property
    def fraction(self) -> Fraction | None:
        """The share, 0 to 1; None where nobody was expected: shown as "–", never as 0 %."""
        return Fraction(self.present, self.base) if self.base else None

    def percent(self, places: int = 1) -> Decimal | None:
        """For display only: the share in percent, rounded half up to so many places."""
        if not self.base:
            return None
        exact = Decimal(self.present * 100) / Decimal(self.base)
        return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

    def at_least(self, share: Fraction) -> bool:
        """Whether the share is reached; False where nobody was expected."""
        return self.fraction is not None and self.fraction >= share

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.present + other.present, self.base + other.base)


NOBODY = Rate(0, 0)


class BaseRules(Struct, frozen=True):
    """What an installation decides: `exclude_excused` is the way of older forms."""

    exclude_excused: bool = False
    count_temporary_here: bool = True
    count_special_duty: bool = False


class Line(Struct, frozen=True):
    """One person on the list of one meeting; `presence` None: nothing was recorded."""

    status: str
    presence: str | None
    on_roll_from: date | None = None
    left_on: date | None = None
    special_duty: bool = False


class Step(Struct, frozen=True):
    """A line of the scoring form: from `share` on, `points`."""

    share: Fraction
    points: int


# Local example of domain.md 4.4, group 2; the lowest step also serves any absence without reason.
STEPS = (Step(Fraction(90, 100), 4), Step(Fraction(75, 100), 3), Step(Fraction(65, 100), 2))
LOWEST = 1


def in_base(line: Line, held_on: date, rules: BaseRules) -> bool:
    """Whether this person was expected at the meeting of `held_on`. ValueError for a status nobody knows."""
    if line.status not in IN_BASE:
        raise ValueError(f"unknown member status {line.status!r}")
    on_roll = (line.on_roll_from or held_on) <= held_on and (line.left_on is None or held_on < line.left_on)
    allowed = rules.count_temporary_here if line.status == TEMPORARY_HERE else IN_BASE[line.status]
    on_duty = line.special_duty and not rules.count_special_duty
    left_out = rules.exclude_excused and line.presence == EXCUSED
    return on_roll and allowed and not on_duty and not left_out


def rate_of(lines: Iterable[Line], held_on: date, rules: BaseRules | None = None) -> Rate:
    """The rate of one meeting: attending members of the base, of the base."""
    expected = [line for line in lines if in_base(line, held_on, rules or BaseRules())]
    return Rate(sum(line.presence in ATTENDING for line in expected), len(expected))


def absent_without_reason(lines: Iterable[Line], held_on: date, rules: BaseRules | None = None) -> int:
    """How many of the base are recorded absent without a reason."""
    expected = (line for line in lines if in_base(line, held_on, rules or BaseRules()))
    return sum(line.presence == ABSENT for line in expected)


def rate_of_all(rates: Iterable[Rate]) -> Rate:
    """The rate of an organisation: sum of present of sum of base, not the mean of the branches' rates."""
    return sum(rates, NOBODY)


def points(
    rate: Rate, without_reason: int, steps: Iterable[Step] = STEPS, lowest: int = LOWEST
) -> int | None:
    """Points for attendance: of the highest step reached, the lowest if anybody was absent without reason."""
    if rate.fraction is None:
        return None
    if without_reason:
        return lowest
    return max((step.points for step in steps if rate.at_least(step.share)), default=lowest)
