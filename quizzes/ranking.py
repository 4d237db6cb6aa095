"""Who comes first: the written rules of domain.md 8.4, as pure functions.

Scores are exact fractions, so that equal results are equal whatever the order of addition.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from msgspec import Struct

# Below this many takers a branch's mean says more about one person than about the branch (domain.md 8.4).
MIN_TAKERS = 5

_T = TypeVar("_T")


class Result(Struct, frozen=True):
    """A member's ranked attempt: points, whole seconds used. A writer of questions has `ranked` False."""

    member_id: int
    correct: Fraction | int
    seconds: int
    ranked: bool = True


class Placed(Struct, frozen=True):
    """A result with its place from 1; None is 'không xếp hạng'."""

    place: int | None
    result: Result


class BranchResult(Struct, frozen=True):
    """The points of those of a branch who took part, and how many could be reached (writers not counted)."""

    branch_id: int
    points: tuple[Fraction | int, ...]
    reachable: int


class BranchPlaced(Struct, frozen=True):
    """Place from 1 or None (too few takers), mean over all reachable members, share of them taking part.

    Mean and share are None where nobody can be reached: shown as '–', never as 0.
    """

    place: int | None
    branch_id: int
    mean: Fraction | None
    share: Fraction | None


def points(chosen: Collection[int], right: Collection[int], *, partial: bool = False) -> Fraction:
    """Points of one question, 0 to 1: 1 if the sets are equal.

    With `partial` each right choice counts 1 / number of right ones, each wrong choice takes as much away.
    """
    picked, wanted = set(chosen), set(right)
    if not wanted:
        raise ValueError("a question without a right option cannot be marked")
    if not partial:
        return Fraction(picked == wanted)
    return max(Fraction(len(picked & wanted) - len(picked - wanted), len(wanted)), Fraction(0))


def rank(results: Sequence[Result], *, by_time: bool = True) -> list[Placed]:
    """Most points first, then (setting) least seconds; equals share a place: 1, 2, 2, 4.

    Those not ranked follow at the end and take no place. Equals keep the order they came in.
    """

    def key(result: Result) -> tuple[Fraction | int, int]:
        return -result.correct, result.seconds if by_time else 0

    ranked = [Placed(place, r) for place, r in _places([r for r in results if r.ranked], key)]
    return ranked + [Placed(None, r) for r in results if not r.ranked]


def rank_branches(branches: Sequence[BranchResult], *, min_takers: int = MIN_TAKERS) -> list[BranchPlaced]:
    """Highest mean first, whoever is reachable and absent counting 0; equals share a place.

    Branches with fewer takers than `min_takers` follow without a place. ValueError if more took part than
    could be reached.
    """

    def key(branch: BranchResult) -> Fraction:
        return -(_mean(branch) or Fraction(0))

    enough = [b for b in branches if len(b.points) >= max(min_takers, 1)]
    few = [b for b in branches if len(b.points) < max(min_takers, 1)]
    return [_placed(place, b) for place, b in _places(enough, key)] + [_placed(None, b) for b in few]


def _places(items: Sequence[_T], key: Callable[[_T], Any]) -> list[tuple[int, _T]]:
    """Items in the order of their keys, equals with the place of the first of them."""
    placed: list[tuple[int, _T]] = []
    for number, item in enumerate(sorted(items, key=key), start=1):
        shares = bool(placed) and key(placed[-1][1]) == key(item)
        placed.append((placed[-1][0] if shares else number, item))
    return placed


def _placed(place: int | None, branch: BranchResult) -> BranchPlaced:
    share = Fraction(len(branch.points), branch.reachable) if branch.reachable else None
    return BranchPlaced(place, branch.branch_id, _mean(branch), share)


def _mean(branch: BranchResult) -> Fraction | None:
    if len(branch.points) > branch.reachable:
        raise ValueError("more members took part than could be reached")
    if not branch.reachable:
        return None
    return Fraction(sum(branch.points)) / branch.reachable
