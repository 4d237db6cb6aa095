"""The monthly rule, dates to confirm, moving and calling off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db.errors import BadInput, NotAllowed, Refused
from db.outbox import OutboxState
from meetings import content, moving
from meetings.content import Part
from meetings.planning import fill, lacking, set_rule
from meetings.rsvp import answer_invitation
from meetings.tables import Meeting, MeetingState, Reminder, ReminderState, RsvpAnswer
from meetings.unconfirmed import nudge, unconfirmed
from meetings.upcoming import to_confirm
from members.tables import AuditEntry, PostKind
from scheduler.reminders import remind_of
from tests.support.branch_world import NOW, TIMES, World, branch_world, local
from tests.support.databases import Database


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with branch_world(database) as made:
        yield made


def test_a_rule_writes_thirteen_meetings_and_moves_none(world: World) -> None:
    done = world.rule()
    assert len(done.ahead) == 13
    january, february = world.meeting("2027-01"), world.meeting("2027-02")
    assert january.starts_at == local("2027-01-03 19:30")  # a Sunday, not moved
    assert january.state is february.state is MeetingState.TO_CONFIRM
    assert january.clash == "weekend"
    assert january.suggested_on == date(2027, 1, 4)
    assert february.clash == "tet_eve_days"
    assert done.to_confirm == sum(m.state is MeetingState.TO_CONFIRM for m in done.ahead)
    december = world.meeting()
    assert december.state is MeetingState.PLANNED
    assert len(december.checkin_key) == 32
    assert len({m.screen_token for m in world.session.scalars(select(Meeting))}) == 13


def test_dates_to_confirm_have_no_reminders(world: World) -> None:
    world.rule()
    assert world.reminders(world.meeting("2027-01").id) == {}
    steps = {row.kind for row in world.reminders(world.meeting().id).values()}
    assert steps == {"d-7", "d-3", "d-1", "d-0"}


def test_keeping_full_twice_adds_nothing_and_later_one_a_month(world: World) -> None:
    world.rule()
    world.session.flush()
    assert keep_full(world, NOW) == 0
    moving.call_off(world.session, world.member("Bí Thư", PostKind.SECRETARY), world.meeting().id, NOW)
    assert keep_full(world, NOW) == 0  # a cancelled month stays cancelled
    assert keep_full(world, NOW + timedelta(days=31)) == 1


def test_a_rule_set_after_todays_hour_begins_next_month(world: World) -> None:
    done = world.rule(now=local("2026-12-03 20:00"))
    assert done.ahead[0].period == "2027-01"


def test_only_the_branchs_own_chair_sets_the_rule(world: World) -> None:
    neighbour = world.member("Bí Thư Khác", PostKind.SECRETARY, branch_id=world.other_branch())
    for who in (world.member("An"), world.member("Thư Ký", PostKind.CLERK), neighbour):
        with pytest.raises(NotAllowed):
            set_rule(world.session, who, world.branch_id, 3, time(19, 30), "Nhà văn hóa", NOW, TIMES)


def test_a_rule_needs_a_place_once(world: World) -> None:
    with pytest.raises(BadInput):
        set_rule(world.session, None, world.branch_id, 3, time(19, 30), "  ", NOW, TIMES)
    world.rule()
    again = set_rule(world.session, None, world.branch_id, 4, time(19, 30), "", NOW, TIMES)
    assert again.place == "Nhà văn hóa"
    with pytest.raises(BadInput):
        set_rule(world.session, None, world.branch_id, 3, time(19, 30), "x" * 201, NOW, TIMES)


def test_a_new_rule_moves_what_nobody_knows_and_keeps_what_is_known(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    december, january = world.meeting(), world.meeting("2027-01")
    remind_of(world.session, [december.id], local("2026-11-26 08:00"), TIMES)
    moving.move(world.session, secretary, january.id, local("2027-01-05 19:30"), NOW, TIMES)
    done = set_rule(world.session, None, world.branch_id, 10, time(20), "Nhà văn hóa", NOW, TIMES)
    assert done.kept == 2
    assert world.meeting().starts_at == local("2026-12-03 19:30")
    assert world.meeting("2027-01").starts_at == local("2027-01-05 19:30")
    assert world.meeting("2027-03").starts_at == local("2027-03-10 20:00")
    rows = world.reminders(world.meeting("2027-03").id)
    due = {row.key for row in rows.values() if row.state is ReminderState.DUE}
    assert due == {
        f"meeting:{world.meeting('2027-03').id}:2027-03-10:{s}" for s in ("d-7", "d-3", "d-1", "d-0")
    }


def test_keeping_a_date_invites_to_it_and_twice_is_once(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    meeting = world.meeting("2027-01")
    for _ in range(2):
        done = moving.keep_date(world.session, secretary, meeting.id, date(2027, 1, 3), NOW, TIMES)
        assert done.meeting.state is MeetingState.PLANNED
        assert done.meeting.starts_at == local("2027-01-03 19:30")
    assert len(world.reminders(meeting.id)) == 4
    logged = world.session.scalars(select(AuditEntry).where(AuditEntry.action == "meeting.confirm")).all()
    assert len(logged) == 1


def test_the_suggestion_moves_and_an_old_button_does_not_undo_it(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    meeting_id = world.meeting("2027-01").id
    for _ in range(2):
        done = moving.take_suggestion(world.session, secretary, meeting_id, date(2027, 1, 4), NOW, TIMES)
        assert done.meeting.starts_at == local("2027-01-04 19:30")
        assert not done.clashes
    with pytest.raises(Refused, match="already_decided"):
        moving.keep_date(world.session, secretary, meeting_id, date(2027, 1, 3), NOW, TIMES)
    with pytest.raises(Refused, match="already_decided"):
        moving.take_suggestion(world.session, secretary, meeting_id, date(2027, 1, 9), NOW, TIMES)


@pytest.mark.parametrize(("moment", "key"), [("2026-11-01 19:30", "past"), ("2029-01-01 19:30", "too_far")])
def test_impossible_moments_are_refused(world: World, moment: str, key: str) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    with pytest.raises(BadInput, match=key):
        moving.move(world.session, secretary, world.meeting().id, local(moment), NOW, TIMES)


def test_a_meeting_whose_list_was_taken_stays(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    meeting = world.meeting()
    for state in (MeetingState.CHECKIN_OPEN, MeetingState.CHECKIN_CLOSED, MeetingState.HELD):
        meeting.state = state
        with pytest.raises(Refused, match="already_open"):
            moving.move(world.session, secretary, meeting.id, local("2026-12-05 19:30"), NOW, TIMES)
        with pytest.raises(Refused, match="already_open"):
            moving.call_off(world.session, secretary, meeting.id, NOW)


def test_moving_skips_old_rows_and_tells_who_knew(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    an, binh = world.member("An"), world.member("Bình")
    world.rule()
    meeting_id = world.meeting().id
    remind_of(world.session, [meeting_id], local("2026-11-26 08:00"), TIMES)
    later = local("2026-11-27 08:00")
    answer_invitation(world.session, an, meeting_id, RsvpAnswer.COMING, later)
    chi = world.member("Chi")  # joined the roll after the invitation went out: told nothing yet
    done = moving.move(world.session, secretary, meeting_id, local("2026-12-04 19:30"), later, TIMES)
    assert done.told == 3
    moved = {row.member_id for row in world.told(notice="invitation.moved")}
    assert moved == {secretary.member_id, an.member_id, binh.member_id}
    assert chi.member_id not in moved
    rows = world.reminders(meeting_id)
    old = [row for key, row in rows.items() if ":2026-12-03:" in key]
    assert {(r.kind, r.state, r.note) for r in old if r.kind != "d-7"} == {
        (kind, ReminderState.SKIPPED, "meeting moved") for kind in ("d-3", "d-1", "d-0")
    }
    new = {row.kind for key, row in rows.items() if ":2026-12-04:" in key}
    assert new == {"d-3", "d-1", "d-0"}  # the correction stands for a second invitation at once
    again = moving.move(world.session, secretary, meeting_id, local("2026-12-04 19:30"), later, TIMES)
    assert again.told == 0
    assert len(world.told(notice="invitation.moved")) == 3


def test_moving_there_and_back_never_doubles_a_step(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    meeting_id = world.meeting().id
    for moment in ("2026-12-04 19:30", "2026-12-03 19:30", "2026-12-03 20:00"):
        moving.move(world.session, secretary, meeting_id, local(moment), NOW, TIMES)
    due = [row for row in world.reminders(meeting_id).values() if row.state is ReminderState.DUE]
    assert sorted(row.kind for row in due) == ["d-0", "d-1", "d-3", "d-7"]
    assert {row.expires_at for row in due} == {local("2026-12-03 20:00")}
    assert all(":2026-12-03:" in row.key for row in due)


def test_calling_off_stops_reminders_and_a_new_date_revives(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    world.rule()
    meeting_id = world.meeting().id
    answer_invitation(world.session, an, meeting_id, RsvpAnswer.COMING, NOW)
    for told in (1, 0):
        assert moving.call_off(world.session, secretary, meeting_id, NOW).told == told
    assert {r.note for r in world.reminders(meeting_id).values()} == {"meeting cancelled"}
    later = NOW + timedelta(minutes=1)
    moving.move(world.session, secretary, meeting_id, local("2026-12-03 19:30"), later, TIMES)
    due = [r for r in world.reminders(meeting_id).values() if r.state is ReminderState.DUE]
    assert len(due) == 4
    assert [r.notice for r in world.told(an.member_id)] == ["invitation.called_off", "invitation.moved"]


def test_who_was_never_really_told_gets_no_correction(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    world.rule()
    meeting_id = world.meeting().id
    remind_of(world.session, [meeting_id], local("2026-11-26 08:00"), TIMES)
    for row in world.told(an.member_id):
        row.state = OutboxState.SKIPPED  # its turn came when it was no longer needed
    world.session.flush()
    moving.move(world.session, secretary, meeting_id, local("2026-12-04 19:30"), NOW, TIMES)
    assert {row.member_id for row in world.told(notice="invitation.moved")} == {secretary.member_id}


def test_a_near_date_without_decision_is_recalled_to_the_secretary_once_a_step(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    for day in range(45):
        keep_full(world, NOW + timedelta(days=day))
    january = f"meeting:{world.meeting('2027-01').id}:"
    keys = [
        r.key for r in world.told(secretary.member_id, "planning.to_confirm") if r.key.startswith(january)
    ]
    assert [key.split(":")[3] for key in keys] == ["21", "10"]


def test_another_place_is_told_once_to_who_knew(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    world.rule()
    meeting_id = world.meeting().id
    answer_invitation(world.session, an, meeting_id, RsvpAnswer.COMING, NOW)
    for _ in range(2):
        content.write_part(world.session, secretary, meeting_id, Part.PLACE, "Hội trường", NOW)
    assert [row.notice for row in world.told()] == ["invitation.moved"]


def test_a_date_that_passed_undecided_can_still_be_moved(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    now, january = local("2027-01-06 08:00"), world.meeting("2027-01")
    assert to_confirm(world.session, world.branch_id, now)[0].id == january.id
    with pytest.raises(BadInput, match="past"):
        moving.keep_date(world.session, secretary, january.id, date(2027, 1, 3), now, TIMES)
    moving.move(world.session, secretary, january.id, local("2027-01-08 19:30"), now, TIMES)
    assert world.meeting("2027-01").state is MeetingState.PLANNED
    assert "d-7" in {row.kind for row in world.reminders(january.id).values()}


def test_content_is_kept_as_typed_without_numbers(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.rule()
    meeting_id = world.meeting().id
    text = "1) kết quả tháng 11\n\n2. nhiệm vụ <b>tháng 12</b>\n30 năm tái lập trường"
    seen = content.write_part(world.session, secretary, meeting_id, Part.AGENDA, text, NOW)
    assert seen.agenda == ("kết quả tháng 11", "nhiệm vụ <b>tháng 12</b>", "30 năm tái lập trường")
    with pytest.raises(BadInput):
        content.write_part(world.session, secretary, meeting_id, Part.TOPIC, "x" * 4096, NOW)
    with pytest.raises(BadInput):
        content.write_part(world.session, secretary, meeting_id, Part.AGENDA, "a\n" * 11, NOW)
    with pytest.raises(NotAllowed):
        content.write_part(world.session, world.member("An"), meeting_id, Part.PLACE, "Sân", NOW)


@settings(max_examples=25, deadline=None)
@given(
    day=st.integers(1, 31),
    hour=st.integers(0, 23),
    waits=st.lists(st.integers(0, 40), min_size=1, max_size=6),
)
def test_whenever_it_is_kept_full_there_is_one_meeting_a_month(day: int, hour: int, waits: list[int]) -> None:
    with branch_world() as world:
        now = NOW
        world.rule(day, time(hour))
        for wait in waits:
            now += timedelta(days=wait)
            keep_full(world, now)
            periods = list(world.session.scalars(select(Meeting.period).order_by(Meeting.period)))
            assert len(periods) == len(set(periods))
            ahead = select(func.count()).select_from(Meeting).where(Meeting.starts_at > now)
            assert world.session.scalar(ahead) in (12, 13)
        rows = world.session.scalars(select(Reminder)).all()
        assert all(row.due_at < row.expires_at for row in rows)
        assert len({row.key for row in rows}) == len(rows)


def keep_full(world: World, now: datetime) -> int:
    """As the clock does it on each day; meetings added."""
    added = fill(world.session, lacking(world.session, now, TIMES), now, TIMES)
    assert lacking(world.session, now, TIMES) == []
    nudge(world.session, unconfirmed(world.session, now), now, TIMES)
    return added
