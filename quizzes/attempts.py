"""Attempts: started, answered one question at a time, finished by the last answer or by the clock.

Answers are inserted once and never changed; the score grows only for answers really inserted. Whatever
arrives (twice, late, for an old question) leads to where the attempt stands now.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed, NotFound, Refused
from db.once import insert_once
from members.tables import Member, MemberStatus
from quizzes.paper import LETTERS, Asked, Explained, Shown, any_secret, explain, order_of, paper, show
from quizzes.rounds import ends_at
from quizzes.tables import Answer, Attempt, QuizRound

_MAY_NOT = (MemberStatus.SUSPENDED, MemberStatus.TEMPORARILY_ELSEWHERE)


class Note(StrEnum):
    """What just happened."""

    STARTED = "started"
    RESUMED = "resumed"
    RECORDED = "recorded"
    NOT_CHANGED = "not_changed"  # that question was answered before; the first answer stays
    TIME_UP = "time_up"
    FINISHED_BEFORE = "finished_before"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished attempt. `correct` is None where saying it would give away the key before closing."""

    correct: int | None
    answered: int
    total: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an attempt stands: a question to answer, or its result.

    `noted` is the position that `note` is about. `learned` explains that question (practice on questions
    that are no secret, never in the ranked attempt). `ends_at` is None without a time limit.
    """

    attempt_id: int
    round_id: int
    ranked: bool
    note: Note
    question: Shown | None
    result: Result | None
    ends_at: datetime | None
    closed: bool  # the round is over: answers and leaderboard can be seen
    noted: int = -1
    learned: Explained | None = None


@dataclass(frozen=True, slots=True)
class _Sitting:
    """An attempt with its paper, as read in this transaction."""

    id: int
    member_id: int
    round_id: int
    ranked: bool
    seed: int
    started_at: datetime
    finished_at: datetime | None
    answered: int
    correct: int
    questions: tuple[Asked, ...]
    ends_at: datetime
    closes_at: datetime


def start(session: Session, member_id: int, round_id: int, now: datetime, *, ranked: bool) -> Standing:
    """Begin the one ranked attempt, or a practice; one that was begun goes on where it stopped."""
    found = _round_for(session, member_id, round_id)
    sitting = _latest(session, member_id, found, ranked)
    if sitting is None or (not ranked and sitting.finished_at is not None):
        _check_open(found, now)
        sitting = _begin(session, member_id, found, now, ranked)
        return _standing(session, sitting, Note.STARTED, now)
    return _resume(session, sitting, now)


def standing(session: Session, attempt_id: int, member_id: int, now: datetime) -> Standing:
    """Where the attempt stands; one whose time is over is finished here."""
    return _resume(session, _own(session, attempt_id, member_id), now)


def answer(
    session: Session, attempt_id: int, member_id: int, position: int, chosen: Iterable[int], now: datetime
) -> Standing:
    """Answer the question at `position` with the options at these places on the screen (0 is A).

    Nothing changes for a question answered before, for one not asked yet, and after the time limit.
    """
    sitting = _own(session, attempt_id, member_id)
    picked = _picked(sitting, position, frozenset(chosen))
    if sitting.finished_at is not None:
        return _after_the_end(session, sitting, position, picked, now)
    if now >= sitting.ends_at:
        return _standing(session, _finish(session, sitting, sitting.ends_at), Note.TIME_UP, now)
    if position == sitting.answered:
        sitting = _record(session, sitting, position, picked, now)
    note = _note_on(session, sitting, position, picked)
    return _standing(session, sitting, note, now, position)


def _round_for(session: Session, member_id: int, round_id: int) -> QuizRound:
    found = session.get(QuizRound, round_id)
    member = session.get(Member, member_id)
    if found is None or member is None:
        raise NotFound("quiz.no_such_round")
    if member.branch_id != found.branch_id or member.status in _MAY_NOT:
        raise NotAllowed("quiz.other_branch")
    return found


def _check_open(found: QuizRound, now: datetime) -> None:
    if now < found.opens_at:
        raise Refused("quiz.not_open_yet")
    if now >= found.closes_at:
        raise Refused("quiz.closed")


def _begin(session: Session, member_id: int, found: QuizRound, now: datetime, ranked: bool) -> _Sitting:
    insert_once(
        session,
        Attempt,
        round_id=found.id,
        member_id=member_id,
        ranked=ranked,
        seed=secrets.randbits(31),
        started_at=now,
        correct=0,
        answered=0,
    )
    sitting = _latest(session, member_id, found, ranked)
    if sitting is None:
        raise RuntimeError("an attempt just begun is not there")
    return sitting


def _latest(session: Session, member_id: int, found: QuizRound, ranked: bool) -> _Sitting | None:
    row = session.scalar(
        select(Attempt)
        .where(Attempt.member_id == member_id, Attempt.round_id == found.id, Attempt.ranked.is_(ranked))
        .order_by(Attempt.id.desc())
        .limit(1)
    )
    return _sitting(session, row, found) if row else None


def _own(session: Session, attempt_id: int, member_id: int) -> _Sitting:
    row = session.get(Attempt, attempt_id)
    if row is None or row.member_id != member_id:
        raise NotAllowed("quiz.not_your_attempt")
    return _sitting(session, row, session.get_one(QuizRound, row.round_id))


def _sitting(session: Session, row: Attempt, found: QuizRound) -> _Sitting:
    session.refresh(row)
    limit = ends_at(row.started_at, found.minutes, found.closes_at) if row.ranked else found.closes_at
    return _Sitting(
        row.id,
        row.member_id,
        found.id,
        row.ranked,
        row.seed,
        row.started_at,
        row.finished_at,
        row.answered,
        row.correct,
        paper(session, found.id, practice=not row.ranked),
        limit,
        found.closes_at,
    )


def _picked(sitting: _Sitting, position: int, places: frozenset[int]) -> list[int]:
    """Places on the screen as indexes of the bank; BadInput when they cannot be meant."""
    if not 0 <= position < len(sitting.questions):
        raise BadInput("error.old_button")
    asked = sitting.questions[position]
    last = len(asked.options) - 1
    if not places or not all(0 <= place <= last for place in places):
        raise BadInput("quiz.no_such_option", first=LETTERS[0], last=LETTERS[last])
    if len(places) > 1 and not asked.many:
        raise BadInput("quiz.one_option_only")
    order = order_of(asked, sitting.seed, position)
    return sorted(order[place] for place in places)


def _record(session: Session, sitting: _Sitting, position: int, picked: list[int], now: datetime) -> _Sitting:
    right = frozenset(picked) == sitting.questions[position].correct
    inserted = insert_once(
        session, Answer, attempt_id=sitting.id, position=position, chosen=picked, correct=right, at=now
    )
    if not inserted:
        return _own(session, sitting.id, sitting.member_id)
    answered, correct = session.execute(
        update(Attempt)
        .where(Attempt.id == sitting.id)
        .values(answered=Attempt.answered + 1, correct=Attempt.correct + int(right))
        .returning(Attempt.answered, Attempt.correct)
        .execution_options(synchronize_session=False)
    ).one()
    sitting = replace(sitting, answered=answered, correct=correct)
    return _finish(session, sitting, now) if answered >= len(sitting.questions) else sitting


def _finish(session: Session, sitting: _Sitting, at: datetime) -> _Sitting:
    session.execute(
        update(Attempt)
        .where(Attempt.id == sitting.id, Attempt.finished_at.is_(None))
        .values(finished_at=at)
        .execution_options(synchronize_session=False)
    )
    return replace(sitting, finished_at=at)


def _resume(session: Session, sitting: _Sitting, now: datetime) -> Standing:
    if sitting.finished_at is not None:
        return _standing(session, sitting, Note.FINISHED_BEFORE, now)
    if now >= sitting.ends_at:
        return _standing(session, _finish(session, sitting, sitting.ends_at), Note.TIME_UP, now)
    return _standing(session, sitting, Note.RESUMED, now)


def _after_the_end(
    session: Session, sitting: _Sitting, position: int, picked: list[int], now: datetime
) -> Standing:
    """The last answer handled again is told as before; anything else hears that the attempt is over."""
    stored = _stored(session, sitting.id, position)
    if stored is None:
        return _standing(session, sitting, Note.TIME_UP, now)
    is_last = position == len(sitting.questions) - 1 and stored == picked
    note = Note.RECORDED if is_last else Note.FINISHED_BEFORE
    return _standing(session, sitting, note, now, position if is_last else -1)


def _note_on(session: Session, sitting: _Sitting, position: int, picked: list[int]) -> Note:
    """The same answer again (an update handled twice) is recorded, another one changes nothing."""
    stored = _stored(session, sitting.id, position)
    if stored is None:
        return Note.RESUMED
    return Note.RECORDED if stored == picked else Note.NOT_CHANGED


def _stored(session: Session, attempt_id: int, position: int) -> list[int] | None:
    query = select(Answer.chosen).where(Answer.attempt_id == attempt_id, Answer.position == position)
    return session.scalar(query)


def _standing(session: Session, sitting: _Sitting, note: Note, now: datetime, noted: int = -1) -> Standing:
    over = sitting.finished_at is not None
    open_keys = not sitting.ranked and not any_secret(session, sitting.questions, now)
    return Standing(
        sitting.id,
        sitting.round_id,
        sitting.ranked,
        note,
        None if over else show(sitting.questions, sitting.seed, sitting.answered),
        _result(sitting, tell_count=sitting.ranked or open_keys) if over else None,
        sitting.ends_at if sitting.ranked else None,
        now >= sitting.closes_at,
        noted,
        _learned(session, sitting, noted) if open_keys and noted >= 0 else None,
    )


def _learned(session: Session, sitting: _Sitting, position: int) -> Explained | None:
    chosen: Sequence[int] = _stored(session, sitting.id, position) or ()
    return explain(sitting.questions, sitting.seed, position, chosen) if chosen else None


def _result(sitting: _Sitting, *, tell_count: bool) -> Result:
    ended = sitting.finished_at or sitting.ends_at
    seconds = int((ended - sitting.started_at).total_seconds())
    correct = sitting.correct if tell_count else None
    return Result(correct, sitting.answered, len(sitting.questions), seconds)
