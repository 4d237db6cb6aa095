"""Due rows become messages once, whatever the clock or another process does (reliability.md 6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from db.errors import Refused
from db.outbox import OutboxRow, OutboxState, Priority
from meetings import moving
from meetings.excuses import decide_excuse
from meetings.reminder_cap import free_moments
from meetings.rsvp import answer_invitation
from meetings.tables import (
    ExcuseReason,
    ExcuseState,
    Meeting,
    MeetingKind,
    MeetingState,
    ReminderState,
    RsvpAnswer,
)
from members.identity import Who
from members.tables import MemberStatus, PostKind
from members.telling import tell
from scheduler.reminders import claim, due_meetings, next_due, remind_of
from tests.support.branch_world import NOW, TIMES, World, branch_world, local
from tests.support.databases import Database

COMING, EXCUSE, HELP = RsvpAnswer.COMING, RsvpAnswer.EXCUSE, RsvpAnswer.NEEDS_HELP
D7, D3, D1, D0 = (local(f"2026-{day} 08:00") for day in ("11-26", "11-30", "12-02", "12-03"))


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with branch_world(database) as made:
        made.rule()
        yield made


def tick(world: World, now: datetime) -> list[str]:
    """As the scheduler does it: every meeting with a due row; the steps sent."""
    found = due_meetings(world.session, now)
    meetings = [meeting for branch in found for meeting in branch]
    return [step for one in remind_of(world.session, meetings, now, TIMES) for step in one.sent]


def reminded(world: World, member_id: int) -> list[tuple[str, str]]:
    """Steps and notices of a member's reminders."""
    rows = world.told(member_id)
    return [(row.key.rsplit(":", 1)[1], row.notice) for row in rows if row.priority == Priority.REMINDER]


def test_each_step_goes_to_those_it_concerns(world: World) -> None:
    silent, coming, helped = world.member("Im"), world.member("Dự"), world.member("Giúp")
    away, declined = world.member("Vắng"), world.member("Chưa được vắng")
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    exempt = world.member("Miễn", status=MemberStatus.EXEMPT)
    nobody = [
        exempt,
        world.member("Nơi khác", status=MemberStatus.TEMPORARILY_ELSEWHERE),
        world.member("Đình chỉ", status=MemberStatus.SUSPENDED),
        world.member("Mới", since=local("2026-12-05 08:00").date()),
    ]
    meeting = world.meeting().id
    assert tick(world, D7) == ["d-7"]
    answers = [(coming, COMING), (helped, HELP), (exempt, COMING)]
    for who, answer in answers:
        answer_invitation(world.session, who, meeting, answer, D7)
    for who in (away, declined):
        answer_invitation(world.session, who, meeting, EXCUSE, D7, ExcuseReason.ILL)
    decide_excuse(world.session, secretary, meeting, declined.member_id, ExcuseState.DECLINED, D7)
    for moment, step in ((D3, "d-3"), (D1, "d-1"), (D0, "d-0")):
        assert tick(world, moment) == [step]
    invited, asked = ("d-7", "invitation.invite"), ("d-3", "invitation.ask")
    soon = [("d-1", "invitation.soon"), ("d-0", "invitation.soon")]
    assert reminded(world, silent.member_id) == [invited, asked, *soon]
    for who in (coming, helped, declined):
        assert reminded(world, who.member_id) == [invited, *soon]
    assert reminded(world, away.member_id) == [invited]
    assert all(reminded(world, who.member_id) == [] for who in nobody)
    row = world.told(silent.member_id)[1]
    assert row.key == f"meeting:{meeting}:2026-12-03:member:{silent.member_id}:d-3"
    assert row.expires_at == world.meeting().starts_at


def test_before_its_moment_nothing_goes_out(world: World) -> None:
    world.member("An")
    assert next_due(world.session) == D7
    assert tick(world, D7 - timedelta(seconds=1)) == []
    assert tick(world, D7) == ["d-7"]
    assert next_due(world.session) == D3


@pytest.mark.parametrize("down", [1, 60, 600, 3600, 3600 * 20])
def test_downtime_is_made_up_for_once_and_marked_late(world: World, down: int) -> None:
    an = world.member("An")
    now = D3 + timedelta(seconds=down)
    assert tick(world, D7) == ["d-7"]
    while not (sent := tick(world, now)):  # at night the reminder waits for the morning
        now += timedelta(minutes=30)
    assert sent == ["d-3"]
    assert tick(world, now) == []
    assert len(reminded(world, an.member_id)) == 2
    row = world.reminders(world.meeting().id)[f"meeting:{world.meeting().id}:2026-12-03:d-3"]
    assert (row.state, row.note) == (ReminderState.DONE, "late" if down > 60 else None)


def test_past_the_meeting_everything_is_skipped_with_a_note(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    an, meeting = world.member("An"), world.meeting()
    assert tick(world, meeting.starts_at) == []
    rows = world.reminders(meeting.id).values()
    assert {(row.state, row.note) for row in rows} == {(ReminderState.SKIPPED, "started")}
    assert reminded(world, an.member_id) == []
    assert sum("skipped: started" in record.getMessage() for record in caplog.records) == 4


def test_after_days_of_downtime_one_message_not_four(world: World) -> None:
    an = world.member("An")
    assert tick(world, D1 + timedelta(hours=1)) == ["d-7"]
    notes = {row.kind: row.note for row in world.reminders(world.meeting().id).values()}
    assert notes == {"d-7": "late", "d-3": "overtaken", "d-1": "overtaken", "d-0": None}
    assert reminded(world, an.member_id) == [("d-7", "invitation.invite")]


def test_after_downtime_who_was_invited_before_a_move_is_recalled_not_invited(world: World) -> None:
    an, secretary = world.member("An"), world.member("Bí Thư", PostKind.SECRETARY)
    tick(world, D7)
    answer_invitation(world.session, an, world.meeting().id, COMING, D7)
    moving.move(world.session, secretary, world.meeting().id, local("2026-12-12 19:30"), D7, TIMES)
    assert tick(world, local("2026-12-11 09:00")) == ["d-1"]
    assert reminded(world, an.member_id)[-1] == ("d-1", "invitation.soon")


def test_a_clock_a_day_forward_and_back_never_doubles(world: World) -> None:
    an = world.member("An")
    moments = [D7, D7 + timedelta(days=1), D7 - timedelta(days=1), D7, D3, D3 - timedelta(hours=1), D3]
    sent = [step for moment in moments for step in tick(world, moment)]
    assert sent == ["d-7", "d-3"]
    assert len(reminded(world, an.member_id)) == 2


def test_two_processes_claim_each_row_once(tmp_path: Path, world: World) -> None:
    """The second reads the due row before the first commits, and finds it taken when it claims."""
    engine = create_engine(f"sqlite:///{tmp_path / 'two.db'}")
    source = world.session.connection()
    with engine.begin() as copy:
        for table in Meeting.metadata.sorted_tables:
            table.create(copy)
            rows = [row._asdict() for row in source.execute(select(table))]
            if rows:
                copy.execute(table.insert(), rows)
    with Session(engine) as first, Session(engine) as second:
        [meetings] = due_meetings(first, D7)
        assert due_meetings(second, D7) == [meetings]
        stale = list(second.scalars(select(Meeting)))  # an old snapshot in memory
        second.rollback()
        assert [one.sent for one in remind_of(first, meetings, D7, TIMES)] == [("d-7",)]
        first.commit()
        assert remind_of(second, meetings, D7, TIMES) == []
        assert stale
    engine.dispose()


def test_a_row_is_claimed_by_one(world: World) -> None:
    row = next(iter(world.reminders(world.meeting().id).values()))
    assert claim(world.session, [row.id], ReminderState.DONE, None, D7) == [row.id]
    assert claim(world.session, [row.id], ReminderState.SKIPPED, "x", D7) == []
    assert [r.state for r in world.reminders(world.meeting().id).values()].count(ReminderState.DONE) == 1


def test_a_meeting_moved_between_claim_and_sending_is_told_once_each(world: World) -> None:
    an, secretary = world.member("An"), world.member("Bí Thư", PostKind.SECRETARY)
    meeting = world.meeting().id
    tick(world, D7)
    tick(world, D3)
    moving.move(world.session, secretary, meeting, local("2026-12-06 19:30"), D3, TIMES)
    assert tick(world, D3 + timedelta(minutes=1)) == []
    sent = [tick(world, local(f"2026-12-{day} 08:00")) for day in ("02", "03", "05", "06", "07")]
    assert sent == [[], ["d-3"], ["d-1"], ["d-0"], []]
    assert [row.notice for row in world.told(an.member_id)] == [
        "invitation.invite",
        "invitation.ask",
        "invitation.moved",
        "invitation.ask",
        "invitation.soon",
        "invitation.soon",
    ]


def test_a_meeting_called_off_reminds_nobody(world: World) -> None:
    an, secretary = world.member("An"), world.member("Bí Thư", PostKind.SECRETARY)
    moving.call_off(world.session, secretary, world.meeting().id, NOW)
    assert tick(world, D3) == []
    assert reminded(world, an.member_id) == []


@pytest.mark.parametrize("state", [MeetingState.CHECKIN_CLOSED, MeetingState.HELD, MeetingState.CANCELLED])
def test_a_row_left_behind_by_a_meeting_that_is_over_is_skipped(world: World, state: MeetingState) -> None:
    an, meeting = world.member("An"), world.meeting()
    meeting.state = state
    assert tick(world, D3) == []
    notes = {row.note for row in world.reminders(meeting.id).values() if row.due_at <= D3}
    assert notes == {"meeting is not on"}
    assert reminded(world, an.member_id) == []


def test_nothing_goes_out_in_quiet_hours(world: World) -> None:
    world.member("An")
    assert tick(world, local("2026-11-29 23:00")) == []
    assert tick(world, local("2026-11-30 05:59")) == []
    assert tick(world, local("2026-11-30 06:00")) == ["d-7"]


def test_one_reminder_a_person_and_day_over_all_kinds(world: World) -> None:
    an, binh = world.member("An"), world.member("Bình")
    tell(world.session, an.member_id, "quiz.open", key="round:1", now=D7, priority=Priority.REMINDER)
    tick(world, D7)
    due = {row.member_id: row.due_at for row in world.told(notice="invitation.invite")}
    assert due == {an.member_id: D7 + timedelta(days=1), binh.member_id: D7}


def test_of_two_meetings_on_one_day_the_nearer_one_is_recalled(world: World) -> None:
    an, secretary = world.member("An"), world.member("Bí Thư", PostKind.SECRETARY)
    regular = world.meeting()
    thematic = Meeting(
        branch_id=world.branch_id,
        kind=MeetingKind.THEMATIC,
        period="2026-12",
        starts_at=local("2026-12-03 08:30"),
        place="Nhà văn hóa",
        checkin_key="0" * 32,
        screen_token="t",
    )
    world.session.add(thematic)
    world.session.flush()
    moving.move(world.session, secretary, thematic.id, local("2026-12-09 19:30"), NOW, TIMES)
    for moment in (D7, D1, D1 + timedelta(days=1)):
        tick(world, moment)
    days = [row.due_at.astimezone(TIMES.zone).date() for row in world.told(an.member_id)]
    assert len(days) == len(set(days))
    on_d1 = [row.args["meeting"] for row in world.told(an.member_id) if row.due_at == D1]
    assert on_d1 == [regular.id]


def test_no_day_left_means_no_reminder(world: World) -> None:
    an = world.member("An")
    tell(world.session, an.member_id, "x", key="x", now=D0, priority=Priority.REMINDER)
    late, later = ({an.member_id: D0 + timedelta(hours=hours)} for hours in (10, 30))
    assert an.member_id not in free_moments(world.session, late, D0, TIMES.zone)
    assert an.member_id in free_moments(world.session, later, D0, TIMES.zone)


def test_people_without_phone_or_consent_get_rows_that_say_so(world: World) -> None:
    world.member("Không Máy", phone=False)
    world.member("Chưa Đồng Ý", consented=False)
    tick(world, D7)
    assert {row.state for row in world.told()} == {OutboxState.UNREACHABLE}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-30, 16 * 24), min_size=1, max_size=25), st.integers(0, 23))
def test_whatever_the_clock_does_each_step_is_told_at_most_once(hours: list[int], hour: int) -> None:
    with branch_world() as world:
        an = world.member("An")
        world.rule(at=datetime(2026, 1, 1, hour, 30).time())
        starts_at = world.meeting().starts_at
        sent: list[str] = []
        for offset in hours:
            now = NOW + timedelta(hours=offset)
            steps = tick(world, now)
            assert not steps or 6 <= now.astimezone(TIMES.zone).hour < 21
            sent += steps if now < starts_at else []
        mine = [row for row in world.told(an.member_id) if f":{world.meeting().id}:" in row.key]
        assert len(sent) == len(set(sent))
        days = [row.due_at.astimezone(TIMES.zone).date() for row in mine]
        assert len(days) == len(set(days))
        assert all(row.due_at < starts_at for row in mine)
        rows = world.session.scalars(select(OutboxRow.key)).all()
        assert len(rows) == len(set(rows))


Step = tuple[str, int]
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["tick", "move", "off", "coming", "excuse"]), st.integers(1, 60)), max_size=30
)


@settings(max_examples=40, deadline=None)
@given(HAPPENINGS)
def test_whatever_happens_people_are_told_the_present_state_and_not_too_often(steps: list[Step]) -> None:
    """Ticks, moves, cancellations and answers in any order, hours or days apart."""
    with branch_world() as world:
        an, secretary = world.member("An"), world.member("Bí Thư", PostKind.SECRETARY)
        world.rule()
        now = NOW
        for what, amount in steps:
            now += timedelta(hours=amount)
            before = len(world.told(an.member_id))
            _do(world, what, amount, now, an, secretary)
            for row in reminder_rows(world, an.member_id, before):
                starts_at = world.session.get_one(Meeting, row.args["meeting"]).starts_at
                assert what == "tick"
                assert row.args["starts"] == starts_at.isoformat()
                assert now <= row.due_at < starts_at
        meeting = world.meeting()
        due = [row for row in world.reminders(meeting.id).values() if row.state is ReminderState.DUE]
        assert len({row.kind for row in due}) == len(due)
        assert all(f":{TIMES.local_day(meeting.starts_at)}:" in row.key for row in due)
        days = [row.due_at.astimezone(TIMES.zone).date() for row in reminder_rows(world, an.member_id)]
        assert len(days) == len(set(days))


def reminder_rows(world: World, member_id: int, first: int = 0) -> list[OutboxRow]:
    return [row for row in world.told(member_id)[first:] if row.priority == Priority.REMINDER]


def _do(world: World, what: str, amount: int, now: datetime, an: Who, secretary: Who) -> None:
    meeting = world.meeting().id
    try:
        if what == "tick":
            tick(world, now)
        elif what == "move":
            there = now.replace(minute=0, second=0) + timedelta(hours=amount * 5)
            moving.move(world.session, secretary, meeting, there, now, TIMES)
        elif what == "off":
            moving.call_off(world.session, secretary, meeting, now)
        elif what == "coming":
            answer_invitation(world.session, an, meeting, COMING, now)
        else:
            answer_invitation(world.session, an, meeting, EXCUSE, now, ExcuseReason.ILL)
    except Refused:
        world.session.flush()
