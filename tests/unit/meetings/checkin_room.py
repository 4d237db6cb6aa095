"""A store with branches and a meeting, for tests of check-in through the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from db.places import Place
from db.store import Store
from meetings.checkin import CheckinRules, key_of
from meetings.checkin_code import code_at, link_token, window_at
from meetings.tables import Attendance, Meeting, MeetingState
from members.identity import Who, who_is
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
RULES = CheckinRules(ZONE)
STARTS = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)  # 19:30 in Viet Nam
OPENED = STARTS - timedelta(minutes=20)


@dataclass(slots=True)
class Room:
    """The store, and short ways to what a test needs."""

    store: Store

    async def branch(self, name: str = "Chi bộ 1") -> int:
        """A branch under the one committee."""
        return await self.store.write(_branch, name)

    async def member(
        self,
        branch_id: int,
        name: str,
        status: MemberStatus = MemberStatus.OFFICIAL,
        *posts: PostKind,
        since: date = date(2020, 1, 1),
    ) -> Who:
        """A member with an account and consent."""
        return await self.store.write(_member, branch_id, name, status, posts, since)

    async def members(self, branch_id: int, count: int) -> list[Who]:
        """Many of them, stored together."""
        return await self.store.write(_members, branch_id, count)

    async def meeting(self, branch_id: int, key: str = "ab" * 16, starts_at: datetime = STARTS) -> int:
        """A planned meeting."""
        return await self.store.write(_meeting, branch_id, key, starts_at)

    async def opened(self, branch_id: int, opener: Who, key: str = "ab" * 16) -> int:
        """A meeting with open check-in, nobody invited."""
        meeting_id = await self.meeting(branch_id, key)
        await self.store.write(_open, meeting_id, opener.member_id)
        return meeting_id

    async def code(self, meeting_id: int, moment: datetime) -> str:
        """The code on the screen at `moment`."""
        return code_at(key_of(await self._get(meeting_id)), moment)

    async def token(self, meeting_id: int, moment: datetime) -> str:
        """The payload of the QR picture at `moment`."""
        return link_token(meeting_id, key_of(await self._get(meeting_id)), window_at(moment))

    async def rows(self, meeting_id: int) -> list[Attendance]:
        """The stored list."""
        return await self.store.read(_rows, meeting_id)

    async def _get(self, meeting_id: int) -> Meeting:
        return await self.store.read(Session.get_one, Meeting, meeting_id)


@asynccontextmanager
async def room_in(place: Place) -> AsyncIterator[Room]:
    """The room on the database there; leave and enter again to restart."""
    store = place.store()
    try:
        yield Room(store)
    finally:
        await store.close()


def _branch(session: Session, name: str) -> int:
    committee = session.scalar(select(Unit).where(Unit.kind == UnitKind.COMMITTEE))
    if committee is None:
        committee = Unit(kind=UnitKind.COMMITTEE, name="Đảng bộ", search_name="dang bo")
        session.add(committee)
        session.flush()
    unit = Unit(parent_id=committee.id, kind=UnitKind.BRANCH, name=name, search_name=name)
    session.add(unit)
    session.flush()
    return unit.id


def _member(
    session: Session,
    branch_id: int,
    name: str,
    status: MemberStatus,
    posts: tuple[PostKind, ...],
    since: date,
) -> Who:
    member = Member(
        branch_id=branch_id, full_name=name, search_name=name.lower(), status=status, on_roll_from=since
    )
    session.add(member)
    session.flush()
    for kind in posts:
        session.add(Post(member_id=member.id, unit_id=branch_id, kind=kind, starts_on=date(2020, 1, 1)))
    session.add(Consent(member_id=member.id, version="1", given_at=OPENED))
    address = f"chat-{member.id}"
    session.add(Account(channel="t", user=address, chat=address, member_id=member.id, last_seen_at=OPENED))
    session.flush()
    who = who_is(session, member.id, STARTS.date())
    assert who is not None
    return who


def _members(session: Session, branch_id: int, count: int) -> list[Who]:
    official, since = MemberStatus.OFFICIAL, date(2020, 1, 1)
    return [_member(session, branch_id, f"Đảng Viên {n:04}", official, (), since) for n in range(count)]


def _meeting(session: Session, branch_id: int, key: str, starts_at: datetime) -> int:
    period = starts_at.strftime("%Y-%m")
    found = Meeting(
        branch_id=branch_id,
        period=period,
        starts_at=starts_at,
        place="Hội trường",
        checkin_key=key,
        screen_token=f"screen-{branch_id}-{period}",
    )
    session.add(found)
    session.flush()
    return found.id


def _open(session: Session, meeting_id: int, opener: int) -> None:
    meeting = session.get_one(Meeting, meeting_id)
    meeting.state, meeting.opened_at, meeting.opened_by = MeetingState.CHECKIN_OPEN, OPENED, opener


def _rows(session: Session, meeting_id: int) -> list[Attendance]:
    return list(session.scalars(select(Attendance).where(Attendance.meeting_id == meeting_id)))
