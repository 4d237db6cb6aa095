"""Rounds: made for a branch, opened and announced once, closed and published once."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.errors import BadInput, NotFound, Refused
from db.once import insert_all_once
from db.outbox import Priority
from members.identity import Who
from members.names import fold
from members.permissions import Right, require
from members.telling import Told, tell_all
from members.turns import take_branches
from quizzes.audience import reachable_members
from quizzes.planning import Times, next_meeting, times_for, usable
from quizzes.sealing import seal
from quizzes.tables import Attempt, Question, QuizRound, RoundQuestion

PUBLISHED_FOR = timedelta(days=3)  # a leaderboard nobody could be told of by then is old news
AT_ONCE = 8  # rounds opened or closed in one transaction: answers pass between
FEWEST_TO_PRACTISE = 3  # fewer other questions are not worth practising


class Round(Struct, frozen=True):
    """A round as people see it. `questions` in the ranked paper."""

    id: int
    branch_id: int
    title: str
    opens_at: datetime
    closes_at: datetime
    minutes: int
    questions: int

    def is_open(self, now: datetime) -> bool:
        """From the opening moment until just before the closing moment."""
        return self.opens_at <= now < self.closes_at


def make_round(
    session: Session,
    who: Who | None,
    branch_id: int,
    topic: str,
    now: datetime,
    *,
    zone: ZoneInfo,
    count: int,
    minutes: int,
    times: Times | None = None,
    at_once: bool = False,
    title: str = "",
    seed: int | None = None,
) -> Round:
    """A round for the branch's next meeting; making it again gives the one that is there.

    `who` is None on the command line. `times` default to those of `planning.times_for` (`at_once`: open
    now). The same `seed` chooses the same questions; the default is the topic's, so that branches with one
    topic get one paper.
    """
    if who is not None:
        require(session, who, Right.RUN_QUIZ, branch_id)
    meeting = next_meeting(session, branch_id, now)
    key = f"{branch_id}:{meeting.id if meeting else now.astimezone(zone).date()}:{_topic_seed(topic)}"
    known = session.scalar(select(QuizRound).where(QuizRound.key == key))
    if known is not None:
        return as_round(session, known)
    when = _sensible(times or times_for(meeting, now, zone, at_once=at_once), now)
    ranked, practice = _choose(session, branch_id, topic, when, zone, count, seed)
    made = QuizRound(
        key=key,
        branch_id=branch_id,
        meeting_id=meeting.id if meeting else None,
        title=title or topic,
        opens_at=when.opens_at,
        closes_at=when.closes_at,
        minutes=minutes,
        made_by=who.member_id if who else None,
    )
    session.add(made)
    session.flush()
    _fix_papers(session, made.id, ranked, practice)
    return as_round(session, made)


def topic_named(session: Session, topic_key: int) -> str:
    """The topic that a button's key stands for."""
    question = session.get(Question, topic_key)
    if question is None:
        raise NotFound("quiz.no_such_topic")
    return question.topic


def cancel_round(session: Session, who: Who, round_id: int, now: datetime) -> None:
    """Take back a round that has not opened. One already gone is as good as cancelled."""
    found = session.get(QuizRound, round_id)
    if found is None:
        return
    require(session, who, Right.RUN_QUIZ, found.branch_id)
    taken = session.scalar(select(Attempt.id).where(Attempt.round_id == round_id).limit(1))
    if found.opens_at <= now or taken is not None:
        raise Refused("quiz.cannot_cancel")
    for line in session.scalars(select(RoundQuestion).where(RoundQuestion.round_id == round_id)):
        session.delete(line)
    session.flush()
    session.delete(found)
    session.flush()


def open_due(session: Session, now: datetime) -> int:
    """Announce some of the rounds whose opening moment has come; how many. Harmless when repeated."""
    opening = and_(_waits_to_open(), QuizRound.opens_at <= now, QuizRound.closes_at > now)
    due = _ours(session, opening, QuizRound.opens_at)
    for found in due:
        found.announced_at = now
        members = reachable_members(session, found.branch_id, now)
        _tell(session, found.id, members, "opened", now, expires_at=found.closes_at)
    return len(due)


def close_due(session: Session, now: datetime) -> int:
    """Close and publish some of the rounds that are over; how many. Harmless when repeated."""
    over = and_(QuizRound.closes_at <= now, QuizRound.published_at.is_(None))
    due = _ours(session, over, QuizRound.closes_at)
    for found in due:
        _finish_attempts(session, found)
        session.flush()
        _publish(session, found, now)
    return len(due)


def _waits_to_open() -> ColumnElement[bool]:
    return and_(QuizRound.published_at.is_(None), QuizRound.announced_at.is_(None))


def _ours(
    session: Session, due: ColumnElement[bool], moment: InstrumentedAttribute[datetime]
) -> Sequence[QuizRound]:
    """The next rounds of which no other process is at the branch."""
    order = (moment, QuizRound.id)
    next_ones = select(QuizRound.id, QuizRound.branch_id).where(due).order_by(*order).limit(AT_ONCE)
    branches = {one: branch for one, branch in session.execute(next_ones)}  # noqa: C416 (rows are no tuples)
    taken = take_branches(session, set(branches.values()))
    ids = [one for one, branch in branches.items() if branch in taken]
    still_due = select(QuizRound).where(QuizRound.id.in_(ids), due).order_by(*order)
    return session.scalars(still_due.execution_options(populate_existing=True)).all()


def next_due(session: Session) -> datetime | None:
    """The next moment at which a round opens or closes, perhaps in the past; None when nothing is ahead."""
    opening = session.scalar(select(func.min(QuizRound.opens_at)).where(_waits_to_open()))
    closing = session.scalar(select(func.min(QuizRound.closes_at)).where(QuizRound.published_at.is_(None)))
    return min((moment for moment in (opening, closing) if moment is not None), default=None)


def as_round(session: Session, row: QuizRound) -> Round:
    """A stored round as people see it."""
    questions = select(func.count()).select_from(RoundQuestion)
    count = session.scalar(
        questions.where(RoundQuestion.round_id == row.id, RoundQuestion.practice.is_(False))
    )
    return Round(row.id, row.branch_id, row.title, row.opens_at, row.closes_at, row.minutes, count or 0)


def ends_at(started_at: datetime, minutes: int, closes_at: datetime) -> datetime:
    """When a ranked attempt is over: its minutes used up, or the round closed."""
    return min(started_at + timedelta(minutes=minutes), closes_at)


def _sensible(times: Times, now: datetime) -> Times:
    if times.closes_at <= max(now, times.opens_at):
        raise BadInput("quiz.wrong_times")
    return times


def _choose(
    session: Session,
    branch_id: int,
    topic: str,
    when: Times,
    zone: ZoneInfo,
    count: int,
    seed: int | None,
) -> tuple[list[int], list[int]]:
    """Ids for the ranked paper, and other questions of the topic to practise with."""
    day = when.closes_at.astimezone(zone).date()
    bank = [q for q in usable(session, branch_id, day) if fold(q.topic) == fold(topic)]
    if not bank:
        raise NotFound("quiz.no_such_topic")
    ids = sorted(q.id for q in bank)
    random.Random(_topic_seed(topic) if seed is None else seed).shuffle(ids)  # noqa: S311
    others = ids[count : 2 * count]
    return ids[:count], others if len(others) >= FEWEST_TO_PRACTISE else []


def _topic_seed(topic: str) -> int:
    return zlib.crc32(fold(topic).encode())


def _fix_papers(session: Session, round_id: int, ranked: Sequence[int], practice: Sequence[int]) -> None:
    rows = [
        {"round_id": round_id, "practice": is_practice, "position": position, "question_id": question_id}
        for is_practice, ids in ((False, ranked), (True, practice))
        for position, question_id in enumerate(ids)
    ]
    insert_all_once(session, RoundQuestion, rows)


def _finish_attempts(session: Session, found: QuizRound) -> None:
    unfinished = session.scalars(
        select(Attempt).where(Attempt.round_id == found.id, Attempt.finished_at.is_(None))
    )
    for attempt in unfinished:
        attempt.finished_at = ends_at(attempt.started_at, found.minutes, found.closes_at)


def _publish(session: Session, found: QuizRound, now: datetime) -> None:
    members = reachable_members(session, found.branch_id, now)
    found.published_at, found.reachable = now, len(members)
    seal(session, found, members)
    _tell(session, found.id, members, "published", now, expires_at=now + PUBLISHED_FOR)


def _tell(
    session: Session, round_id: int, members: Sequence[int], what: str, now: datetime, expires_at: datetime
) -> None:
    told = [Told(member_id, f"quiz:{round_id}:{what}:{member_id}") for member_id in members]
    tell_all(
        session,
        told,
        f"quiz.{what}",
        now=now,
        priority=Priority.REMINDER,
        expires_at=expires_at,
        round=round_id,
    )
