"""A fresh database in memory with one committee, and helpers to fill it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from meetings.attendance import count_list
from meetings.calendar import VIET_NAM
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.identity import Who, who_is
from members.months import mark_month
from members.names import fold
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from opinions.tables import Visibility
from opinions.writing import Written, write
from tests.support.databases import Database, fresh_session

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)  # 10:00 in Viet Nam, three days before the meeting
MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)  # 19:30
LONG_AGO = date(2020, 1, 1)


class Town:
    """An organisation of a test."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.committee = self._unit(None, UnitKind.COMMITTEE, "Đảng bộ phường (mẫu)")
        self._branches: dict[str, int] = {}
        self._keys = iter(range(10_000))

    def branch(self, name: str = "Chi bộ 1") -> int:
        """A branch below the committee, made on first use."""
        if name not in self._branches:
            self._branches[name] = self._unit(self.committee, UnitKind.BRANCH, name)
        return self._branches[name]

    def member(
        self,
        name: str,
        *posts: PostKind,
        branch: str = "Chi bộ 1",
        at: int | None = None,
        consented: bool = True,
        status: MemberStatus = MemberStatus.OFFICIAL,
    ) -> Who:
        """A linked member; posts are held at the own branch, or at the unit `at`."""
        unit = self.branch(branch)
        member = Member(
            branch_id=unit,
            full_name=name,
            search_name=fold(name),
            status=status,
            on_roll_from=LONG_AGO,
        )
        self.session.add(member)
        self.session.flush()
        for kind in posts:
            self.session.add(Post(member_id=member.id, unit_id=at or unit, kind=kind, starts_on=LONG_AGO))
        self.session.add(
            Account(channel="telegram", user=name, chat=name, member_id=member.id, last_seen_at=NOW)
        )
        if consented:
            self.session.add(Consent(member_id=member.id, version="1", given_at=NOW))
        self.session.flush()
        found = who_is(self.session, member.id, NOW.date())
        assert found is not None
        return found

    def meeting(
        self,
        branch: str = "Chi bộ 1",
        starts_at: datetime = MEETING,
        state: MeetingState = MeetingState.PLANNED,
    ) -> Meeting:
        """A meeting of its month."""
        number = next(self._keys)
        meeting = Meeting(
            branch_id=self.branch(branch),
            period=f"{starts_at.astimezone(VIET_NAM):%Y-%m}",
            starts_at=starts_at,
            place="Nhà văn hóa",
            state=state,
            checkin_key=f"{number:032x}",
            screen_token=f"screen-{number}",
        )
        self.session.add(meeting)
        self.session.flush()
        mark_month(self.session, meeting.branch_id, meeting.period)
        return meeting

    def attend(self, meeting: Meeting, who: Who, presence: Presence = Presence.PRESENT) -> None:
        """A line on the list."""
        self.session.add(
            Attendance(
                meeting_id=meeting.id,
                member_id=who.member_id,
                presence=presence,
                means=Means.CODE,
                at=meeting.starts_at,
            )
        )
        if meeting.state is MeetingState.HELD:
            count_list(self.session, meeting)
        self.session.flush()

    def says(
        self,
        who: Who,
        text: str = "Đèn đường hỏng",
        visibility: Visibility = Visibility.BRANCH,
        now: datetime = NOW,
    ) -> Written:
        """An opinion."""
        key = f"telegram:{next(self._keys)}"
        return write(self.session, who, text, visibility, now, VIET_NAM, key=key)

    def _unit(self, parent_id: int | None, kind: UnitKind, name: str) -> int:
        unit = Unit(parent_id=parent_id, kind=kind, name=name, search_name=fold(name))
        self.session.add(unit)
        self.session.flush()
        return unit.id


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on an empty database with all tables."""
    with fresh_session(database) as opened:
        yield opened


@pytest.fixture
def town(session: Session) -> Town:
    """An organisation with its committee."""
    return Town(session)
