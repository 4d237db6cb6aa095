"""A committee with branches, members and a question bank on a real SQLite database in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from meetings.tables import Meeting, MeetingState
from members.identity import Who, who_is
from members.names import fold
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from quizzes import bank, planning, rounds
from quizzes.formats.draft import QuestionDraft
from quizzes.rounds import Round
from tests.support.databases import Database, fresh_session

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 08:00 in Viet Nam
TOPIC = "Tự phê bình và phê bình"


@dataclass(slots=True)
class World:
    """Helpers around one session."""

    session: Session
    committee_id: int
    branch_id: int

    def branch(self, name: str) -> int:
        """Another branch of the committee."""
        return _unit(self.session, self.committee_id, UnitKind.BRANCH, name)

    def member(
        self,
        name: str,
        *posts: PostKind,
        branch_id: int = 0,
        at: int = 0,
        status: MemberStatus = MemberStatus.OFFICIAL,
        reachable: bool = True,
        named: bool = False,
    ) -> Who:
        """A member of the first (or another) branch with posts there, or `at` another unit."""
        home = branch_id or self.branch_id
        row = Member(
            branch_id=home,
            full_name=name,
            search_name=fold(name),
            status=status,
            on_roll_from=date(2020, 1, 1),
        )
        self.session.add(row)
        self.session.flush()
        for kind in posts:
            post = Post(member_id=row.id, unit_id=at or home, kind=kind, starts_on=date(2020, 1, 1))
            self.session.add(post)
        if reachable:
            self._link(row.id, named)
        self.session.flush()
        found = who_is(self.session, row.id, NOW.date())
        assert found is not None
        return found

    def meeting(self, starts_at: datetime, topic: str = TOPIC, branch_id: int = 0) -> int:
        """A planned meeting."""
        row = Meeting(
            branch_id=branch_id or self.branch_id,
            period=f"{starts_at:%Y-%m}",
            starts_at=starts_at,
            place="Nhà văn hóa",
            topic=topic,
            state=MeetingState.PLANNED,
            checkin_key="00",
            screen_token=f"{branch_id}-{starts_at.isoformat()}",
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def fill_bank(self, count: int, *, unit_id: int = 0, topic: str = TOPIC, many: bool = False) -> None:
        """Approved questions whose right option is 'đúng n' ('cũng đúng n' too where `many`)."""
        drafts = [draft(n, topic=topic, many=many) for n in range(1, count + 1)]
        bank.import_questions(self.session, None, unit_id or self.committee_id, drafts, NOW, approved=True)

    def open_round(self, count: int = 4, minutes: int = 10, lasts: timedelta = timedelta(days=5)) -> Round:
        """A round of the first branch, open from NOW."""
        times = planning.Times(NOW, NOW + lasts)
        return rounds.make_round(
            self.session,
            None,
            self.branch_id,
            TOPIC,
            NOW,
            zone=ZONE,
            count=count,
            minutes=minutes,
            times=times,
        )

    def _link(self, member_id: int, named: bool) -> None:
        user = f"u{member_id}"
        self.session.add(
            Account(
                channel="telegram", user=user, chat=user, member_id=member_id, linked_at=NOW, last_seen_at=NOW
            )
        )
        self.session.add(Consent(member_id=member_id, version="1", given_at=NOW, name_on_leaderboard=named))


def draft(
    n: int, *, topic: str = TOPIC, many: bool = False, valid_until: date | None = None
) -> QuestionDraft:
    """Question `n` of a topic."""
    options = (f"đúng {n}", f"sai thứ nhất {n}", f"sai thứ hai {n}", f"cũng đúng {n}")
    return QuestionDraft(
        topic=topic,
        text=f"Câu hỏi số {n} về {topic}?",
        options=options,
        correct=(0, 3) if many else (0,),
        explanation=f"Vì lẽ thứ {n}.",
        source="Điều lệ Đảng",
        source_date=None,
        issuer="",
        valid_until=valid_until,
        author="",
        line=n,
    )


@contextmanager
def world(database: Database = "sqlite") -> Iterator[World]:
    """A fresh one."""
    with fresh_session(database) as session:
        yield world_in(session)


def world_in(session: Session) -> World:
    """A committee and its first branch in an empty database."""
    committee = _unit(session, None, UnitKind.COMMITTEE, "Đảng bộ")
    return World(session, committee, _unit(session, committee, UnitKind.BRANCH, "Chi bộ 1"))


def _unit(session: Session, parent_id: int | None, kind: UnitKind, name: str) -> int:
    row = Unit(parent_id=parent_id, kind=kind, name=name, search_name=fold(name))
    session.add(row)
    session.flush()
    return row.id
