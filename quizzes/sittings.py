"""An attempt and its paper as read and changed by one use case: the statements of the hot path.

They are prepared once, since building statements anew is what costs when a whole branch answers at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from db.once import Prepared
from quizzes.paper import Asked, paper
from quizzes.rounds import ends_at
from quizzes.tables import Answer, Attempt, QuizRound

_ATTEMPT, _ROUND, _ANSWER = Attempt.__table__.c, QuizRound.__table__.c, Answer.__table__.c

_SITTING = select(
    _ATTEMPT.id,
    _ATTEMPT.member_id,
    _ATTEMPT.round_id,
    _ATTEMPT.ranked,
    _ATTEMPT.seed,
    _ATTEMPT.started_at,
    _ATTEMPT.finished_at,
    _ATTEMPT.answered,
    _ATTEMPT.correct,
    _ROUND.minutes,
    _ROUND.closes_at,
).where(_ROUND.id == _ATTEMPT.round_id)
_BY_ID = _SITTING.where(_ATTEMPT.id == bindparam("attempt"))
_LATEST = (
    _SITTING.where(_ATTEMPT.member_id == bindparam("member"), _ATTEMPT.round_id == bindparam("round"))
    .where(_ATTEMPT.ranked == bindparam("is_ranked"))
    .order_by(_ATTEMPT.id.desc())
    .limit(1)
)
_BEGIN = Prepared(Attempt, lambda insert: insert.on_conflict_do_nothing())
_ANSWER_ONCE = Prepared(Answer, lambda insert: insert.on_conflict_do_nothing().returning(_ANSWER.position))
_COUNT = (
    update(Attempt)
    .where(_ATTEMPT.id == bindparam("attempt"))
    .values(answered=_ATTEMPT.answered + 1, correct=_ATTEMPT.correct + bindparam("points"))
    .returning(_ATTEMPT.answered, _ATTEMPT.correct)
)
_FINISH = (
    update(Attempt)
    .where(_ATTEMPT.id == bindparam("attempt"), _ATTEMPT.finished_at.is_(None))
    .values(finished_at=bindparam("at"))
)
_CHOSEN = select(_ANSWER.chosen).where(
    _ANSWER.attempt_id == bindparam("attempt"), _ANSWER.position == bindparam("place")
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """An attempt with its paper. `ends_at`: time limit or, for a practice, the round's closing."""

    id: int
    member_id: int | None
    round_id: int
    ranked: bool
    seed: int
    started_at: datetime
    finished_at: datetime | None
    answered: int
    correct: int
    ends_at: datetime
    closes_at: datetime
    questions: tuple[Asked, ...]


def by_id(session: Session, attempt_id: int) -> Sitting | None:
    """The attempt, or None."""
    row = session.connection().execute(_BY_ID, {"attempt": attempt_id}).first()
    return _sitting(session, row) if row else None


def latest(session: Session, member_id: int, round_id: int, *, ranked: bool) -> Sitting | None:
    """The member's newest attempt of this kind at a round."""
    wanted = {"member": member_id, "round": round_id, "is_ranked": ranked}
    row = session.connection().execute(_LATEST, wanted).first()
    return _sitting(session, row) if row else None


def begin(session: Session, member_id: int, round_id: int, now: datetime, *, ranked: bool) -> Sitting:
    """A new attempt, or the ranked one that somebody else's press has just begun."""
    values = {
        "round_id": round_id,
        "member_id": member_id,
        "ranked": ranked,
        "seed": secrets.randbits(31),
        "started_at": now,
        "correct": 0,
        "answered": 0,
    }
    session.connection().execute(_BEGIN.of(session), values)
    begun = latest(session, member_id, round_id, ranked=ranked)
    if begun is None:
        raise RuntimeError("an attempt just begun is not there")
    return begun


def record(session: Session, sitting: Sitting, position: int, picked: list[int], now: datetime) -> Sitting:
    """Insert the answer and count it; where the question was answered meanwhile, how it stands now."""
    right = frozenset(picked) == sitting.questions[position].correct
    values = {
        "attempt_id": sitting.id,
        "position": position,
        "chosen": picked,
        "correct": right,
        "at": now,
    }
    connection = session.connection()
    if connection.execute(_ANSWER_ONCE.of(session), values).first() is None:
        return by_id(session, sitting.id) or sitting
    counted = connection.execute(_COUNT, {"attempt": sitting.id, "points": int(right)}).one()
    sitting = replace(sitting, answered=counted.answered, correct=counted.correct)
    return finish(session, sitting, now) if counted.answered >= len(sitting.questions) else sitting


def finish(session: Session, sitting: Sitting, at: datetime) -> Sitting:
    """End the attempt at this moment, once."""
    session.connection().execute(_FINISH, {"attempt": sitting.id, "at": at})
    return replace(sitting, finished_at=at)


def chosen(session: Session, sitting: Sitting, position: int) -> list[int] | None:
    """What was answered to a question, as indexes of the bank; None when nothing was."""
    found = session.connection().execute(_CHOSEN, {"attempt": sitting.id, "place": position}).scalar()
    return list(found) if found is not None else None


def _sitting(session: Session, row: Any) -> Sitting:
    limit = ends_at(row.started_at, row.minutes, row.closes_at) if row.ranked else row.closes_at
    return Sitting(
        row.id,
        row.member_id,
        row.round_id,
        row.ranked,
        row.seed,
        row.started_at,
        row.finished_at,
        row.answered,
        row.correct,
        limit,
        row.closes_at,
        paper(session, row.round_id, practice=not row.ranked),
    )
