"""Reading opinions one by one: one's own, those that wait for the committee, those one may read."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from members.audit import note
from members.identity import Who
from members.permissions import Right
from members.tables import AuditEntry, Member, Unit
from opinions.access import committee_of, readable
from opinions.tables import Opinion, OpinionState, OpinionStep, Visibility

WAITING = (OpinionState.RECEIVED, OpinionState.CONSIDERING)
READ_PRIVATE = "read_private_opinion"


class OpinionSeen(Struct, frozen=True):
    """An opinion as one reader may see it.

    `author` is empty where the name is not for the reader, or the author has left; `answer` is the last one.
    """

    id: int
    branch_id: int
    branch_name: str
    number: int
    visibility: Visibility
    state: OpinionState
    text: str
    at: datetime
    author: str
    answer: str
    may_answer: bool


class Page(Struct, frozen=True):
    """One opinion, and how many more come after it in its list."""

    opinion: OpinionSeen
    more: int


def own(session: Session, who: Who, before: int) -> Page | None:
    """The person's newest opinion older than id `before` (0: the newest of all)."""
    return _newest(session, who, Opinion.author_id == who.member_id, before)


def readable_before(session: Session, who: Who, before: int, now: datetime) -> Page | None:
    """The newest opinion the person may read, older than id `before` (0: the newest of all)."""
    page = _newest(session, who, readable(session, who), before)
    return _noted(session, who, page, now)


def waiting_after(session: Session, who: Who, after: int, now: datetime) -> Page | None:
    """The oldest unanswered opinion with an id beyond `after`; NotAllowed for who is in no committee."""
    branches = committee_of(who, Right.ANSWER_OPINIONS)
    if not branches:
        raise NotAllowed
    waits = (Opinion.branch_id.in_(branches), Opinion.state.in_(WAITING), Opinion.id > after)
    found = session.scalar(select(Opinion).where(*waits).order_by(Opinion.id).limit(1))
    if found is None:
        return None
    more = _count(session, *waits) - 1
    return _noted(session, who, Page(_seen(session, who, found), more), now)


def waiting_count(session: Session, branch_id: int) -> int:
    """How many opinions of a branch wait for an answer."""
    return _count(session, Opinion.branch_id == branch_id, Opinion.state.in_(WAITING))


def for_answer(session: Session, who: Who, opinion_id: int, now: datetime) -> OpinionSeen:
    """An opinion that this person is about to answer."""
    found = session.get(Opinion, opinion_id)
    if found is None or found.branch_id not in committee_of(who, Right.ANSWER_OPINIONS):
        raise NotAllowed
    _note_private(session, who, found.id, found.visibility, now)
    return _seen(session, who, found)


def own_after_step(session: Session, who: Who, opinion_id: int, step_id: int) -> OpinionSeen | None:
    """One of the person's own opinions; None when it is not theirs or a newer step has been taken."""
    found = session.get(Opinion, opinion_id)
    if found is None or found.author_id != who.member_id:
        return None
    newest = session.scalar(select(func.max(OpinionStep.id)).where(OpinionStep.opinion_id == opinion_id))
    return _seen(session, who, found) if newest == step_id else None


def _newest(session: Session, who: Who, wanted: ColumnElement[bool], before: int) -> Page | None:
    older = (wanted, Opinion.id < before) if before else (wanted,)
    found = session.scalar(select(Opinion).where(*older).order_by(Opinion.id.desc()).limit(1))
    return Page(_seen(session, who, found), _count(session, *older) - 1) if found else None


def _count(session: Session, *wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Opinion).where(*wanted)) or 0


def _seen(session: Session, who: Who, opinion: Opinion) -> OpinionSeen:
    branch = session.get_one(Unit, opinion.branch_id)
    return OpinionSeen(
        opinion.id,
        branch.id,
        branch.name,
        opinion.number,
        opinion.visibility,
        opinion.state,
        opinion.text,
        opinion.at,
        _author(session, who, opinion),
        _last_answer(session, opinion.id),
        opinion.branch_id in committee_of(who, Right.ANSWER_OPINIONS),
    )


def _author(session: Session, who: Who, opinion: Opinion) -> str:
    """Names stay within the branch; those above read what was said, not who said it."""
    inside = opinion.branch_id == who.branch_id or opinion.branch_id in committee_of(who)
    author = session.get(Member, opinion.author_id) if inside and opinion.author_id else None
    return author.full_name if author else ""


def _last_answer(session: Session, opinion_id: int) -> str:
    answers = select(OpinionStep.text).where(OpinionStep.opinion_id == opinion_id, OpinionStep.text != "")
    return session.scalar(answers.order_by(OpinionStep.id.desc()).limit(1)) or ""


def _noted(session: Session, who: Who, page: Page | None, now: datetime) -> Page | None:
    if page is not None:
        _note_private(session, who, page.opinion.id, page.opinion.visibility, now)
    return page


def _note_private(session: Session, who: Who, opinion_id: int, visibility: Visibility, now: datetime) -> None:
    """Reading what was sent to the committee alone leaves a line, one for one reading."""
    mine = session.scalar(select(Opinion.author_id).where(Opinion.id == opinion_id)) == who.member_id
    if visibility is not Visibility.COMMITTEE or mine:
        return
    target = f"opinion:{opinion_id}"
    same = select(AuditEntry.id).where(
        AuditEntry.actor_id == who.member_id,
        AuditEntry.action == READ_PRIVATE,
        AuditEntry.target == target,
        AuditEntry.at == now,
    )
    if session.scalar(same.limit(1)) is None:
        note(session, who.member_id, READ_PRIVATE, target, now)
