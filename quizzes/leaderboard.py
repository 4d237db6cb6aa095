"""Results of closed rounds: the leaderboard for a branch and participation for reports (M-09, 8.4).

Names appear only with consent and only near the top; everybody else sees their own place alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import Refused
from members.identity import Who
from members.permissions import Right, branches_covered
from members.tables import Consent, Member
from quizzes.audience import reachable_members
from quizzes.overview import taking_part, visible
from quizzes.ranking import Placed, Result, rank
from quizzes.rounds import as_round, ends_at
from quizzes.tables import Attempt, Question, QuizRound, RoundQuestion

# Nobody's low score is shown beside a name, even if few took part (domain.md 4.10).
NAMED_FROM = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class TopLine:
    """A named place."""

    place: int
    full_name: str
    correct: int
    seconds: int


@dataclass(frozen=True, slots=True)
class OwnLine:
    """The reader's own result; `place` None is 'không xếp hạng'."""

    place: int | None
    correct: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Board:
    """A closed round. `unnamed`: places near the top whose holders did not agree to be named."""

    round_id: int
    title: str
    questions: int
    top: tuple[TopLine, ...]
    unnamed: int
    own: OwnLine | None
    takers: int
    reachable: int
    led: bool  # the reader is of the committee that may praise


@dataclass(frozen=True, slots=True)
class RoundParticipation:
    """One closed round of a branch. `mean`: share of right answers, absent members 0, writers left out.

    None where nobody could be reached: shown as '–', never as 0.
    """

    branch_id: int
    round_id: int
    takers: int
    reachable: int
    mean: Fraction | None


def board(session: Session, who: Who, round_id: int, names: int, now: datetime) -> Board:
    """The leaderboard of a closed round with up to `names` places by name; Refused before closing."""
    found = visible(session, who, round_id)
    if now < found.closes_at:
        raise Refused("quiz.board_later")
    placed = rank(results(session, found))
    shown = as_round(session, found)
    near_top = [p for p in placed if may_be_named(p, names, shown.questions)]
    willing = willing_names(session, [p.result.member_id for p in near_top])
    top = tuple(_top_line(p, willing[p.result.member_id]) for p in near_top if p.result.member_id in willing)
    counts = taking_part(session, found, now)
    return Board(
        found.id,
        found.title,
        shown.questions,
        top[:names],
        len(near_top) - len(top),
        _own_line(placed, who.member_id),
        counts.takers,
        counts.reachable,
        found.branch_id in branches_covered(session, who, Right.RUN_QUIZ),
    )


def results(session: Session, found: QuizRound) -> list[Result]:
    """The ranked attempts of a round; one still open counts until its time is over."""
    outside = not_ranked(session, found.id)
    attempts = session.scalars(
        select(Attempt).where(Attempt.round_id == found.id, Attempt.ranked).order_by(Attempt.id)
    )
    return [Result(_taker(a), a.correct, _seconds(a, found), a.member_id not in outside) for a in attempts]


def may_be_named(placed: Placed, names: int, questions: int) -> bool:
    """Among the first `names` places, and not with a low score."""
    if placed.place is None or placed.place > names:
        return False
    return placed.result.correct > 0 and placed.result.correct >= NAMED_FROM * questions


def willing_names(session: Session, member_ids: Sequence[int]) -> dict[int, str]:
    """Full names of those who agreed, in force today, to be named on a leaderboard."""
    agreed = session.execute(
        select(Member.id, Member.full_name)
        .join(Consent, Consent.member_id == Member.id)
        .where(Member.id.in_(member_ids), Member.left_on.is_(None))
        .where(Consent.withdrawn_at.is_(None), Consent.name_on_leaderboard)
    )
    return {row.id: row.full_name for row in agreed}


def not_ranked(session: Session, round_id: int) -> set[int]:
    """Members who wrote, imported or approved a question of the ranked paper: they know the key."""
    questions = session.execute(
        select(Question.author_id, Question.approved_by, Question.writer)
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .where(RoundQuestion.round_id == round_id, RoundQuestion.practice.is_(False))
    ).all()
    known = {member for author, approver, _ in questions for member in (author, approver) if member}
    writers = {writer for _, _, writer in questions if writer}
    branch = session.get_one(QuizRound, round_id).branch_id
    named = select(Member.id).where(Member.branch_id == branch, Member.search_name.in_(writers))
    return known | set(session.scalars(named))


def participation(
    session: Session, branch_ids: Sequence[int], since: datetime, until: datetime
) -> list[RoundParticipation]:
    """Published rounds that closed in `since` ≤ closing < `until`, by branch and closing moment."""
    found = session.scalars(
        select(QuizRound)
        .where(QuizRound.branch_id.in_(branch_ids), QuizRound.published_at.is_not(None))
        .where(QuizRound.closes_at >= since, QuizRound.closes_at < until)
        .order_by(QuizRound.branch_id, QuizRound.closes_at, QuizRound.id)
    ).all()
    return [_participation(session, one) for one in found]


def _participation(session: Session, found: QuizRound) -> RoundParticipation:
    counts = taking_part(session, found, found.closes_at)
    outside = not_ranked(session, found.id)
    points = [r.correct for r in results(session, found) if r.ranked]
    writers = outside & set(reachable_members(session, found.branch_id, found.closes_at))
    base = max(counts.reachable - len(writers), len(points)) * as_round(session, found).questions
    mean = Fraction(sum(points, Fraction(0)), base) if base else None
    return RoundParticipation(found.branch_id, found.id, counts.takers, counts.reachable, mean)


def _taker(attempt: Attempt) -> int:
    """The member, or for one who withdrew a number that is nobody's."""
    return attempt.member_id if attempt.member_id is not None else -attempt.id


def _seconds(attempt: Attempt, found: QuizRound) -> int:
    ended = attempt.finished_at or ends_at(attempt.started_at, found.minutes, found.closes_at)
    return int((ended - attempt.started_at).total_seconds())


def _top_line(placed: Placed, name: str) -> TopLine:
    return TopLine(placed.place or 0, name, int(placed.result.correct), placed.result.seconds)


def _own_line(placed: Sequence[Placed], member_id: int) -> OwnLine | None:
    own = next((p for p in placed if p.result.member_id == member_id), None)
    return OwnLine(own.place, int(own.result.correct), own.result.seconds) if own else None
