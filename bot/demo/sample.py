"""The sample installation: a school with three branches, 45 members, a question bank, a rule for the 3rd."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk import Desk, make_codes
from bot.settings import Settings
from meetings.moving import keep_date
from meetings.planning import set_rule
from meetings.tables import Meeting
from members import roster_import
from members.tables import Member, Post, PostKind, Unit
from quizzes.bank import import_questions
from quizzes.formats.reading import read_questions
from quizzes.planning import topics_of
from quizzes.rounds import make_round

ROOT = Path(__file__).resolve().parents[2]
ROSTER = ROOT / "members" / "samples" / "danh-sach-dang-vien.xlsx"
BANKS = (
    ROOT / "quizzes" / "samples" / "cau-hoi-chuyen-de.xlsx",
    ROOT / "quizzes" / "samples" / "cau-hoi.gift",
)
DAY_OF_MONTH = 3
AT = time(19, 30)
PLACE = "Hội trường tầng 2"
DAYS_BEFORE = 8
ON_ROLL_FROM = date(2020, 1, 1)
FIRST_PERSON = 5_000_000_001


class SamplePerson(Struct, frozen=True):
    """A member as the simulator knows them: a phone, and the slip of paper with the code."""

    id: int
    name: str
    role: str
    branch: str
    code: str
    posts: tuple[str, ...]


def first_moment(now: datetime, zone: ZoneInfo) -> datetime:
    """08:00 on the eighth day before the next 3rd that is at least so far away."""
    day = now.astimezone(zone).date() + timedelta(days=DAYS_BEFORE)
    while day.day != DAY_OF_MONTH:
        day += timedelta(days=1)
    return datetime.combine(day - timedelta(days=DAYS_BEFORE), time(8), zone)


async def is_empty(at: Desk) -> bool:
    """Whether nobody is on the roll yet."""
    return await at.store.read(lambda session: session.scalar(select(func.count(Member.id)))) == 0


async def fill(at: Desk) -> list[SamplePerson]:
    """Import roster and banks, set the rules, make a round for each branch; fresh codes for everybody."""
    if await is_empty(at):
        await at.store.write(_import, at.settings, at.now, at.today)
    made = await make_codes(at)
    codes = {(one.branch_name, c.full_name): c.code for one in made for c in one.codes}
    return await at.store.read(_people, codes)


def _import(session: Session, settings: Settings, now: datetime, today: date) -> None:
    name = settings.organisation.name
    roster_import.import_members(
        session, ROSTER.read_bytes(), ROSTER.name, name, now, today, on_roll_from=ON_ROLL_FROM
    )
    committee = roster_import.committee_named(session, name)
    for path in BANKS:
        file = read_questions(path.read_bytes(), path.name, today=today)
        import_questions(session, None, committee, file.drafts, now, approved=True)
    for branch in session.scalars(select(Unit).where(Unit.parent_id == committee).order_by(Unit.id)):
        set_rule(session, None, branch.id, DAY_OF_MONTH, AT, PLACE, now, settings.timetable)
        _keep_first_date(session, branch.id, settings, now)
        _make_round(session, branch.id, settings, now, today)


def _keep_first_date(session: Session, branch_id: int, settings: Settings, now: datetime) -> None:
    """The coming meeting is held also on a day off: whatever today is, people are invited to it."""
    ahead = select(Meeting).where(Meeting.branch_id == branch_id, Meeting.starts_at > now)
    first = session.scalars(ahead.order_by(Meeting.starts_at)).first()
    if first is not None:
        times = settings.timetable
        keep_date(session, None, first.id, times.local_day(first.starts_at), now, times)


def _make_round(session: Session, branch_id: int, settings: Settings, now: datetime, today: date) -> None:
    topic = topics_of(session, branch_id, today, None)[0].name
    quiz = settings.quiz
    make_round(
        session,
        None,
        branch_id,
        topic,
        now,
        zone=settings.zone,
        count=quiz.questions,
        minutes=quiz.minutes,
    )


def _people(session: Session, codes: dict[tuple[str, str], str]) -> list[SamplePerson]:
    rows = session.execute(
        select(Member, Unit).join(Unit, Member.branch_id == Unit.id).order_by(Unit.id, Member.id)
    )
    return [
        SamplePerson(
            id=FIRST_PERSON + number,
            name=member.full_name,
            role=unit.name,
            branch=unit.name,
            code=codes[unit.name, member.full_name],
            posts=tuple(post.value for post in _posts(session, member.id)),
        )
        for number, (member, unit) in enumerate(rows)
    ]


def _posts(session: Session, member_id: int) -> list[PostKind]:
    return list(session.scalars(select(Post.kind).where(Post.member_id == member_id)))
