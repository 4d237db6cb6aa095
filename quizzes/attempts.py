"""Attempts: started, answered one question at a time, finished by the last answer or by the clock.

Answers are inserted once and never changed; the score grows only for answers really inserted. Whatever
arrives (twice, late, for an old question) leads to where the attempt stands now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy.orm import Session

from db.errors import BadInput, MungBaError, NotAllowed, NotFound, Refused
from members.tables import Member, MemberStatus
from quizzes import sittings
from quizzes.paper import LETTERS, Explained, Shown, any_secret, explain, order_of, show
from quizzes.sittings import Pick, Sitting
from quizzes.tables import QuizRound

_MAY_NOT = (MemberStatus.SUSPENDED, MemberStatus.TEMPORARILY_ELSEWHERE)


class Note(StrEnum):
    """What just happened."""

    STARTED = "started"
    RESUMED = "resumed"
    RECORDED = "recorded"
    NOT_CHANGED = "not_changed"  # that question was answered before; the first answer stays
    TIME_UP = "time_up"
    FINISHED_BEFORE = "finished_before"


class Result(Struct, frozen=True):
    """A finished attempt. `correct` is None where saying it would give away the key before closing."""

    correct: int | None
    answered: int
    total: int
    seconds: int


class Standing(Struct, frozen=True):
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


class Given(Struct, frozen=True):
    """An answer as it is given: options by their places on the screen (0 is A)."""

    attempt_id: int
    member_id: int
    position: int
    chosen: frozenset[int]
    at: datetime


def start(session: Session, member_id: int, round_id: int, now: datetime, *, ranked: bool) -> Standing:
    """Begin the one ranked attempt, or a practice; one that was begun goes on where it stopped."""
    found = _round_for(session, member_id, round_id)
    sitting = sittings.latest(session, member_id, round_id, ranked=ranked)
    if sitting is None or (not ranked and sitting.finished_at is not None):
        _check_open(found, now)
        sitting = sittings.begin(session, member_id, round_id, now, ranked=ranked)
        return _standing(session, sitting, Note.STARTED, now)
    return _resume(session, sitting, now)


def standing(session: Session, attempt_id: int, member_id: int, now: datetime) -> Standing:
    """Where the attempt stands; one whose time is over is finished here."""
    return _resume(session, _own(session, attempt_id, member_id), now)


def latest(
    session: Session,
    member_id: int,
    round_id: int,
    now: datetime,
    *,
    ranked: bool,
    noted: int = -1,
    note: Note = Note.RECORDED,
) -> Standing | None:
    """Where the member's newest attempt of this kind stands; None before the first.

    `noted`: the position of an answer just given, of which `note` is told once more.
    """
    _round_for(session, member_id, round_id)
    sitting = sittings.latest(session, member_id, round_id, ranked=ranked)
    if sitting is None:
        return None
    at = _resume(session, sitting, now)
    given = noted >= 0 and sittings.chosen(session, sitting, noted) is not None
    if not given or at.note is Note.TIME_UP:
        return at
    return _standing(session, sitting, note, now, noted)


def answer(
    session: Session, attempt_id: int, member_id: int, position: int, chosen: Iterable[int], now: datetime
) -> Standing:
    """See `answer_all`, for one."""
    [told] = answer_all(session, [Given(attempt_id, member_id, position, frozenset(chosen), now)])
    if isinstance(told, MungBaError):
        raise told
    return told


def answer_all(session: Session, given: Sequence[Given]) -> list[Standing | MungBaError]:
    """Answer the questions of many attempts at once; what is refused is returned in its place.

    Nothing changes for a question answered before, for one not asked yet, and after the time limit.
    """
    told: dict[Given, Standing | MungBaError] = {}
    left = list(dict.fromkeys(given))  # the same press twice is told the same
    while left:
        wave = list({one.attempt_id: one for one in reversed(left)}.values())
        told.update(_answer_wave(session, wave))
        left = [one for one in left if one not in told]
    return [told[one] for one in given]


def _answer_wave(session: Session, wave: Sequence[Given]) -> dict[Given, Standing | MungBaError]:
    """At most one answer an attempt."""
    found = sittings.to_answer(session, [one.attempt_id for one in wave])
    told: dict[Given, Standing | MungBaError] = {}
    fresh: dict[Given, Pick] = {}
    for one in wave:
        try:
            sitting = _owned(found.get(one.attempt_id), one.member_id)
            picked = _picked(sitting, one.position, one.chosen)
        except MungBaError as refused:
            told[one] = refused
            continue
        if sitting.finished_at is None and one.at < sitting.ends_at and one.position == sitting.answered:
            fresh[one] = Pick(sitting, one.position, picked, one.at)
        else:
            told[one] = _not_now(session, sitting, one, picked)
    recorded = sittings.record_all(session, list(fresh.values()))
    for one, pick in fresh.items():
        now_at = recorded.get(one.attempt_id)
        told[one] = (
            _standing(session, now_at, Note.RECORDED, one.at, one.position)
            if now_at is not None
            else _not_now(session, _own(session, one.attempt_id, one.member_id), one, pick.picked)
        )
    return told


def _not_now(session: Session, sitting: Sitting, one: Given, picked: list[int]) -> Standing:
    if sitting.finished_at is not None:
        return _after_the_end(session, sitting, one.position, picked, one.at)
    if one.at >= sitting.ends_at:
        return _standing(session, sittings.finish(session, sitting, sitting.ends_at), Note.TIME_UP, one.at)
    note = _note_on(session, sitting, one.position, picked)
    return _standing(session, sitting, note, one.at, one.position)


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


def _own(session: Session, attempt_id: int, member_id: int) -> Sitting:
    return _owned(sittings.by_id(session, attempt_id), member_id)


def _owned(sitting: Sitting | None, member_id: int) -> Sitting:
    if sitting is None or sitting.member_id != member_id:
        raise NotAllowed("quiz.not_your_attempt")
    return sitting


def _picked(sitting: Sitting, position: int, places: frozenset[int]) -> list[int]:
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


def _resume(session: Session, sitting: Sitting, now: datetime) -> Standing:
    if sitting.finished_at is not None:
        return _standing(session, sitting, Note.FINISHED_BEFORE, now)
    if now >= sitting.ends_at:
        return _standing(session, sittings.finish(session, sitting, sitting.ends_at), Note.TIME_UP, now)
    return _standing(session, sitting, Note.RESUMED, now)


def _after_the_end(
    session: Session, sitting: Sitting, position: int, picked: list[int], now: datetime
) -> Standing:
    """The last answer handled again is told as before; anything else hears that the attempt is over."""
    stored = sittings.chosen(session, sitting, position)
    if stored is None:
        return _standing(session, sitting, Note.TIME_UP, now)
    is_last = position == len(sitting.questions) - 1 and stored == picked
    note = Note.RECORDED if is_last else Note.FINISHED_BEFORE
    return _standing(session, sitting, note, now, position if is_last else -1)


def _note_on(session: Session, sitting: Sitting, position: int, picked: list[int]) -> Note:
    """The same answer again (an update handled twice) is recorded, another one changes nothing."""
    stored = sittings.chosen(session, sitting, position)
    if stored is None:
        return Note.RESUMED
    return Note.RECORDED if stored == picked else Note.NOT_CHANGED


def _standing(session: Session, sitting: Sitting, note: Note, now: datetime, noted: int = -1) -> Standing:
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


def _learned(session: Session, sitting: Sitting, position: int) -> Explained | None:
    chosen: Sequence[int] = sittings.chosen(session, sitting, position) or ()
    return explain(sitting.questions, sitting.seed, position, chosen) if chosen else None


def _result(sitting: Sitting, *, tell_count: bool) -> Result:
    ended = sitting.finished_at or sitting.ends_at
    seconds = int((ended - sitting.started_at).total_seconds())
    correct = sitting.correct if tell_count else None
    return Result(correct, sitting.answered, len(sitting.questions), seconds)
