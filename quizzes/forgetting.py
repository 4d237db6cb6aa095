"""Making a member's quiz results anonymous when they withdraw their consent (domain.md M-12)."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from quizzes.leaderboard import not_ranked
from quizzes.tables import Answer, Attempt, QuizRound, Reward


def forget_taker(session: Session, member_id: int) -> None:
    """Answers, practice, praise and what is not published yet go; published results stay without the name.

    What somebody did for the committee (questions written or approved, rounds made) stays as it is. Their
    own results in such rounds go, since without the name they would take a place.
    """
    own = select(Attempt.id).where(Attempt.member_id == member_id)
    session.execute(delete(Answer).where(Answer.attempt_id.in_(own)))
    session.execute(delete(Reward).where(Reward.member_id == member_id))
    session.execute(
        delete(Attempt).where(Attempt.id.in_(own), Attempt.round_id.not_in(_kept(session, member_id)))
    )
    session.execute(delete(Attempt).where(Attempt.id.in_(own), Attempt.ranked.is_(False)))
    session.execute(update(Attempt).where(Attempt.member_id == member_id).values(member_id=None))


def _kept(session: Session, member_id: int) -> list[int]:
    published = session.scalars(
        select(QuizRound.id)
        .join(Attempt, Attempt.round_id == QuizRound.id)
        .where(Attempt.member_id == member_id, Attempt.ranked, QuizRound.published_at.is_not(None))
    )
    return [round_id for round_id in published if member_id not in not_ranked(session, round_id)]
