"""The list of a meeting and the rate of confirmed lists, by the worked examples of domain.md 8.1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from db.places import Place
from meetings import checkin_run, roll
from meetings.attendance import Roll, branch_rate, confirmed_attendance, roll_of
from meetings.attendance_rate import Rate, rate_of_all
from meetings.roll import find_lines
from meetings.tables import ExcuseState, Presence, Rsvp, RsvpAnswer
from members.identity import Who
from members.tables import Member, MemberStatus, PostKind
from tests.unit.meetings.checkin_room import RULES, STARTS, ZONE, Room, room_in


@pytest.fixture
async def room(place: Place) -> AsyncIterator[Room]:
    async with room_in(place) as started:
        yield started


async def listed(
    room: Room, present: int, others: int, *more: MemberStatus, name: str = "Chi bộ 1"
) -> tuple[int, int, Who, list[Who]]:
    """A closed list: the secretary and `present - 1` are there, `others` and those of status `more` not."""
    branch = await room.branch(name)
    secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
    people = [await room.member(branch, f"Đảng Viên {n:02}") for n in range(present - 1 + others)]
    people += [await room.member(branch, f"Khác {n}", status) for n, status in enumerate(more)]
    meeting = await room.opened(branch, secretary)
    there = [who.member_id for who in (secretary, *people[: present - 1])]
    await room.store.write(roll.set_presence, secretary, meeting, there, Presence.PRESENT, STARTS, RULES)
    await room.store.write(checkin_run.close_checkin, secretary, meeting, STARTS, RULES)
    return branch, meeting, secretary, people


async def confirmed(room: Room, meeting: int, secretary: Who) -> Roll:
    seen = await room.store.read(roll_of, meeting, ZONE)
    return await room.store.write(
        checkin_run.confirm_list, secretary, meeting, seen.in_the_room, seen.in_the_room, STARTS, RULES
    )


async def excuse(room: Room, meeting: int, who: Who, state: ExcuseState) -> None:
    def ask(session: Session) -> None:
        session.add(
            Rsvp(
                meeting_id=meeting,
                member_id=who.member_id,
                answer=RsvpAnswer.EXCUSE,
                excuse=state,
                at=STARTS,
            )
        )

    await room.store.write(ask)


async def test_thirteen_of_fourteen(room: Room) -> None:
    branch, meeting, secretary, people = await listed(room, 13, 1, MemberStatus.EXEMPT)
    await excuse(room, meeting, people[12], ExcuseState.APPROVED)
    done = await confirmed(room, meeting, secretary)
    assert done.rate == Rate(13, 14)
    assert (done.count(Presence.EXCUSED), done.count(Presence.ABSENT)) == (1, 0)
    assert await room.store.read(branch_rate, branch, "2026-12") == Rate(13, 14)


async def test_excuse_not_decided_is_never_approved_by_itself(room: Room) -> None:
    _, meeting, secretary, people = await listed(room, 12, 2, MemberStatus.EXEMPT)
    await excuse(room, meeting, people[11], ExcuseState.ASKED)
    await excuse(room, meeting, people[12], ExcuseState.DECLINED)
    before = await room.store.read(roll_of, meeting, ZONE)
    assert before.waiting_excuses == 1
    done = await confirmed(room, meeting, secretary)
    assert done.count(Presence.ABSENT) == 2
    assert done.rate == Rate(12, 14)


async def test_nine_of_ten_is_exactly_ninety_percent(room: Room) -> None:
    _, meeting, secretary, _ = await listed(room, 9, 1)
    assert (await confirmed(room, meeting, secretary)).rate.fraction == Fraction(9, 10)


async def test_who_is_counted(room: Room) -> None:
    branch, meeting, secretary, people = await listed(
        room,
        1,
        0,
        MemberStatus.PROBATIONARY,
        MemberStatus.EXEMPT,
        MemberStatus.TEMPORARY_HERE,
        MemberStatus.TEMPORARILY_ELSEWHERE,
        MemberStatus.SUSPENDED,
    )
    await room.member(branch, "Mới Vào", since=date(2026, 12, 4))
    exempt = people[1].member_id
    await room.store.write(roll.set_presence, secretary, meeting, [exempt], Presence.PRESENT, STARTS, RULES)
    done = await confirmed(room, meeting, secretary)
    assert done.rate == Rate(1, 3), "secretary of secretary, probationary, temporary here"
    assert done.in_the_room == 2, "the exempt member is a head in the room"
    assert done.by_status[MemberStatus.PROBATIONARY] == Rate(0, 1)
    assert done.by_status[MemberStatus.EXEMPT] == Rate(1, 1)


async def test_only_confirmed_lists_count_and_stay_as_they_were(room: Room) -> None:
    branch, meeting, secretary, people = await listed(room, 2, 2)
    span = (STARTS - timedelta(days=1), STARTS + timedelta(days=1))
    assert await room.store.read(confirmed_attendance, [branch], *span) == []
    assert (await room.store.read(branch_rate, branch, "2026-12")).fraction is None
    await confirmed(room, meeting, secretary)

    def change(session: Session) -> None:
        session.get_one(Member, people[2].member_id).status = MemberStatus.EXEMPT
        session.get_one(Member, people[1].member_id).left_on = date(2026, 12, 20)

    await room.store.write(change)
    await room.member(branch, "Ghi Bổ Sung")
    (one,) = await room.store.read(confirmed_attendance, [branch], *span)
    assert (one.meeting_id, one.period, one.present, one.base) == (meeting, "2026-12", 2, 4)
    assert (await room.store.read(roll_of, meeting, ZONE)).rate == Rate(2, 4)


async def test_organisation_is_sum_by_sum_and_by_time(room: Room) -> None:
    big, first, secretary, _ = await listed(room, 9, 1)
    small, second, other, _ = await listed(room, 1, 1, name="Chi bộ 2")
    await confirmed(room, first, secretary)
    await confirmed(room, second, other)
    both = await room.store.read(confirmed_attendance, [big, small], STARTS, STARTS + timedelta(seconds=1))
    assert rate_of_all(one.rate for one in both) == Rate(10, 12)
    assert await room.store.read(confirmed_attendance, [big, small], STARTS - timedelta(days=9), STARTS) == []
    assert [
        one.meeting_id
        for one in await room.store.read(confirmed_attendance, [small], STARTS, STARTS + timedelta(days=1))
    ] == [second]


async def test_finding_names_and_numbers(room: Room) -> None:
    branch = await room.branch()
    secretary = await room.member(branch, "Trần Văn Đức", MemberStatus.OFFICIAL, PostKind.SECRETARY)
    for name in ("Nguyễn Thị Ánh", "Lê Ánh", "Đỗ Mạnh Hùng"):
        await room.member(branch, name)
    meeting = await room.opened(branch, secretary)
    names = await room.store.read(roll_of, meeting, ZONE)
    assert [line.name for line in names.lines] == ["Lê Ánh", "Nguyễn Thị Ánh", "Trần Văn Đức", "Đỗ Mạnh Hùng"]
    for typed, found in (
        ("do manh hung", ["Đỗ Mạnh Hùng"]),
        ("Hùng", ["Đỗ Mạnh Hùng"]),
        ("anh", ["Lê Ánh", "Nguyễn Thị Ánh"]),
        ("3", ["Trần Văn Đức"]),
        ("9", []),
        ("", []),
        ("Phạm Tuân", []),
    ):
        assert [line.name for line in find_lines(names, typed)] == found
