"""A large installation written straight into a fresh database: branches, linked members, a rule, a quiz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from msgspec.structs import replace
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench.zalo import Seat
from bot.demo.sample import BANKS
from bot.settings import Settings
from meetings.planning import set_rule
from members.roster_import import committee_named
from members.tables import Account, Consent, Member, MemberStatus, Unit, UnitKind
from quizzes.bank import import_questions
from quizzes.formats.gift import read_gift
from quizzes.formats.xlsx import read_xlsx
from quizzes.planning import topics_of
from quizzes.rounds import make_round

FIRST_USER = 6_000_000_001
ON_ROLL_FROM = date(2020, 1, 1)
MEETING_DAY, MEETING_AT = 3, time(19, 30)


@dataclass(frozen=True, slots=True)
class Phone:
    """A linked member with consent, and the account they write from."""

    user: int
    member: int
    branch: int


def fill(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    branches: int,
    members: int,
    quiz: bool = False,
    months: int = 12,
    seats: Mapping[int, Seat] | None = None,
) -> list[Phone]:
    """`members` people spread over `branches`, each reachable on "telegram"; with `quiz` a round open now.

    Meetings are written down for so many `months` ahead; none at all for 0. `seats`: where people write who
    do not do so on "telegram".
    """
    committee = _committee(session, settings.organisation.name)
    units = [_branch(session, committee, number) for number in range(1, branches + 1)]
    phones = _people(session, units, members, now, seats or {})
    times = replace(settings.timetable, months=months)
    for unit in units if months else ():
        set_rule(session, None, unit, MEETING_DAY, MEETING_AT, "Phòng họp", now, times)
    if quiz:
        _open_quiz(session, settings, now, committee, units)
    return phones


def _committee(session: Session, name: str) -> int:
    known = session.scalar(select(Unit.id).where(Unit.name == name))
    return known if known is not None else committee_named(session, name)


def _branch(session: Session, committee: int, number: int) -> int:
    name = f"Chi bộ {number}"
    unit = Unit(parent_id=committee, kind=UnitKind.BRANCH, name=name, search_name=f"chi bo {number}")
    session.add(unit)
    session.flush()
    return unit.id


def _people(
    session: Session, units: Sequence[int], members: int, now: datetime, seats: Mapping[int, Seat]
) -> list[Phone]:
    phones = [Phone(FIRST_USER + n, n + 1, units[n % len(units)]) for n in range(members)]
    session.execute(insert(Member), [_member(phone) for phone in phones])
    session.execute(insert(Account), [_account(phone, seats.get(phone.user), now) for phone in phones])
    given = [
        {"member_id": phone.member, "version": "1", "given_at": now, "name_on_leaderboard": False}
        for phone in phones
    ]
    session.execute(insert(Consent), given)
    return phones


def _member(phone: Phone) -> dict[str, object]:
    return {
        "id": phone.member,
        "branch_id": phone.branch,
        "full_name": f"Đảng viên {phone.member}",
        "search_name": f"dang vien {phone.member}",
        "status": MemberStatus.OFFICIAL,
        "on_roll_from": ON_ROLL_FROM,
    }


def _account(phone: Phone, seat: Seat | None, now: datetime) -> dict[str, object]:
    seat = seat or Seat("telegram", str(phone.user))
    return {
        "channel": seat.channel,
        "user": seat.chat,
        "chat": seat.chat,
        "member_id": phone.member,
        "linked_at": now,
        "last_seen_at": now,
    }


def _open_quiz(
    session: Session, settings: Settings, now: datetime, committee: int, units: Sequence[int]
) -> None:
    today = now.astimezone(settings.zone).date()
    for path in BANKS:
        data = path.read_bytes()
        gift = path.suffix == ".gift"
        file = read_gift(data, today=today) if gift else read_xlsx(data, path.name, today=today)
        import_questions(session, None, committee, file.drafts, now, approved=True)
    for unit in units:
        topic = topics_of(session, unit, today, None)[0].name
        rules = settings.quiz
        make_round(
            session,
            None,
            unit,
            topic,
            now,
            zone=settings.zone,
            count=rules.questions,
            minutes=60,
            at_once=True,
        )
