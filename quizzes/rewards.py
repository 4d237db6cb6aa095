"""Praise soon after closing: the committee ticks from the top by the stated rule (SR-17, B-07).

The record keeps everybody who is praised; the message to the branch names only those who agreed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.errors import BadInput, NotFound, Refused
from db.once import insert_once
from db.outbox import Priority
from members import audit
from members.identity import Who
from members.names import tidy
from members.permissions import Right, require
from members.tables import Member
from members.telling import tell
from quizzes.audience import reachable_members
from quizzes.leaderboard import willing_names
from quizzes.overview import taking_part
from quizzes.places import best_first, holders, top_places
from quizzes.rounds import as_round
from quizzes.tables import QuizRound, Reward

FORM_LONGEST = 200
TOLD_FOR = timedelta(days=3)


class Candidate(Struct, frozen=True):
    """Somebody near the top. `public`: agreed to be named; `praised`: is in the record already."""

    member_id: int
    full_name: str
    place: int
    correct: int
    public: bool
    praised: bool


class Praise(Struct, frozen=True):
    """What the branch reads: names of those who agreed, how many more, who took part."""

    title: str
    names: tuple[str, ...]
    unnamed: int
    takers: int
    reachable: int


def candidates(session: Session, who: Who, round_id: int, names: int, now: datetime) -> list[Candidate]:
    """Those with the first `names` places and no low score, for the committee alone; after closing."""
    found = _closed(session, who, round_id, now)
    total = as_round(session, found).questions
    near_top = holders(session, found.id, top_places(session, found.id, names, total))
    ids = [one.member_id for one in near_top]
    public, praised = willing_names(session, ids), _praised(session, round_id)
    people = {m.id: m.full_name for m in session.scalars(select(Member).where(Member.id.in_(ids)))}
    return [
        Candidate(i, people[i], one.place, one.correct, i in public, i in praised)
        for i, one in zip(ids, near_top, strict=True)
    ]


def praise(
    session: Session, who: Who, round_id: int, member_ids: Collection[int], names: int, now: datetime
) -> int:
    """Record the praise of these candidates and tell the branch, once a round; how many are praised now."""
    allowed = {c.member_id for c in candidates(session, who, round_id, names, now)}
    if not member_ids or not allowed.issuperset(member_ids):
        raise BadInput("quiz.nobody_chosen")
    if not _praised(session, round_id):
        for member_id in sorted(member_ids):
            insert_once(
                session,
                Reward,
                round_id=round_id,
                member_id=member_id,
                form="",
                decided_by=who.member_id,
                at=now,
            )
        audit.note(session, who.member_id, "quiz.praise", f"round:{round_id}", now, people=len(member_ids))
        _tell_branch(session, session.get_one(QuizRound, round_id), now)
    return len(_praised(session, round_id))


def set_form(session: Session, who: Who, round_id: int, form: str, now: datetime) -> str:
    """Note in which form the praised are rewarded; the tidied words."""
    words = tidy(form)
    _closed(session, who, round_id, now)
    if not words or len(words) > FORM_LONGEST:
        raise BadInput("quiz.form_too_long", limit=FORM_LONGEST)
    session.execute(update(Reward).where(Reward.round_id == round_id).values(form=words))
    return words


def praise_told(session: Session, round_id: int, now: datetime) -> Praise | None:
    """What the branch reads of a round's praise; None when nobody is praised."""
    found = session.get(QuizRound, round_id)
    ids = _praised(session, round_id)
    if found is None or not ids:
        return None
    placed = best_first(session, round_id, sorted(ids))
    public = willing_names(session, placed)
    names = tuple(public[i] for i in placed if i in public)
    counts = taking_part(session, found, now)
    return Praise(found.title, names, len(ids) - len(names), counts.takers, counts.reachable)


def _closed(session: Session, who: Who, round_id: int, now: datetime) -> QuizRound:
    found = session.get(QuizRound, round_id)
    if found is None:
        raise NotFound("quiz.no_such_round")
    require(session, who, Right.RUN_QUIZ, found.branch_id)
    if now < found.closes_at or found.published_at is None:
        raise Refused("quiz.board_later")
    return found


def _praised(session: Session, round_id: int) -> set[int]:
    return set(session.scalars(select(Reward.member_id).where(Reward.round_id == round_id)))


def _tell_branch(session: Session, found: QuizRound, now: datetime) -> None:
    for member_id in reachable_members(session, found.branch_id, now):
        tell(
            session,
            member_id,
            "quiz.praised",
            key=f"quiz:{found.id}:praised:{member_id}",
            now=now,
            priority=Priority.REMINDER,
            expires_at=now + TOLD_FOR,
            round=found.id,
        )
