"""A branch's quiz for one member now: which round, how far they are; for its committee the counts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound, Refused
from members.identity import Who
from members.permissions import Right, branches_covered
from quizzes.audience import reachable_members
from quizzes.paper import Explained, explain, paper
from quizzes.rounds import Round, as_round, ends_at
from quizzes.tables import Answer, Attempt, QuizRound


class Own(StrEnum):
    """How far the member's ranked attempt is."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"


class Taking(Struct, frozen=True):
    """'n/m đồng chí đã tham gia': those who began the ranked attempt, of those we can reach."""

    takers: int
    reachable: int


class Overview(Struct, frozen=True):
    """A round for one member. `correct` of a finished attempt; `taking` for the branch's committee."""

    round: Round
    own: Own
    correct: int | None
    is_open: bool
    over: bool
    taking: Taking | None


def current(session: Session, who: Who, now: datetime) -> Overview | None:
    """The branch's open round (one still to do first), else the next one, else the last one."""
    found = _open_round(session, who, now) or _next_round(session, who, now) or _last_round(session, who, now)
    return _overview(session, who, found, now) if found else None


def of_round(session: Session, who: Who, round_id: int, now: datetime) -> Overview:
    """One round of the member's branch; NotAllowed for another branch's."""
    return _overview(session, who, visible(session, who, round_id), now)


def last_closed(session: Session, who: Who, now: datetime) -> int:
    """The branch's round that closed last; NotFound when there was none."""
    found = _last_round(session, who, now)
    if found is None:
        raise NotFound("quiz.none_closed")
    return found.id


def visible(session: Session, who: Who, round_id: int) -> QuizRound:
    """A round of the member's branch, or of one they lead; NotAllowed for any other."""
    found = session.get(QuizRound, round_id)
    if found is None:
        raise NotFound("quiz.no_such_round")
    if found.branch_id != who.branch_id and found.branch_id not in _led(session, who):
        raise NotAllowed("quiz.other_branch")
    return found


def taking_part(session: Session, found: QuizRound, now: datetime) -> Taking:
    """The counts; once published they are those of that moment."""
    if found.takers is not None and found.reachable is not None:
        return Taking(found.takers, max(found.reachable, found.takers))
    taker = func.coalesce(Attempt.member_id, -Attempt.id)
    takers = set(session.scalars(select(taker).where(Attempt.round_id == found.id, Attempt.ranked)))
    return Taking(len(takers), len(takers | set(reachable_members(session, found.branch_id, now))))


def explained(session: Session, who: Who, round_id: int, position: int, now: datetime) -> Explained:
    """A question with its key, source and explanation, in the order the member saw; only after closing."""
    found = visible(session, who, round_id)
    if now < found.closes_at:
        raise Refused("quiz.answers_later")
    questions = paper(session, round_id, practice=False)
    if not 0 <= position < len(questions):
        raise NotFound("error.old_button")
    attempt = _own_attempt(session, who.member_id, round_id)
    stored = session.get(Answer, (attempt.id, position)) if attempt else None
    return explain(questions, attempt.seed if attempt else None, position, stored.chosen if stored else ())


def _led(session: Session, who: Who) -> list[int]:
    return branches_covered(session, who, Right.RUN_QUIZ)


def _overview(session: Session, who: Who, found: QuizRound, now: datetime) -> Overview:
    attempt = _own_attempt(session, who.member_id, found.id)
    own = _how_far(attempt, found, now)
    led = found.branch_id in _led(session, who)
    shown = as_round(session, found)
    return Overview(
        shown,
        own,
        attempt.correct if attempt and own is Own.DONE else None,
        shown.is_open(now),
        found.closes_at <= now,
        taking_part(session, found, now) if led else None,
    )


def _how_far(attempt: Attempt | None, found: QuizRound, now: datetime) -> Own:
    if attempt is None:
        return Own.NONE
    over = attempt.finished_at or now >= ends_at(attempt.started_at, found.minutes, found.closes_at)
    return Own.DONE if over else Own.RUNNING


def _own_attempt(session: Session, member_id: int, round_id: int) -> Attempt | None:
    return session.scalar(
        select(Attempt).where(Attempt.round_id == round_id, Attempt.member_id == member_id, Attempt.ranked)
    )


def _open_round(session: Session, who: Who, now: datetime) -> QuizRound | None:
    done = (
        select(func.count())
        .where(Attempt.round_id == QuizRound.id, Attempt.member_id == who.member_id, Attempt.ranked)
        .where(Attempt.finished_at.is_not(None))
        .scalar_subquery()
    )
    return session.scalar(
        select(QuizRound)
        .where(QuizRound.branch_id == who.branch_id, QuizRound.opens_at <= now, QuizRound.closes_at > now)
        .order_by(done, QuizRound.closes_at, QuizRound.id)
        .limit(1)
    )


def _next_round(session: Session, who: Who, now: datetime) -> QuizRound | None:
    return session.scalar(
        select(QuizRound)
        .where(QuizRound.branch_id == who.branch_id, QuizRound.opens_at > now)
        .order_by(QuizRound.opens_at, QuizRound.id)
        .limit(1)
    )


def _last_round(session: Session, who: Who, now: datetime) -> QuizRound | None:
    return session.scalar(
        select(QuizRound)
        .where(QuizRound.branch_id == who.branch_id, QuizRound.closes_at <= now)
        .order_by(QuizRound.closes_at.desc(), QuizRound.id.desc())
        .limit(1)
    )
