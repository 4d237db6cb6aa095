"""Making a member's quiz results anonymous when they withdraw their consent (domain.md M-12)."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from quizzes.sealing import mark_figures
from quizzes.tables import Answer, Attempt, QuizRound, Reward


def forget_taker(session: Session, member_id: int) -> None:
    """Answers, practice, praise and what is not published yet go; places taken stay without the name.

    What somebody did for the committee (questions written or approved, rounds made) stays as it is. Their
    own results in such rounds go, since without the name they would seem to take a place.
    """
    own = select(Attempt.id).where(Attempt.member_id == member_id)
    session.execute(delete(Answer).where(Answer.attempt_id.in_(own)))
    session.execute(delete(Reward).where(Reward.member_id == member_id))
    _no_longer_taken(session, member_id)
    session.execute(delete(Attempt).where(Attempt.member_id == member_id, Attempt.seconds.is_(None)))
    session.execute(update(Attempt).where(Attempt.member_id == member_id).values(member_id=None))


def _no_longer_taken(session: Session, member_id: int) -> None:
    """Published rounds lose a taker who took no place."""
    rounds = session.scalars(
        select(QuizRound)
        .join(Attempt, Attempt.round_id == QuizRound.id)
        .where(Attempt.member_id == member_id, Attempt.ranked, Attempt.seconds.is_(None))
        .where(QuizRound.takers.is_not(None))
        .with_for_update(of=QuizRound)
    )
    for found in rounds.all():
        found.takers = (found.takers or 0) - 1
        mark_figures(session, found)
    session.flush()
