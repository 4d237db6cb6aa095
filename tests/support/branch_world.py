"""A branch in a database, for tests of use cases: units, members with phones, posts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from db.outbox import OutboxRow
from meetings.planning import RuleSet, set_rule
from meetings.tables import Meeting, Reminder
from meetings.timetable import Timetable
from members.identity import Who, who_is
from members.names import fold
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from tests.support.databases import Database, fresh_session

TIMES = Timetable()
# 08:00 in Viet Nam, eight days before the 3rd of December 2026.
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def local(text: str) -> datetime:
    """'2026-12-03 19:30' on the wall clock of Viet Nam, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=TIMES.zone).astimezone(UTC)


@dataclass(slots=True)
class World:
    """One branch; `numbers` makes accounts."""

    session: Session
    branch_id: int
    numbers: count[int]

    def member(
        self,
        name: str,
        *posts: PostKind,
        status: MemberStatus = MemberStatus.OFFICIAL,
        phone: bool = True,
        consented: bool = True,
        since: date = date(2020, 1, 1),
        branch_id: int = 0,
    ) -> Who:
        """Somebody on the roll."""
        branch = branch_id or self.branch_id
        row = Member(
            branch_id=branch, full_name=name, search_name=fold(name), status=status, on_roll_from=since
        )
        self.session.add(row)
        self.session.flush()
        for kind in posts:
            self.session.add(Post(member_id=row.id, unit_id=branch, kind=kind, starts_on=date(2020, 1, 1)))
        if phone:
            user = str(next(self.numbers))
            account = Account(channel="telegram", user=user, chat=user, member_id=row.id, last_seen_at=NOW)
            self.session.add(account)
        if consented:
            self.session.add(Consent(member_id=row.id, version="1", given_at=NOW))
        self.session.flush()
        who = who_is(self.session, row.id, NOW.date())
        assert who is not None
        return who

    def other_branch(self) -> int:
        """A neighbour."""
        unit = Unit(parent_id=None, kind=UnitKind.BRANCH, name="Chi bộ 2", search_name="chi bo 2")
        self.session.add(unit)
        self.session.flush()
        return unit.id

    def rule(self, day: int = 3, at: time = time(19, 30), now: datetime = NOW) -> RuleSet:
        """The monthly rule, from the command line."""
        return set_rule(self.session, None, self.branch_id, day, at, "Nhà văn hóa", now, TIMES)

    def meeting(self, period: str = "2026-12") -> Meeting:
        """The regular meeting of a month."""
        self.session.flush()
        self.session.expire_all()
        query = select(Meeting).where(Meeting.branch_id == self.branch_id, Meeting.period == period)
        return self.session.scalars(query).one()

    def reminders(self, meeting_id: int) -> dict[str, Reminder]:
        """Rows by key."""
        self.session.expire_all()
        rows = self.session.scalars(select(Reminder).where(Reminder.meeting_id == meeting_id))
        return {row.key: row for row in rows}

    def told(self, member_id: int | None = None, notice: str = "") -> list[OutboxRow]:
        """What was put into the outbox."""
        self.session.expire_all()
        rows = self.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [r for r in rows if member_id in (None, r.member_id) and (not notice or r.notice == notice)]


@contextmanager
def branch_world(database: Database = "sqlite") -> Iterator[World]:
    """A fresh database with one branch."""
    with fresh_session(database) as session:
        unit = Unit(parent_id=None, kind=UnitKind.BRANCH, name="Chi bộ 1", search_name="chi bo 1")
        session.add(unit)
        session.flush()
        yield World(session, unit.id, count(1000))
