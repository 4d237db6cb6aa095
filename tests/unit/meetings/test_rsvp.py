"""Answers to the invitation, excuses, who comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from db.errors import BadInput, NotAllowed, Refused
from db.outbox import OutboxRow
from meetings.excuses import decide_excuse, excuse_of, waiting_excuses
from meetings.overview import overview
from meetings.rsvp import TooLate, answer_invitation
from meetings.tables import (
    ExcuseReason,
    ExcuseState,
    MeetingState,
    Rsvp,
    RsvpAnswer,
    RsvpChange,
)
from meetings.turnout import needs_help, turnout
from members.identity import Who
from members.tables import Account, AuditEntry, MemberStatus, PostKind
from scheduler.reminders import remind_of
from tests.support.branch_world import NOW, TIMES, World, branch_world, local
from tests.support.databases import Database

COMING, EXCUSE, HELP = RsvpAnswer.COMING, RsvpAnswer.EXCUSE, RsvpAnswer.NEEDS_HELP


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with branch_world(database) as made:
        made.rule()
        yield made


def history(world: World, who: Who) -> list[RsvpAnswer]:
    query = select(RsvpChange.answer).where(RsvpChange.member_id == who.member_id).order_by(RsvpChange.id)
    return list(world.session.scalars(query))


def test_twice_is_once_and_a_change_keeps_history(world: World) -> None:
    an, meeting = world.member("An"), world.meeting().id
    assert answer_invitation(world.session, an, meeting, COMING, NOW).changed
    assert not answer_invitation(world.session, an, meeting, COMING, NOW).changed
    answer_invitation(world.session, an, meeting, EXCUSE, NOW, ExcuseReason.ILL)
    done = answer_invitation(world.session, an, meeting, HELP, NOW)
    rows = world.session.scalars(select(Rsvp)).all()
    assert [(row.answer, row.reason, row.excuse) for row in rows] == [(HELP, None, None)]
    assert done.mine.answer is HELP
    assert history(world, an) == [COMING, EXCUSE, HELP]


def test_an_excuse_needs_a_reason_and_is_never_approved_by_itself(world: World) -> None:
    an, meeting = world.member("An"), world.meeting().id
    with pytest.raises(BadInput):
        answer_invitation(world.session, an, meeting, EXCUSE, NOW)
    done = answer_invitation(world.session, an, meeting, EXCUSE, NOW, ExcuseReason.SHIFT)
    assert done.mine.excuse is ExcuseState.ASKED


def test_who_may_not_answer(world: World) -> None:
    meeting = world.meeting()
    stranger = world.member("Khác", branch_id=world.other_branch())
    with pytest.raises(NotAllowed):
        answer_invitation(world.session, stranger, meeting.id, COMING, NOW)
    with pytest.raises(NotAllowed):
        answer_invitation(world.session, stranger, 999_999, COMING, NOW)
    for status in (MemberStatus.SUSPENDED, MemberStatus.TEMPORARILY_ELSEWHERE):
        with pytest.raises(Refused, match="not_expected"):
            answer_invitation(world.session, world.member(status, status=status), meeting.id, COMING, NOW)
    exempt = world.member("Miễn", status=MemberStatus.EXEMPT)
    assert answer_invitation(world.session, exempt, meeting.id, COMING, NOW).changed


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=40)])
def test_from_the_start_on_it_is_too_late(world: World, late: timedelta) -> None:
    an, meeting = world.member("An"), world.meeting()
    before = meeting.starts_at - timedelta(seconds=1)
    assert answer_invitation(world.session, an, meeting.id, COMING, before).changed
    with pytest.raises(TooLate, match="has_begun"):
        answer_invitation(world.session, an, meeting.id, HELP, meeting.starts_at + late)
    assert history(world, an) == [COMING]


def test_no_answers_to_what_is_not_fixed_or_off(world: World) -> None:
    an = world.member("An")
    with pytest.raises(Refused, match="date_open"):
        answer_invitation(world.session, an, world.meeting("2027-01").id, COMING, NOW)
    meeting = world.meeting()
    meeting.state = MeetingState.CANCELLED
    with pytest.raises(TooLate, match="called_off"):
        answer_invitation(world.session, an, meeting.id, COMING, NOW)


def test_the_chair_hears_of_excuses_and_calls_for_help_once(world: World) -> None:
    chair = [world.member("Bí Thư", PostKind.SECRETARY), world.member("Phó", PostKind.DEPUTY)]
    world.member("Thư Ký", PostKind.CLERK)
    an, meeting = world.member("An"), world.meeting().id
    for _ in range(2):
        answer_invitation(world.session, an, meeting, EXCUSE, NOW, ExcuseReason.ILL)
    answer_invitation(world.session, an, meeting, HELP, NOW)
    answer_invitation(world.session, an, meeting, COMING, NOW)
    for who in chair:
        assert [r.notice for r in world.told(who.member_id)] == [
            "planning.excuse_asked",
            "planning.help_asked",
        ]
    assert len(world.told()) == 4
    assert all("ill" not in str(row.args) for row in world.told())  # the reason is read when it is shown
    assert needs_help(world.session, chair[0], meeting, an.member_id) is None


def test_only_the_chair_sees_reasons_and_decides_and_looking_is_logged(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    meeting = world.meeting().id
    answer_invitation(world.session, an, meeting, EXCUSE, NOW, ExcuseReason.FAMILY)
    others = [
        an,
        world.member("Chi ủy viên", PostKind.COMMITTEE_MEMBER),
        world.member("Thư Ký", PostKind.CLERK),
        world.member("Khác", PostKind.SECRETARY, branch_id=world.other_branch()),
    ]
    for who in others:
        with pytest.raises(NotAllowed):
            decide_excuse(world.session, who, meeting, an.member_id, ExcuseState.APPROVED, NOW)
        with pytest.raises(NotAllowed):
            excuse_of(world.session, who, meeting, an.member_id, NOW)
    assert waiting_excuses(world.session, others[3], NOW) == []
    seen = waiting_excuses(world.session, secretary, NOW)
    assert [(one.full_name, one.reason) for one in seen] == [("An", ExcuseReason.FAMILY)]
    assert world.session.scalars(select(AuditEntry).where(AuditEntry.action == "excuse.seen")).all()


def test_decisions_may_change_and_each_is_told_once(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    meeting = world.meeting().id
    answer_invitation(world.session, an, meeting, EXCUSE, NOW, ExcuseReason.ILL)
    moments = iter(range(1, 10))
    for state in (ExcuseState.APPROVED, ExcuseState.APPROVED, ExcuseState.DECLINED, ExcuseState.APPROVED):
        at = NOW + timedelta(seconds=next(moments))
        decide_excuse(world.session, secretary, meeting, an.member_id, state, at)
    assert len(world.told(an.member_id, "invitation.excuse_decided")) == 3
    assert waiting_excuses(world.session, secretary, NOW) == []
    answer_invitation(world.session, an, meeting, COMING, NOW)
    with pytest.raises(Refused, match="excuse_gone"):
        decide_excuse(world.session, secretary, meeting, an.member_id, ExcuseState.DECLINED, NOW)


def test_nobody_decides_on_their_own_and_not_after_the_list_is_confirmed(world: World) -> None:
    secretary, an = world.member("Bí Thư", PostKind.SECRETARY), world.member("An")
    meeting = world.meeting().id
    for who in (secretary, an):
        answer_invitation(world.session, who, meeting, EXCUSE, NOW, ExcuseReason.ILL)
    with pytest.raises(Refused, match="own_excuse"):
        decide_excuse(world.session, secretary, meeting, secretary.member_id, ExcuseState.APPROVED, NOW)
    after = world.meeting().starts_at + timedelta(hours=1)  # asked again at closing: still possible
    decide_excuse(world.session, secretary, meeting, an.member_id, ExcuseState.APPROVED, after)
    world.meeting().state = MeetingState.HELD
    with pytest.raises(Refused, match="excuse_closed"):
        decide_excuse(world.session, secretary, meeting, an.member_id, ExcuseState.DECLINED, after)


def test_forty_members_31_coming_3_excused_2_exempt_4_silent(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    people = [world.member(f"Đảng viên {n}") for n in range(33)]
    silent = [world.member(name) for name in ("Trần Văn Ba", "Lê Thị An", "Đỗ Văn Cường", "Vũ Thị Ánh")]
    for n in range(2):
        world.member(f"Miễn {n}", status=MemberStatus.EXEMPT)
    meeting = world.meeting().id
    for who in [secretary, *people[:30]]:
        answer_invitation(world.session, who, meeting, COMING, NOW)
    for who in people[30:]:
        answer_invitation(world.session, who, meeting, EXCUSE, NOW, ExcuseReason.ILL)
    seen = turnout(world.session, secretary, meeting, TIMES.zone)
    counts = (seen.total, seen.coming, seen.excused, seen.exempt, seen.needs_help, seen.away)
    assert counts == (40, 31, 3, 2, 0, 0)
    assert seen.silent == ("Lê Thị An", "Vũ Thị Ánh", "Trần Văn Ba", "Đỗ Văn Cường")
    assert len(silent) == 4
    with pytest.raises(NotAllowed):
        turnout(world.session, people[0], meeting, TIMES.zone)


def test_the_call_list_holds_whom_no_message_reaches(world: World) -> None:
    secretary = world.member("Bí Thư", PostKind.SECRETARY)
    world.member("Không Máy", phone=False)
    world.member("Chưa Đồng Ý", consented=False)
    world.member("Ở Xa", status=MemberStatus.TEMPORARILY_ELSEWHERE, phone=False)
    blocked = world.member("Chặn")
    meeting = world.meeting().id
    remind_of(world.session, [meeting], local("2026-11-26 08:00"), TIMES)
    account = world.session.scalars(select(Account).where(Account.member_id == blocked.member_id)).one()
    account.unreachable_since = NOW
    seen = turnout(world.session, secretary, meeting, TIMES.zone)
    assert set(seen.unreachable) == {"Không Máy", "Chưa Đồng Ý", "Chặn"}
    rows = world.session.scalars(select(OutboxRow).where(OutboxRow.state == "unreachable")).all()
    assert len(rows) == 2


def test_the_overview_shows_decisions_to_those_who_decide(world: World) -> None:
    secretary, clerk = world.member("Bí Thư", PostKind.SECRETARY), world.member("Thư Ký", PostKind.CLERK)
    answer_invitation(world.session, clerk, world.meeting().id, EXCUSE, NOW, ExcuseReason.ILL)
    mine = overview(world.session, secretary, world.branch_id, NOW, TIMES.zone)
    theirs = overview(world.session, clerk, world.branch_id, NOW, TIMES.zone)
    assert (mine.excuses, mine.may_plan) == (1, True)
    assert (theirs.excuses, theirs.may_plan) == (0, False)
    assert mine.to_confirm > 0
