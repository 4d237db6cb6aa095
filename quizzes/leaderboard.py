"""Results of published rounds: the leaderboard for a branch and participation for reports (M-09, 8.4).

Names appear only with consent and only near the top; everybody else sees their own place alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import Refused
from members.identity import Who
from members.permissions import Right, branches_covered
from members.tables import Consent, Member
from quizzes.overview import taking_part, visible
from quizzes.places import Place, on_places, place_of, top_places
from quizzes.rounds import as_round
from quizzes.tables import Attempt, QuizRound, RoundQuestion


class TopLine(Struct, frozen=True):
    """A named place."""

    place: int
    full_name: str
    correct: int
    seconds: int


class OwnLine(Struct, frozen=True):
    """The reader's own result; `place` None is 'không xếp hạng'."""

    place: int | None
    correct: int
    seconds: int


class Board(Struct, frozen=True):
    """A published round. `unnamed`: places near the top whose holders did not agree to be named."""

    round_id: int
    title: str
    questions: int
    top: tuple[TopLine, ...]
    unnamed: int
    own: OwnLine | None
    takers: int
    reachable: int
    led: bool  # the reader is of the committee that may praise


class RoundParticipation(Struct, frozen=True):
    """One published round of a branch. `mean`: share of right answers, absent members 0, writers left out.

    None where nobody could be reached: shown as '–', never as 0.
    """

    branch_id: int
    round_id: int
    takers: int
    reachable: int
    mean: Fraction | None


def board(session: Session, who: Who, round_id: int, names: int, now: datetime) -> Board:
    """The leaderboard of a round with up to `names` places by name; Refused before it is published."""
    found = visible(session, who, round_id)
    if found.published_at is None:
        raise Refused("quiz.board_later")
    shown = as_round(session, found)
    near_top = top_places(session, found.id, names, shown.questions)
    lines, willing = _named(session, found.id, near_top, names)
    counts = taking_part(session, found, now)
    return Board(
        found.id,
        found.title,
        shown.questions,
        lines,
        sum(one.takers for one in near_top) - willing,
        own_line(session, found.id, who.member_id),
        counts.takers,
        counts.reachable,
        found.branch_id in branches_covered(session, who, Right.RUN_QUIZ),
    )


def willing_names(session: Session, member_ids: Sequence[int]) -> dict[int, str]:
    """Full names of those who agreed, in force today, to be named on a leaderboard."""
    agreed = session.execute(
        select(Member.id, Member.full_name)
        .join(Consent, Consent.member_id == Member.id)
        .where(Member.id.in_(member_ids), Member.left_on.is_(None))
        .where(Consent.withdrawn_at.is_(None), Consent.name_on_leaderboard)
    )
    return {row.id: row.full_name for row in agreed}


def participation(
    session: Session, branch_ids: Sequence[int], since: datetime, until: datetime
) -> list[RoundParticipation]:
    """Published rounds that closed in `since` ≤ closing < `until`, by branch and closing moment."""
    questions = (
        select(func.count())
        .where(RoundQuestion.round_id == QuizRound.id, RoundQuestion.practice.is_(False))
        .scalar_subquery()
    )
    rows = session.execute(
        select(QuizRound, questions)
        .where(QuizRound.branch_id.in_(branch_ids), QuizRound.published_at.is_not(None))
        .where(QuizRound.closes_at >= since, QuizRound.closes_at < until)
        .order_by(QuizRound.branch_id, QuizRound.closes_at, QuizRound.id)
    )
    return [_participation(found, count) for found, count in rows]


def _participation(found: QuizRound, questions: int) -> RoundParticipation:
    takers, full = found.takers or 0, (found.base or 0) * questions
    reachable = max(found.reachable or 0, takers)
    mean = Fraction(found.points or 0, full) if full else None
    return RoundParticipation(found.branch_id, found.id, takers, reachable, mean)


def _named(
    session: Session, round_id: int, top: Sequence[Place], names: int
) -> tuple[tuple[TopLine, ...], int]:
    """The first of those on these places who agreed to be named, best first, and how many agreed in all."""
    if not top:
        return (), 0
    agreed = (Member.left_on.is_(None), Consent.withdrawn_at.is_(None), Consent.name_on_leaderboard)
    rows = session.execute(
        select(Member.full_name, Attempt.correct, Attempt.seconds, func.count().over())
        .join(Member, Member.id == Attempt.member_id)
        .join(Consent, Consent.member_id == Member.id)
        .where(on_places(round_id, top), *agreed)
        .order_by(Attempt.correct.desc(), Attempt.seconds, Attempt.id)
        .limit(names)
    ).all()
    place = {(one.correct, one.seconds): one.place for one in top}
    lines = [
        TopLine(place[correct, seconds], name, correct, seconds)
        for name, correct, seconds, _ in rows
        if seconds is not None
    ]
    return tuple(lines), rows[0][3] if rows else 0


def own_line(session: Session, round_id: int, member_id: int) -> OwnLine | None:
    """The member's own result in a published round."""
    own = session.scalar(
        select(Attempt).where(Attempt.round_id == round_id, Attempt.member_id == member_id, Attempt.ranked)
    )
    if own is None or own.finished_at is None:
        return None
    if own.seconds is None:
        return OwnLine(None, own.correct, int((own.finished_at - own.started_at).total_seconds()))
    return OwnLine(place_of(session, round_id, own.correct, own.seconds), own.correct, own.seconds)
