"""The question bank of a unit: importing, and the second person's approval (domain.md B-06)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound, Refused
from db.once import insert_once
from db.outbox import Priority
from members.identity import Who
from members.names import fold
from members.permissions import RIGHTS, Right
from members.tables import PostKind, Unit, UnitKind
from members.telling import holders_of, tell
from quizzes.formats.draft import QuestionDraft
from quizzes.tables import Question

SOURCE_LONGEST = 400


class ImportReport(Struct, frozen=True):
    """`added` questions are new; `known` were in the bank before. `waiting`: need a second person."""

    added: int
    known: int
    waiting: bool
    asked: int = 0


class PendingQuestion(Struct, frozen=True):
    """A question as its approver reads it. `options` in the order of the file."""

    id: int
    topic: str
    text: str
    options: tuple[str, ...]
    correct: tuple[int, ...]
    explanation: str
    source: str
    more: int  # how many others wait behind it
    last_id: int  # the newest that waits


def import_questions(
    session: Session,
    who: Who | None,
    unit_id: int,
    drafts: Sequence[QuestionDraft],
    now: datetime,
    *,
    approved: bool = False,
) -> ImportReport:
    """Add the drafts to a unit's bank; what is there already stays as it is.

    `who` is None on the command line. Only there may they count as approved at once.
    """
    if who is not None and (approved or not may_import(session, who, unit_id)):
        raise NotAllowed
    if session.get(Unit, unit_id) is None:
        raise NotFound("quiz.no_such_unit")
    author = who.member_id if who else None
    added = sum(_add(session, unit_id, author, draft, now, approved) for draft in drafts)
    asked = _ask_for_approval(session, unit_id, author, now) if added and not approved else 0
    return ImportReport(added, len(drafts) - added, bool(added) and not approved, asked)


def may_import(session: Session, who: Who, unit_id: int) -> bool:
    """Whether the person holds IMPORT_QUESTIONS at the unit or above it (a unit may be a committee)."""
    held = {post.unit_id for post in who.posts if post.kind in RIGHTS[Right.IMPORT_QUESTIONS]}
    return not held.isdisjoint(units_above(session, unit_id))


def home_unit(session: Session, who: Who) -> int:
    """Where this person's questions go: their branch, or for the office the committee it serves."""
    own = [post.unit_id for post in who.posts if post.kind in RIGHTS[Right.IMPORT_QUESTIONS]]
    if not own:
        raise NotAllowed
    branches = [u for u in own if session.get_one(Unit, u).kind is UnitKind.BRANCH]
    return (branches or own)[0]


def units_above(session: Session, unit_id: int) -> list[int]:
    """The unit and the units over it, lowest first: their banks serve a branch."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return []
    return [unit.id, *(units_above(session, unit.parent_id) if unit.parent_id else [])]


def fingerprint(text: str, options: Iterable[str]) -> str:
    """The same for the same words: tones, case, spaces and the order of options do not count."""
    parts = [fold(text), *sorted(fold(option) for option in options)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def next_pending(session: Session, who: Who) -> PendingQuestion | None:
    """The oldest question that waits for this person's approval."""
    waiting = _pending_for(session, who)
    if not waiting:
        return None
    first = waiting[0]
    return PendingQuestion(
        first.id,
        first.topic,
        first.text,
        tuple(first.options),
        tuple(first.correct),
        first.explanation,
        first.source,
        len(waiting) - 1,
        waiting[-1].id,
    )


def approve(session: Session, who: Who, question_id: int, now: datetime) -> int:
    """Approve one question as the second person; how many were approved now (0 when it was before)."""
    question = _to_decide(session, who, question_id)
    if question.approved_at is not None:
        return 0
    question.approved_at, question.approved_by = now, who.member_id
    return 1


def approve_up_to(session: Session, who: Who, last_id: int, now: datetime) -> int:
    """Approve all that wait for this person up to a question they were shown; how many now."""
    waiting = [q for q in _pending_for(session, who) if q.id <= last_id]
    for question in waiting:
        question.approved_at, question.approved_by = now, who.member_id
    return len(waiting)


def decline(session: Session, who: Who, question_id: int) -> None:
    """Take a waiting question out of the bank. One that is approved or gone stays as it is."""
    if session.get(Question, question_id) is None:
        return
    question = _to_decide(session, who, question_id)
    if question.approved_at is None:
        session.delete(question)
        session.flush()


def _add(
    session: Session, unit_id: int, author: int | None, draft: QuestionDraft, now: datetime, approved: bool
) -> bool:
    return insert_once(
        session,
        Question,
        unit_id=unit_id,
        topic=draft.topic,
        text=draft.text,
        options=list(draft.options),
        correct=sorted(draft.correct),
        explanation=draft.explanation,
        source=draft.citation[:SOURCE_LONGEST],
        valid_until=draft.valid_until,
        fingerprint=fingerprint(draft.text, draft.options),
        writer=fold(draft.author),
        author_id=author,
        approved_at=now if approved else None,
        imported_at=now,
    )


def _ask_for_approval(session: Session, unit_id: int, author: int | None, now: datetime) -> int:
    """Tell those who may approve: the committee of the unit, or where there is nobody else the office."""
    newest = session.scalar(
        select(Question.id).where(Question.unit_id == unit_id).order_by(Question.id.desc()).limit(1)
    )
    committee = RIGHTS[Right.IMPORT_QUESTIONS] - {PostKind.OFFICE}
    second = [m for m in holders_of(session, unit_id, committee, now) if m != author]
    if not second:
        office = holders_of(session, unit_id, frozenset({PostKind.OFFICE}), now)
        second = [m for m in office if m != author]
    return sum(
        tell(
            session,
            member_id,
            "quiz.approval_asked",
            key=f"quiz:approve:{newest}:{member_id}",
            now=now,
            priority=Priority.REMINDER,
        )
        for member_id in second
    )


def _pending_for(session: Session, who: Who) -> list[Question]:
    waiting = session.scalars(select(Question).where(Question.approved_at.is_(None)).order_by(Question.id))
    return [q for q in waiting if q.author_id != who.member_id and may_import(session, who, q.unit_id)]


def _to_decide(session: Session, who: Who, question_id: int) -> Question:
    question = session.get(Question, question_id)
    if question is None or not may_import(session, who, question.unit_id):
        raise NotAllowed
    if question.author_id == who.member_id:
        raise Refused("quiz.own_question")
    return question
