"""Places of a sealed round: who is near the top and where somebody stands, at a cost that hardly grows.

The written rules are those of `quizzes/ranking.py`: most points, then least seconds, equals share a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from quizzes.tables import Attempt, RoundPlace

# Nobody's low score is shown beside a name, even if few took part (domain.md 4.10).
NAMED_FROM = Fraction(1, 2)
_BEST_FIRST = (Attempt.correct.desc(), Attempt.seconds, Attempt.id)


class Place(Struct, frozen=True):
    """A result near the top and how many reached it."""

    place: int
    correct: int
    seconds: int
    takers: int


class Holder(Struct, frozen=True):
    """Somebody on a place; those who withdrew since hold theirs without a name."""

    place: int
    member_id: int
    correct: int
    seconds: int


def top_places(session: Session, round_id: int, names: int, questions: int) -> list[Place]:
    """The first `names` places, without low scores; equals are one entry."""
    found: list[Place] = []
    place, correct = 1, _next_best(session, round_id)
    while correct is not None and correct > 0 and correct >= NAMED_FROM * questions and place <= names:
        for seconds, takers in _fastest(session, round_id, correct, names):
            if place <= names:
                found.append(Place(place, correct, seconds, takers))
            place += takers
        correct = _next_best(session, round_id, correct)
    return found


def _next_best(session: Session, round_id: int, below: int | None = None) -> int | None:
    """The most points anybody has, or has below those."""
    most = select(func.max(RoundPlace.correct)).where(RoundPlace.round_id == round_id)
    return session.scalar(most if below is None else most.where(RoundPlace.correct < below))


def _fastest(session: Session, round_id: int, correct: int, most: int) -> list[tuple[int, int]]:
    """The shortest times with these points, and how many needed each."""
    rows = session.execute(
        select(RoundPlace.seconds, RoundPlace.takers)
        .where(RoundPlace.round_id == round_id, RoundPlace.correct == correct)
        .order_by(RoundPlace.seconds)
        .limit(most)
    )
    return [(seconds, takers) for seconds, takers in rows]


def place_of(session: Session, round_id: int, correct: int, seconds: int) -> int:
    """The place of a result: one more than those who did better."""
    better = or_(
        RoundPlace.correct > correct, and_(RoundPlace.correct == correct, RoundPlace.seconds < seconds)
    )
    count = select(func.sum(RoundPlace.takers)).where(RoundPlace.round_id == round_id, better)
    return (session.scalar(count) or 0) + 1


def holders(session: Session, round_id: int, top: Sequence[Place]) -> list[Holder]:
    """The members on these places, best first."""
    rows = session.execute(
        select(Attempt.member_id, Attempt.correct, Attempt.seconds)
        .where(on_places(round_id, top), Attempt.member_id.is_not(None))
        .order_by(*_BEST_FIRST)
    )
    place = {(one.correct, one.seconds): one.place for one in top}
    return [
        Holder(place[correct, seconds], member_id, correct, seconds)
        for member_id, correct, seconds in rows
        if member_id is not None and seconds is not None
    ]


def best_first(session: Session, round_id: int, member_ids: Sequence[int]) -> list[int]:
    """These members in the order of their places; those without a place follow."""
    rows = session.scalars(
        select(Attempt.member_id)
        .where(Attempt.round_id == round_id, Attempt.ranked, Attempt.member_id.in_(member_ids))
        .order_by(Attempt.seconds.is_(None), *_BEST_FIRST)
    )
    return [member_id for member_id in rows if member_id is not None]


def on_places(round_id: int, top: Sequence[Place]) -> ColumnElement[bool]:
    """Attempts that reached one of these results and take a place."""
    reached = [and_(Attempt.correct == one.correct, Attempt.seconds == one.seconds) for one in top]
    return and_(
        Attempt.round_id == round_id, Attempt.seconds.is_not(None), or_(*reached) if top else Attempt.id < 0
    )
