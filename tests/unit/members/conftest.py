"""A fresh database in memory, and a small organisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from members.identity import Who, who_is
from members.names import fold
from members.tables import Account, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from tests.support.databases import Database, fresh_session

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on an empty database with all tables."""
    with fresh_session(database) as opened:
        yield opened


class Org:
    """Makes units, members and accounts of a test."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.committee = self._unit(None, UnitKind.COMMITTEE, "Đảng bộ Trường (mẫu)")

    def branch(self, name: str = "Chi bộ 1") -> int:
        """A new branch below the committee."""
        return self._unit(self.committee, UnitKind.BRANCH, name)

    def member(self, name: str, branch: int, *posts: PostKind) -> Who:
        """A member with posts at the branch; OFFICE at the committee."""
        member = Member(
            branch_id=branch,
            full_name=name,
            search_name=fold(name),
            status=MemberStatus.OFFICIAL,
            on_roll_from=date(2020, 1, 1),
        )
        self.session.add(member)
        self.session.flush()
        for kind in posts:
            unit = self.committee if kind is PostKind.OFFICE else branch
            self.session.add(Post(member_id=member.id, unit_id=unit, kind=kind, starts_on=date(2020, 1, 1)))
        return self.who(member.id)

    def who(self, member_id: int) -> Who:
        """The member as identity sees them today."""
        self.session.flush()
        found = who_is(self.session, member_id, TODAY)
        assert found is not None
        return found

    def account(self, user: str, channel: str = "telegram", member_id: int | None = None) -> int:
        """An account, linked when a member is given."""
        account = Account(
            channel=channel,
            user=user,
            chat=user,
            member_id=member_id,
            linked_at=NOW if member_id else None,
            last_seen_at=NOW,
        )
        self.session.add(account)
        self.session.flush()
        return account.id

    def _unit(self, parent_id: int | None, kind: UnitKind, name: str) -> int:
        unit = Unit(parent_id=parent_id, kind=kind, name=name, search_name=fold(name))
        self.session.add(unit)
        self.session.flush()
        return unit.id


@pytest.fixture
def org(session: Session) -> Org:
    """An organisation with its committee."""
    return Org(session)
