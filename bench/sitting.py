"""Everybody in the middle of a quiz: ten questions, each with one right option, an attempt begun."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bench.load.people import Opening
from bench.peers.paper import QUESTIONS
from bench.seeding import fill
from bot.settings import Settings
from handlers.quiz.actions import Pick
from members.tables import Unit, UnitKind
from quizzes.bank import import_questions
from quizzes.formats.draft import QuestionDraft
from quizzes.rounds import make_round
from quizzes.tables import Attempt, QuizRound

TOPIC = "Điều lệ Đảng"
BRANCH_SIZE = 40


def seated(session: Session, settings: Settings, now: datetime, *, members: int) -> list[Opening]:
    """So many members, each before the first question of the ranked attempt; what they tap first."""
    phones = fill(session, settings, now, branches=max(members // BRANCH_SIZE, 1), members=members, months=0)
    committee = session.scalars(select(Unit.id).where(Unit.kind != UnitKind.BRANCH)).first()
    if committee is None:
        raise RuntimeError("the organisation has no committee")
    import_questions(session, None, committee, _drafts(), now, approved=True)
    rounds = {
        branch: make_round(
            session,
            None,
            branch,
            TOPIC,
            now,
            zone=settings.zone,
            count=len(QUESTIONS),
            minutes=60,
            at_once=True,
        ).id
        for branch in {phone.branch for phone in phones}
    }
    session.execute(update(QuizRound).values(announced_at=now))
    attempts = [
        {
            "id": number,
            "round_id": rounds[phone.branch],
            "member_id": phone.member,
            "ranked": True,
            "seed": number,
            "started_at": now,
            "correct": 0,
            "answered": 0,
        }
        for number, phone in enumerate(phones, start=1)
    ]
    session.execute(insert(Attempt), attempts)
    return [Opening(phone.user, Pick(n, 0, 0).encode()) for n, phone in enumerate(phones, start=1)]


def _drafts() -> list[QuestionDraft]:
    return [
        QuestionDraft(
            topic=TOPIC,
            text=f"{text.splitlines()[1]} (câu số {number + 1})",
            options=tuple(options),
            correct=(0,),
            explanation="Điều lệ Đảng quy định như vậy.",
            source="Điều lệ Đảng, Điều 22",
            source_date=None,
            issuer="",
            valid_until=None,
            author="",
            line=number + 1,
        )
        for number, (text, options) in enumerate(QUESTIONS)
    ]
