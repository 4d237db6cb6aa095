"""Figures that are kept are those of a recount, after any history: the use cases' own deeds, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.errors import Refused
from meetings import checkin_run, moving, roll
from meetings.attendance import roll_of
from meetings.attendance_rate import Rate
from meetings.calendar import VIET_NAM
from meetings.checkin import CheckinRules
from meetings.tables import Attendance, Meeting, MeetingState, Presence
from meetings.timetable import Timetable
from members import leaving
from members.identity import Who
from members.tables import Account, Member, PostKind, Unit
from opinions import answering
from opinions.forgetting import forget_author
from opinions.tables import Opinion, OpinionState
from quizzes import attempts, bank, planning, rounds
from quizzes.forgetting import forget_taker
from quizzes.tables import Attempt, QuizRound, RoundPlace
from reports import months
from reports.branches import branch_figures
from reports.figures import needs_attention, totals
from reports.overview import MOST_SHOWN, overview
from reports.recount import recount
from reports.tables import BranchPlace, UnitMonth
from tests.support.databases import Database, fresh_session
from tests.unit.opinions.conftest import Town
from tests.unit.quizzes.world import TOPIC, draft

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
BRANCHES = ("Chi bộ 1", "Chi bộ 2", "Chi bộ 10")
RULES = CheckinRules(zone=VIET_NAM)
TIMES = Timetable()


class Histories(RuleBasedStateMachine):
    """Three branches with three members each and a secretary, two months, and everything that happens."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.session = Session(self.engine)
        self.now, self.keys = START, iter(range(100_000))

    def teardown(self) -> None:
        assert recount(self.session, self.now, VIET_NAM) == []
        self.session.close()
        self.engine.dispose()

    @initialize()
    def people(self) -> None:
        self.town = Town(self.session)
        self.leader = self.town.member(
            "Lãnh đạo", PostKind.LEADER, at=self.town.committee, branch=BRANCHES[0]
        )
        self.chairs = {
            name: self.town.member(f"Chủ {name}", PostKind.SECRETARY, branch=name) for name in BRANCHES
        }
        self.members = [
            self.town.member(f"{name} số {n}", branch=name) for name in BRANCHES for n in range(3)
        ]
        drafts = [draft(1), draft(2)]
        bank.import_questions(self.session, None, self.town.committee, drafts, START, approved=True)

    def key(self) -> str:
        return f"telegram:{next(self.keys)}"

    def meetings(self) -> list[Meeting]:
        return list(self.session.scalars(select(Meeting).order_by(Meeting.id)))

    def pick(self, number: int) -> Meeting | None:
        found = self.meetings()
        return found[number % len(found)] if found else None

    def chair_of(self, branch_id: int) -> Who:
        return next(chair for chair in self.chairs.values() if chair.branch_id == branch_id)

    def member(self, number: int) -> Who:
        return self.members[number % len(self.members)]

    @rule(hours=st.sampled_from([1, 20, 60, 200]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        rounds.close_due(self.session, self.now)

    @rule(name=st.sampled_from(BRANCHES), months_later=st.integers(0, 1))
    def a_meeting_is_written_down(self, name: str, months_later: int) -> None:
        starts_at = MEETING + timedelta(days=31 * months_later)
        known = {(one.branch_id, one.period) for one in self.meetings()}
        if (self.town.branch(name), f"{starts_at:%Y-%m}") not in known:
            self.town.meeting(name, starts_at)

    @rule(number=st.integers(0, 9), days=st.integers(1, 40), off=st.booleans())
    def a_meeting_is_moved_or_called_off(self, number: int, days: int, off: bool) -> None:
        meeting = self.pick(number)
        if meeting is None:
            return
        chair = self.chair_of(meeting.branch_id)
        with suppress(Refused):
            if off:
                moving.call_off(self.session, chair, meeting.id, self.now)
            else:
                moving.move(self.session, chair, meeting.id, self.now + timedelta(days=days), self.now, TIMES)

    @rule(number=st.integers(0, 9), there=st.sets(st.integers(0, 3)))
    def a_list_is_taken_and_confirmed(self, number: int, there: set[int]) -> None:
        meeting = self.pick(number)
        if meeting is None or meeting.state not in (MeetingState.PLANNED, MeetingState.HELD):
            return
        chair = self.chair_of(meeting.branch_id)
        self.now = max(self.now, meeting.starts_at)
        with suppress(Refused):
            checkin_run.open_checkin(self.session, chair, meeting.id, self.now, RULES)
            lines = roll_of(self.session, meeting.id, VIET_NAM).lines
            present = [line.member_id for n, line in enumerate(lines) if n in there]
            roll.set_presence(self.session, chair, meeting.id, present, Presence.PRESENT, self.now, RULES)
            checkin_run.close_checkin(self.session, chair, meeting.id, self.now, RULES)
            heads = roll_of(self.session, meeting.id, VIET_NAM).in_the_room
            checkin_run.confirm_list(self.session, chair, meeting.id, heads, heads, self.now, RULES)

    @rule(number=st.integers(0, 9), line=st.integers(0, 5))
    def somebody_is_admitted_after_confirming(self, number: int, line: int) -> None:
        meeting = self.pick(number)
        if meeting is None or meeting.state is not MeetingState.HELD:
            return
        lines = roll_of(self.session, meeting.id, VIET_NAM).lines
        if lines:
            chosen = lines[line % len(lines)].member_id
            chair = self.chair_of(meeting.branch_id)
            roll.admit_late(self.session, chair, meeting.id, chosen, Presence.LATE, self.now, RULES)

    @rule(name=st.sampled_from(BRANCHES), hours=st.integers(1, 100))
    def a_round_is_opened(self, name: str, hours: int) -> None:
        times = planning.Times(self.now, self.now + timedelta(hours=hours))
        rounds.make_round(
            self.session,
            None,
            self.town.branch(name),
            TOPIC,
            self.now,
            zone=VIET_NAM,
            count=2,
            minutes=10,
            times=times,
        )

    @rule(number=st.integers(0, 20), right=st.integers(0, 2), seconds=st.integers(1, 700))
    def somebody_takes_part(self, number: int, right: int, seconds: int) -> None:
        who = self.member(number)
        open_rounds = select(QuizRound.id).where(
            QuizRound.branch_id == who.branch_id,
            QuizRound.published_at.is_(None),
            QuizRound.closes_at > self.now,
            QuizRound.opens_at <= self.now,
        )
        found = self.session.scalar(open_rounds.order_by(QuizRound.id.desc()).limit(1))
        if found is None:
            return
        with suppress(Refused):
            at = attempts.start(self.session, who.member_id, found, self.now, ranked=True)
            while at.question:
                n = at.question.position
                word = "đúng" if n < right else "sai"
                options = at.question.options
                place = next(i for i, option in enumerate(options) if option.startswith(word))
                later = self.now + timedelta(seconds=seconds)
                at = attempts.answer(self.session, at.attempt_id, who.member_id, n, {place}, later)

    @rule(number=st.integers(0, 20))
    def somebody_says_something(self, number: int) -> None:
        self.town.says(self.member(number), now=self.now)

    @rule(number=st.integers(0, 20), answered=st.booleans())
    def an_opinion_is_answered(self, number: int, answered: bool) -> None:
        found = self.session.scalars(select(Opinion).order_by(Opinion.id)).all()
        if not found:
            return
        opinion = found[number % len(found)]
        chair = self.chair_of(opinion.branch_id)
        with suppress(Refused):
            if answered:
                answering.answer(self.session, chair, opinion.id, "Đã xem", self.now, key=self.key())
            else:
                step = OpinionState.CONSIDERING
                answering.set_state(self.session, chair, opinion.id, step, self.now, key=self.key())

    @rule(number=st.integers(0, 20))
    def somebody_withdraws(self, number: int) -> None:
        account = self.session.scalar(
            select(Account).where(Account.member_id == self.member(number).member_id)
        )
        if account is not None:
            rooms = (forget_taker, forget_author)
            leaving.withdraw(self.session, account.id, rooms, self.now, key=self.key())

    @rule(number=st.integers(0, 20), to=st.sampled_from(BRANCHES), left=st.booleans())
    def somebody_moves_or_leaves(self, number: int, to: str, left: bool) -> None:
        member = self.session.get_one(Member, self.member(number).member_id)
        if left:
            member.left_on = self.now.date()
        else:
            member.branch_id = self.town.branch(to)
        self.session.flush()

    @precondition(lambda self: hasattr(self, "town"))
    @invariant()
    def what_is_shown_is_what_a_recount_gives(self) -> None:
        self.session.flush()
        branches = [self.town.branch(name) for name in BRANCHES]
        seen = overview(self.session, self.leader, "", self.now, VIET_NAM)
        rows = branch_figures(self.session, branches, seen.period, self.now, VIET_NAM)
        assert seen.totals == totals(rows)
        assert [one.name for one in seen.first] == [one.name for one in needs_attention(rows)][:MOST_SHOWN]


Histories.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHistories = pytest.mark.timeout(600)(Histories.TestCase)


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with fresh_session(database) as session:
        yield Town(session)


def counted(town: Town) -> Meeting:
    """A confirmed list, counted."""
    meeting = town.meeting(state=MeetingState.HELD)
    for n in range(4):
        town.attend(meeting, town.member(f"Người {n}"), Presence.PRESENT if n else Presence.ABSENT)
    assert recount(town.session, MEETING, VIET_NAM) == []
    return meeting


def test_a_wrong_list_is_found(town: Town) -> None:
    meeting = counted(town)
    town.session.execute(update(Attendance).values(presence=Presence.ABSENT))
    assert recount(town.session, MEETING, VIET_NAM) == [
        f"meeting {meeting.id}: kept 3 of 4, counted 0 of 4",
    ]


def test_wrong_sums_and_a_wrong_order_are_found(town: Town) -> None:
    counted(town)
    town.meeting("Chi bộ 2")
    assert recount(town.session, MEETING, VIET_NAM) == []
    town.session.execute(
        update(UnitMonth).where(UnitMonth.unit_id == town.committee).values(present=9, base=9)
    )
    town.session.execute(update(BranchPlace).values(unanswered=0, attendance=0.5, quiz=0.5, name="x"))
    found = recount(town.session, MEETING, VIET_NAM)
    assert any(f"unit {town.committee} in 2026-12: kept 2 branches" in line for line in found)


def test_a_wrong_place_is_found(town: Town) -> None:
    found = QuizRound(
        key="k", branch_id=town.branch(), title="t", opens_at=START, closes_at=MEETING, minutes=10
    )
    town.session.add(found)
    town.session.flush()
    who = town.member("An")
    town.session.add(
        Attempt(
            round_id=found.id,
            member_id=who.member_id,
            ranked=True,
            seed=1,
            started_at=START,
            finished_at=START + timedelta(seconds=70),
            correct=3,
        )
    )
    town.session.flush()
    rounds.close_due(town.session, MEETING)
    assert recount(town.session, MEETING, VIET_NAM) == []
    town.session.execute(update(RoundPlace).values(seconds=69))
    town.session.execute(update(QuizRound).values(points=4))
    assert recount(town.session, MEETING, VIET_NAM) == [
        f"round {found.id}: kept 1 takers with 4 points, counted 1 with 3",
        f"round {found.id}: the places kept are not those of its attempts",
    ]


def test_a_branch_under_another_committee_counts_there_alone(town: Town) -> None:
    counted(town)
    other = Unit(parent_id=None, kind="committee", name="Đảng bộ khác", search_name="dang bo khac")
    town.session.add(other)
    town.session.flush()
    town.session.get_one(Unit, town.branch()).parent_id = other.id
    months.count_now(town.session, [town.branch()], "2026-12", MEETING, VIET_NAM)
    assert recount(town.session, MEETING, VIET_NAM) == []
    moved = town.session.get_one(UnitMonth, (other.id, "2026-12"))
    left = town.session.get_one(UnitMonth, (town.committee, "2026-12"))
    assert (moved.present, moved.base, left.branches, left.base) == (3, 4, 0, 0)
    assert Rate(moved.present, moved.base) == Rate(3, 4)


def test_a_day_that_passes_turns_into_not_met(town: Town) -> None:
    town.meeting()
    leader = town.member("L", PostKind.LEADER, at=town.committee)
    before = overview(town.session, leader, "2026-12", MEETING, VIET_NAM)
    after = overview(town.session, leader, "2026-12", MEETING + timedelta(days=1), VIET_NAM)
    assert (before.totals.not_met, after.totals.not_met) == (0, 1)
