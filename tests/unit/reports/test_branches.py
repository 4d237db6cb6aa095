"""A leader's figures: confirmed lists alone, sums of sums, own branches alone (domain.md 7.3, 8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed
from meetings.attendance_rate import Rate
from meetings.calendar import VIET_NAM
from meetings.tables import Meeting, MeetingState, Presence
from members.identity import PostHeld, Who
from members.tables import PostKind
from opinions.answering import answer
from opinions.tables import Visibility
from quizzes.sealing import seal
from quizzes.tables import Attempt, QuizRound
from reports.branches import branch_figures
from reports.figures import BranchFigures, totals
from reports.months import count_marked
from reports.overview import nearest_period, overview
from tests.support.databases import Database, fresh_session
from tests.unit.opinions.conftest import MEETING, Town

NOW = datetime(2026, 12, 10, 3, 0, tzinfo=UTC)
DECEMBER = "2026-12"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on an empty database with all tables."""
    with fresh_session(database) as opened:
        yield opened


@pytest.fixture
def town(session: Session) -> Town:
    """An organisation with its committee."""
    return Town(session)


def _held(town: Town, branch: str, present: int, base: int, starts_at: datetime = MEETING) -> Meeting:
    """A confirmed list of `present` of `base`."""
    meeting = town.meeting(branch, starts_at, MeetingState.HELD)
    for number in range(base):
        who = town.member(f"{branch} {starts_at:%m} {number}", branch=branch)
        town.attend(meeting, who, Presence.LATE if number < present else Presence.ABSENT)
    return meeting


def _quiz(session: Session, meeting: Meeting, takers: list[Who], reachable: int, closes: datetime) -> None:
    found = QuizRound(
        key=f"quiz:{meeting.id}",
        branch_id=meeting.branch_id,
        meeting_id=meeting.id,
        title="Chuyên đề",
        opens_at=closes - timedelta(days=3),
        closes_at=closes,
        minutes=10,
        published_at=closes,
        reachable=reachable,
    )
    session.add(found)
    session.flush()
    for who in takers:
        session.add(
            Attempt(
                round_id=found.id,
                member_id=who.member_id,
                ranked=True,
                seed=1,
                started_at=closes - timedelta(hours=1),
                finished_at=closes,
            )
        )
    session.flush()
    seal(session, found, [])


def _rows(session: Session, town: Town, *branches: str, now: datetime = NOW) -> list[BranchFigures]:
    return branch_figures(session, [town.branch(name) for name in branches], DECEMBER, now, VIET_NAM)


def _leader(town: Town) -> Who:
    return town.member("Lãnh đạo", PostKind.LEADER, at=town.committee, branch="Chi bộ khác")


def test_the_rate_of_all_is_sum_of_sums(session: Session, town: Town) -> None:
    _held(town, "Chi bộ 1", 9, 10)
    _held(town, "Chi bộ 2", 1, 2)
    rows = _rows(session, town, "Chi bộ 1", "Chi bộ 2")
    assert [row.attendance for row in rows] == [Rate(9, 10), Rate(1, 2)]
    assert totals(rows).attendance == Rate(10, 12)
    assert [row.is_small for row in rows] == [False, True]


def test_an_unconfirmed_list_counts_nowhere(session: Session, town: Town) -> None:
    meeting = _held(town, "Chi bộ 1", 3, 4)
    meeting.state = MeetingState.CHECKIN_CLOSED
    session.flush()
    row = _rows(session, town, "Chi bộ 1")[0]
    assert row.attendance.base == 0
    assert row.met is False
    assert _rows(session, town, "Chi bộ 1", now=MEETING + timedelta(hours=2))[0].met is None


@pytest.mark.parametrize(
    ("state", "now", "met"),
    [
        (MeetingState.PLANNED, MEETING - timedelta(days=1), None),
        (MeetingState.PLANNED, MEETING + timedelta(days=1), False),
        (MeetingState.CANCELLED, MEETING + timedelta(days=1), None),
        (MeetingState.CANCELLED, MEETING + timedelta(days=31), False),
        (MeetingState.TO_CONFIRM, MEETING + timedelta(days=1), None),
        (MeetingState.HELD, MEETING + timedelta(days=1), True),
    ],
)
def test_met(session: Session, town: Town, state: MeetingState, now: datetime, met: bool | None) -> None:
    town.meeting(state=state)
    assert _rows(session, town, "Chi bộ 1", now=now)[0].met is met


def test_a_month_without_any_meeting(session: Session, town: Town) -> None:
    town.branch()
    assert _rows(session, town, "Chi bộ 1")[0].met is None
    assert _rows(session, town, "Chi bộ 1", now=NOW + timedelta(days=40))[0].met is False


def test_a_quiz_counts_in_the_month_of_its_meeting(session: Session, town: Town) -> None:
    first = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)
    meeting = town.meeting(starts_at=first)
    takers = [town.member("An"), town.member("Bình")]
    _quiz(session, meeting, takers, 5, first - timedelta(days=1))
    row = _rows(session, town, "Chi bộ 1")[0]
    assert (row.quiz_takers, row.quiz_reachable) == (2, 5)
    assert branch_figures(session, [town.branch()], "2026-11", NOW, VIET_NAM)[0].quiz_reachable == 0


def test_opinions_are_counted_together(session: Session, town: Town) -> None:
    town.meeting()
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an, now=MEETING - timedelta(days=3)).opinion_id  # in November, for December
    town.says(an, visibility=Visibility.COMMITTEE, now=MEETING)
    answer(session, chi, opinion, "Đã thay", NOW, key="k")
    row = _rows(session, town, "Chi bộ 1")[0]
    assert (row.opinions, row.answered, row.unanswered) == (2, 1, 1)


def test_a_branch_without_anything_has_zeroes(session: Session, town: Town) -> None:
    row = _rows(session, town, "Chi bộ trống")[0]
    assert (row.name, row.attendance, row.quiz, row.opinions) == ("Chi bộ trống", Rate(0, 0), Rate(0, 0), 0)
    assert branch_figures(session, [], DECEMBER, NOW, VIET_NAM) == []


def test_worst_first_and_months_in_their_bounds(session: Session, town: Town) -> None:
    _held(town, "Chi bộ 1", 10, 10)
    _held(town, "Chi bộ 2", 5, 10)
    town.meeting("Chi bộ 3")
    _held(town, "Chi bộ 1", 1, 1, MEETING - timedelta(days=30))
    leader = _leader(town)
    seen = overview(session, leader, "", NOW, VIET_NAM)
    assert [row.name for row in seen.first] == ["Chi bộ 3", "Chi bộ 2", "Chi bộ 1", "Chi bộ khác"]
    assert (seen.period, seen.older, seen.newer) == (DECEMBER, True, False)
    assert [row.name for row in seen.look] == ["Chi bộ 3", "Chi bộ 2"]
    older = overview(session, leader, "2026-11", NOW, VIET_NAM)
    assert (older.period, older.older, older.newer) == ("2026-11", False, True)
    assert overview(session, leader, "2020-01", NOW, VIET_NAM).period == "2026-11"
    assert overview(session, leader, "2099-12", NOW, VIET_NAM).period == DECEMBER


@pytest.mark.parametrize(
    "period", ["2026-13", "2026-1", "x", "2026-12-01", "٢٠26-12", "1999-12", "2026-12\n"]
)
def test_forged_months_are_refused(session: Session, town: Town, period: str) -> None:
    with pytest.raises(BadInput):
        overview(session, _leader(town), period, NOW, VIET_NAM)


def test_in_charge_and_secretary_see_their_own(session: Session, town: Town) -> None:
    for name in ("Chi bộ 1", "Chi bộ 2", "Chi bộ 3"):
        _held(town, name, 1, 2)
    secretary = town.member("Chi", PostKind.SECRETARY)
    in_charge = town.member("Phụ trách", PostKind.IN_CHARGE, at=town.branch("Chi bộ 2"), branch="Chi bộ 3")
    for who, expected in ((secretary, "Chi bộ 1"), (in_charge, "Chi bộ 2")):
        assert [row.name for row in overview(session, who, "", NOW, VIET_NAM).first] == [expected]


def test_a_plain_member_is_refused(session: Session, town: Town) -> None:
    with pytest.raises(NotAllowed):
        overview(session, town.member("An"), "", NOW, VIET_NAM)


def test_a_post_at_a_unit_that_is_gone_shows_nothing(session: Session, town: Town) -> None:
    an = town.member("An")
    lost = Who(
        an.member_id,
        an.full_name,
        an.branch_id,
        an.branch_name,
        an.status,
        (PostHeld(PostKind.LEADER, 999),),
        consented=True,
    )
    seen = overview(session, lost, "", NOW, VIET_NAM)
    assert (seen.totals.branches, seen.first) == (0, ())


def test_the_nearest_meeting_decides_the_month(session: Session, town: Town) -> None:
    branches = [town.branch()]
    assert nearest_period(session, branches, NOW, VIET_NAM) == DECEMBER
    town.meeting(starts_at=MEETING)
    town.meeting(starts_at=MEETING + timedelta(days=31))
    town.meeting(starts_at=MEETING + timedelta(days=60), state=MeetingState.TO_CONFIRM)
    count_marked(session, MEETING + timedelta(days=59), VIET_NAM)
    assert nearest_period(session, branches, MEETING + timedelta(days=10), VIET_NAM) == DECEMBER
    assert nearest_period(session, branches, MEETING + timedelta(days=20), VIET_NAM) == "2027-01"
    assert nearest_period(session, branches, MEETING + timedelta(days=59), VIET_NAM) == "2027-01"
