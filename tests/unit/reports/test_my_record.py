"""A member's own figures: only confirmed lists, only this year, only their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from meetings.tables import Attendance, Means, Meeting, MeetingKind, MeetingState, Presence
from members.tables import Member, MemberStatus, Unit, UnitKind
from opinions.tables import Opinion, Phase, Visibility
from quizzes.tables import Attempt, QuizRound
from reports.my_record import MyRecord, my_record
from tests.support.databases import Database, fresh_session

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ME, OTHER = 1, 2


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A branch with two members."""
    with fresh_session(database) as opened:
        opened.add(Unit(id=1, kind=UnitKind.BRANCH, name="Chi bộ 1", search_name="chi bo 1"))
        opened.flush()
        for member in (ME, OTHER):
            opened.add(
                Member(
                    id=member,
                    branch_id=1,
                    full_name=f"Lê {member}",
                    search_name=f"le {member}",
                    status=MemberStatus.OFFICIAL,
                    on_roll_from=date(2020, 1, 1),
                )
            )
        opened.flush()
        yield opened


def meeting(
    session: Session,
    starts_at: datetime,
    presence: Presence,
    *,
    kind: MeetingKind = MeetingKind.REGULAR,
    state: MeetingState = MeetingState.HELD,
    member: int = ME,
    in_base: bool = True,
) -> None:
    row = Meeting(
        branch_id=1,
        kind=kind,
        period=f"{starts_at:%Y-%m}",
        starts_at=starts_at,
        place="Hội trường",
        state=state,
        checkin_key="00",
        screen_token=f"{kind}{starts_at}",
    )
    session.add(row)
    session.flush()
    session.add(
        Attendance(
            meeting_id=row.id,
            member_id=member,
            presence=presence,
            means=Means.CODE,
            in_base=in_base,
            at=starts_at,
        )
    )


def record(session: Session) -> MyRecord:
    session.flush()
    return my_record(session, ME, 2026, ZONE)


def test_nothing_yet(session: Session) -> None:
    assert record(session) == MyRecord(2026, 0, 0, 0, 0, 0, 0, 0, 0)


def test_attendance_of_confirmed_lists(session: Session) -> None:
    days = iter(datetime(2026, month, 3, 12, 30, tzinfo=UTC) for month in range(1, 13))
    for presence in (Presence.PRESENT, Presence.LATE, Presence.EXCUSED, Presence.ABSENT):
        meeting(session, next(days), presence)
    meeting(session, next(days), Presence.PRESENT, state=MeetingState.CHECKIN_CLOSED)
    meeting(session, next(days), Presence.PRESENT, member=OTHER)
    meeting(session, next(days), Presence.PRESENT, in_base=False)
    meeting(session, next(days), Presence.PRESENT, kind=MeetingKind.THEMATIC)
    mine = record(session)
    assert (mine.attended, mine.meetings) == (2, 4)
    assert (mine.attended_thematic, mine.thematic) == (1, 1)


def test_the_year_is_local(session: Session) -> None:
    meeting(session, datetime(2025, 12, 31, 17, 0, tzinfo=UTC), Presence.PRESENT)
    meeting(session, datetime(2025, 11, 30, 16, 59, tzinfo=UTC), Presence.PRESENT)
    meeting(session, datetime(2026, 12, 31, 17, 0, tzinfo=UTC), Presence.PRESENT)
    assert (record(session).attended, record(session).meetings) == (1, 1)


def test_ranked_and_finished_quizzes_and_own_opinions(session: Session) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    session.add(
        QuizRound(id=1, key="r1", branch_id=1, title="Điều lệ", opens_at=at, closes_at=at, minutes=10)
    )
    session.add(
        QuizRound(id=2, key="r2", branch_id=1, title="Nghị quyết", opens_at=at, closes_at=at, minutes=10)
    )
    session.flush()
    taken = ((1, ME, True, at), (1, ME, False, at), (2, ME, True, None), (2, OTHER, True, at))
    for round_id, member, ranked, finished in taken:
        session.add(
            Attempt(
                round_id=round_id,
                member_id=member,
                ranked=ranked,
                seed=1,
                started_at=at,
                finished_at=finished,
                correct=7,
                answered=10,
            )
        )
    for number, author in ((1, ME), (2, OTHER), (3, None)):
        session.add(
            Opinion(
                branch_id=1,
                number=number,
                author_id=author,
                visibility=Visibility.BRANCH,
                phase=Phase.ANY,
                text="x",
                source_key=str(number),
                at=at,
            )
        )
    mine = record(session)
    assert (mine.quizzes, mine.correct, mine.answered, mine.opinions) == (1, 7, 10, 1)
