"""A branch in the month before a meeting, for scripts about invitations and planning."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow
from meetings.tables import Meeting, Rsvp, RsvpChange
from meetings.timetable import Timetable
from members.tables import PostKind
from scheduler.calendars import calendars
from scheduler.chores import tick
from scheduler.reminders import reminders
from tests.support.talk import Person, Talk

TIMES = Timetable()
RULE = "ngày 3 hằng tháng 19:30 tại Nhà văn hóa khu phố 5"


def local(text: str) -> datetime:
    """'2026-12-03 19:30' on the wall clock of Viet Nam, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=TIMES.zone).astimezone(UTC)


async def secretary_of(talk: Talk, branch: str = "Chi bộ 1") -> Person:
    """A secretary who has set the monthly rule."""
    secretary = await talk.member("Phạm Thị Thư", branch, PostKind.SECRETARY)
    await secretary.says(RULE)
    return secretary


async def goes(talk: Talk, moment: str) -> None:
    """The clock goes on to this local moment, wakes, and what is due is delivered."""
    talk.now = local(moment)
    await tick(talk.home, [reminders(TIMES), calendars(TIMES)], talk.now)
    await talk.deliver()


async def meeting(talk: Talk, period: str = "2026-12") -> Meeting:
    """The regular meeting of that month."""
    return await talk.home.store.read(_meeting, period)


async def answers(talk: Talk) -> list[Rsvp]:
    """Answers that count."""
    return await talk.home.store.read(lambda session: list(session.scalars(select(Rsvp))))


async def history(talk: Talk) -> list[str]:
    """All answers ever given, oldest first."""
    query = select(RsvpChange.answer).order_by(RsvpChange.id)
    return await talk.home.store.read(lambda session: [a.value for a in session.scalars(query)])


async def outbox(talk: Talk) -> list[OutboxRow]:
    """Everything told to others."""
    return await talk.home.store.read(lambda session: list(session.scalars(select(OutboxRow))))


def _meeting(session: Session, period: str) -> Meeting:
    return session.scalars(select(Meeting).where(Meeting.period == period).order_by(Meeting.id)).all()[0]
