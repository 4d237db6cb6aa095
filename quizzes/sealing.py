"""A closed round is counted once and sealed: its takers, points and places stay as they were then.

Who takes a place has their whole seconds written beside the attempt; those who knew the key have none. How
many reached each result is kept in `RoundPlace`, so that a place is a sum over results, not over people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from meetings.tables import Meeting
from members.months import mark_around, mark_month
from members.tables import Member
from quizzes.ranking import Result
from quizzes.tables import Attempt, Question, QuizRound, RoundPlace, RoundQuestion


class Sealed(Struct, frozen=True):
    """What is counted of a round: who began, and of those who take a place their points and places."""

    takers: int
    placed: int
    points: int
    places: Counter[tuple[int, int]]  # points, seconds → how many


def seal(session: Session, found: QuizRound, reachable: Collection[int]) -> None:
    """Count a round whose attempts are all finished; `reachable`: members who could take part."""
    outside = not_ranked(session, found.id)
    results = _results(session, found.id)
    inside = [(attempt, one) for attempt, one in results if one.member_id not in outside]
    _write_seconds(session, inside)
    places = Counter((int(one.correct), one.seconds) for _, one in inside)
    _write_places(session, found.id, places)
    found.takers, found.points = len(results), sum(int(one.correct) for _, one in inside)
    found.base = max(len(reachable) - len(outside.intersection(reachable)), len(inside))
    session.flush()
    mark_figures(session, found)


def mark_figures(session: Session, found: QuizRound) -> None:
    """The figures of the round's month have changed: its meeting's month, or the one it closed in."""
    meeting = session.get(Meeting, found.meeting_id) if found.meeting_id is not None else None
    if meeting is not None:
        mark_month(session, found.branch_id, meeting.period)
    else:
        mark_around(session, found.branch_id, found.closes_at)


def sealed_of(session: Session, round_id: int) -> Sealed:
    """The same counted anew from the attempts."""
    takers = select(func.count()).where(Attempt.round_id == round_id, Attempt.ranked)
    rows = session.execute(
        select(Attempt.correct, Attempt.started_at, Attempt.finished_at)
        .where(Attempt.round_id == round_id, Attempt.seconds.is_not(None))
        .order_by(Attempt.id)
    )
    places = Counter((correct, _whole_seconds(started, ended)) for correct, started, ended in rows)
    points = sum(correct * number for (correct, _), number in places.items())
    return Sealed(session.scalar(takers) or 0, places.total(), points, places)


def stored_places(session: Session, round_id: int) -> Counter[tuple[int, int]]:
    """The places as they are kept."""
    rows = session.scalars(select(RoundPlace).where(RoundPlace.round_id == round_id))
    return Counter({(row.correct, row.seconds): row.takers for row in rows})


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
    return known | (set(session.scalars(named)) if writers else set())


def _results(session: Session, round_id: int) -> list[tuple[int, Result]]:
    """Each finished ranked attempt; one who withdrew has a number that is nobody's."""
    rows = session.execute(
        select(Attempt.id, Attempt.member_id, Attempt.correct, Attempt.started_at, Attempt.finished_at)
        .where(Attempt.round_id == round_id, Attempt.ranked, Attempt.finished_at.is_not(None))
        .order_by(Attempt.id)
    )
    return [
        (one, Result(-one if member is None else member, correct, _whole_seconds(started, ended)))
        for one, member, correct, started, ended in rows
    ]


def _whole_seconds(started: datetime, ended: datetime | None) -> int:
    return int((ended - started).total_seconds()) if ended is not None else 0


def _write_seconds(session: Session, inside: list[tuple[int, Result]]) -> None:
    if inside:
        session.execute(update(Attempt), [{"id": attempt, "seconds": one.seconds} for attempt, one in inside])
    for known in [row for row in session.identity_map.values() if isinstance(row, Attempt)]:
        session.expire(known, ["seconds"])


def _write_places(session: Session, round_id: int, places: Counter[tuple[int, int]]) -> None:
    rows = [
        {"round_id": round_id, "correct": correct, "seconds": seconds, "takers": takers}
        for (correct, seconds), takers in sorted(places.items())
    ]
    if rows:
        session.execute(insert(RoundPlace), rows)
