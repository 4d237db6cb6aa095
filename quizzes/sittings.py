"""An attempt and its paper as read and changed by one use case: the statements of the hot path.

They are prepared once, since building statements anew is what costs when a whole branch answers at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.orm import Session

from db.looking import Look
from db.many import insert_many, update_many
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
_TO_ANSWER = Look(
    lambda one_of: (
        _SITTING.where(_ATTEMPT.id.in_(one_of("attempts")))
        .order_by(_ATTEMPT.id)
        .with_for_update(of=Attempt.__table__)
    )
)
_BEGIN = insert_many(
    Attempt,
    ("round_id", "member_id", "ranked", "seed", "started_at", "correct", "answered"),
    lambda insert: insert.on_conflict_do_nothing(),
)
_ANSWER_ONCE = insert_many(
    Answer,
    ("attempt_id", "position", "chosen", "correct", "at"),
    lambda insert: insert.on_conflict_do_nothing().returning(_ANSWER.attempt_id),
)
_COUNT = update_many(
    {"attempt": Integer(), "points": Integer()},
    lambda given: (
        update(Attempt)
        .where(_ATTEMPT.id == given["attempt"])
        .values(answered=_ATTEMPT.answered + 1, correct=_ATTEMPT.correct + given["points"])
    ),
)
_FINISH = (
    update(Attempt)
    .where(_ATTEMPT.id == bindparam("attempt"), _ATTEMPT.finished_at.is_(None))
    .values(finished_at=bindparam("at"))
)
_CHOSEN = select(_ANSWER.chosen).where(
    _ANSWER.attempt_id == bindparam("attempt"), _ANSWER.position == bindparam("place")
)


class Sitting(Struct, frozen=True):
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


class Pick(Struct, frozen=True):
    """Options of the bank chosen for a question, in an attempt as it stood before."""

    sitting: Sitting
    position: int
    picked: list[int]
    at: datetime

    @property
    def is_right(self) -> bool:
        """Only the whole set counts."""
        return frozenset(self.picked) == self.sitting.questions[self.position].correct


def by_id(session: Session, attempt_id: int) -> Sitting | None:
    """The attempt, or None."""
    row = session.connection().execute(_BY_ID, {"attempt": attempt_id}).first()
    return _sittings(session, [row])[0] if row else None


def to_answer(session: Session, attempt_ids: Collection[int]) -> dict[int, Sitting]:
    """These attempts by their ids, locked until the end of the transaction."""
    rows = _TO_ANSWER.rows(session, {"attempts": list(attempt_ids)})
    return {sitting.id: sitting for sitting in _sittings(session, rows)}


def latest(session: Session, member_id: int, round_id: int, *, ranked: bool) -> Sitting | None:
    """The member's newest attempt of this kind at a round."""
    wanted = {"member": member_id, "round": round_id, "is_ranked": ranked}
    row = session.connection().execute(_LATEST, wanted).first()
    return _sittings(session, [row])[0] if row else None


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
    _BEGIN.run(session, [values])
    begun = latest(session, member_id, round_id, ranked=ranked)
    if begun is None:
        raise RuntimeError("an attempt just begun is not there")
    return begun


def record_all(session: Session, given: Sequence[Pick]) -> dict[int, Sitting]:
    """Insert answers and count them, at most one an attempt: how these attempts stand now, by their ids.

    Missing is the attempt whose question was answered meanwhile.
    """
    if not given:
        return {}
    values = [
        {
            "attempt_id": pick.sitting.id,
            "position": pick.position,
            "chosen": pick.picked,
            "correct": pick.is_right,
            "at": pick.at,
        }
        for pick in given
    ]
    inserted = _ANSWER_ONCE.run(session, values).firsts
    fresh = [pick for pick in given if pick.sitting.id in inserted]
    if not fresh:
        return {}
    _COUNT.run(session, [{"attempt": p.sitting.id, "points": int(p.is_right)} for p in fresh])
    counted = [(p, _counted(p)) for p in fresh]
    over = [(p, s) for p, s in counted if s.answered >= len(s.questions)]
    if over:
        session.connection().execute(_FINISH, [{"attempt": s.id, "at": p.at} for p, s in over])
    ended = {s.id: replace(s, finished_at=p.at) for p, s in over}
    return {s.id: ended.get(s.id, s) for _, s in counted}


def _counted(pick: Pick) -> Sitting:
    """The attempt is locked, so nobody else counts meanwhile."""
    at = pick.sitting
    return replace(at, answered=at.answered + 1, correct=at.correct + int(pick.is_right))


def finish(session: Session, sitting: Sitting, at: datetime) -> Sitting:
    """End the attempt at this moment, once."""
    session.connection().execute(_FINISH, {"attempt": sitting.id, "at": at})
    return replace(sitting, finished_at=at)


def chosen(session: Session, sitting: Sitting, position: int) -> list[int] | None:
    """What was answered to a question, as indexes of the bank; None when nothing was."""
    found = session.connection().execute(_CHOSEN, {"attempt": sitting.id, "place": position}).scalar()
    return list(found) if found is not None else None


def _sittings(session: Session, rows: Sequence[Any]) -> list[Sitting]:
    """Each with its paper, which most of them share."""
    papers: dict[tuple[int, bool], tuple[Asked, ...]] = {}
    made = []
    for row in rows:
        attempt, (minutes, closes_at) = row[:-2], row[-2:]
        _, _, round_id, ranked, _, started_at, *_ = attempt
        questions = papers.get((round_id, ranked))
        if questions is None:
            questions = papers[round_id, ranked] = paper(session, round_id, practice=not ranked)
        limit = ends_at(started_at, minutes, closes_at) if ranked else closes_at
        made.append(Sitting(*[*attempt, limit, closes_at, questions]))
    return made
