"""Attendance integrity: small forms of the tests T1–T9 of the reliability programme."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import Refused
from db.outbox import OutboxRow, OutboxState
from db.places import Place
from meetings import checkin_run, roll
from meetings.attendance import roll_of
from meetings.checkin import CheckedIn, Outcome, check_in_by_code, check_in_by_link
from meetings.tables import CheckinTry, Means, MeetingState, Presence
from members.identity import Who
from members.tables import AuditEntry, MemberStatus, PostKind
from tests.unit.meetings.checkin_room import OPENED, RULES, STARTS, ZONE, Room, room_in

PERIOD = timedelta(seconds=30)


@pytest.fixture
async def room(place: Place) -> AsyncIterator[Room]:
    async with room_in(place) as started:
        yield started


async def by_code(room: Room, who: Who, code: str, now: datetime, key: str = "") -> CheckedIn:
    source = key or f"{who.member_id}:{now.isoformat()}:{code}"
    return await room.store.write(check_in_by_code, who, code, now, source, RULES)


async def scene(room: Room, members: int = 3) -> tuple[int, Who, list[Who]]:
    """An open meeting, its secretary, members."""
    branch = await room.branch()
    secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
    people = [await room.member(branch, f"Đảng Viên {n:04}") for n in range(members)]
    return await room.opened(branch, secretary), secretary, people


@pytest.mark.parametrize("drift", [-2, 0, 2])
@pytest.mark.parametrize(("windows", "accepted"), [(-1, False), (0, True), (1, True), (2, False), (3, False)])
async def test_t1_code_lives_two_windows_also_across_a_restart(
    place: Place, windows: int, accepted: bool, drift: int
) -> None:
    shown_at = STARTS.replace(second=15)
    async with room_in(place) as room:
        meeting, _, people = await scene(room, 1)
        code = await room.code(meeting, shown_at)
    async with room_in(place) as room:
        seen = await by_code(room, people[0], code, shown_at + windows * PERIOD + timedelta(seconds=drift))
        assert (seen.outcome is Outcome.PRESENT) is accepted
        assert len(await room.rows(meeting)) == accepted


async def test_t2_one_token_by_many_twice_and_by_another_branch(room: Room) -> None:
    meeting, _, people = await scene(room, 50)
    other = await room.member(await room.branch("Chi bộ 2"), "Người Khác")
    token = await room.token(meeting, STARTS)
    tries = [
        room.store.write(check_in_by_link, who, token, STARTS, RULES) for who in (*people, *people, other)
    ]
    seen = await asyncio.gather(*tries, return_exceptions=True)
    fates = [s.outcome if isinstance(s, CheckedIn) else s for s in seen]
    assert fates.count(Outcome.PRESENT) == 50
    assert fates.count(Outcome.ALREADY) == 50
    refused = fates[-1]
    assert isinstance(refused, Refused)
    assert refused.key == "checkin.other_branch"
    assert {row.member_id for row in await room.rows(meeting)} == {who.member_id for who in people}


async def test_t3_guessing_rests_after_five_and_ends_after_ten(room: Room) -> None:
    meeting, secretary, people = await scene(room, 4)
    guesses = random.Random(3)
    compared = 0
    for seconds in range(0, 900, 15):
        now = STARTS + timedelta(seconds=seconds)
        right = {await room.code(meeting, now), await room.code(meeting, now - PERIOD)}
        for who in people:
            guess = next(g for g in iter(lambda: f"{guesses.randrange(10**6):06}", "") if g not in right)
            seen = await by_code(room, who, guess, now)
            compared += seen.outcome is Outcome.WRONG
            assert seen.outcome in {Outcome.WRONG, Outcome.BLOCKED}
    tries = await room.store.read(lambda s: list(s.scalars(select(CheckinTry.wrong))))
    assert tries == [10, 10, 10, 10], "five, ten minutes of rest, five more"
    assert compared == 4 * 8, "the fifth and tenth are answered by sending to the clerk"
    assert 200 * max(tries) * 2 / 10**6 < 0.01, "expected hits of 200 members"
    told = await room.store.read(_notices_to, secretary.member_id, "checkin.many_tries")
    assert len(told) == 4, "one note a member"
    late = STARTS + timedelta(hours=1)
    assert (await by_code(room, people[0], await room.code(meeting, late), late)).outcome is Outcome.BLOCKED


async def test_t3_the_same_update_counts_once(room: Room) -> None:
    meeting, _, people = await scene(room, 1)
    wrong = f"{(int(await room.code(meeting, STARTS)) + 1) % 10**6:06}"
    for _ in range(20):
        assert (await by_code(room, people[0], wrong, STARTS, "update-7")).tries_left == 4


async def test_t4_replay_of_past_meetings(room: Room) -> None:
    branch = await room.branch()
    who = await room.member(branch, "Đảng Viên")
    accepted = 0
    for month in range(20):
        day = STARTS.replace(year=2025 + month // 12, month=1 + month % 12)
        meeting = await room.meeting(branch, key=f"{month:032x}", starts_at=day)
        tokens = [await room.token(meeting, day + n * PERIOD) for n in range(30)]
        for token in tokens:
            try:
                await room.store.write(check_in_by_link, who, token, STARTS + timedelta(days=300), RULES)
                accepted += 1
            except Refused as refused:
                assert refused.key == "checkin.old_link"
    assert accepted == 0


@pytest.mark.parametrize(("delay", "accepted"), [(1, True), (5, True), (20, True), (45, True), (90, False)])
async def test_t5_a_relayed_code_is_seen_at_confirmation(room: Room, delay: int, accepted: bool) -> None:
    meeting, secretary, (here, away) = await scene(room, 2)
    shown_at = STARTS.replace(second=0)
    code = await room.code(meeting, shown_at)
    await by_code(room, here, code, shown_at)
    await by_code(room, away, code, shown_at + timedelta(seconds=delay))
    listed = await room.store.write(
        checkin_run.close_checkin, secretary, meeting, STARTS + timedelta(minutes=5), RULES
    )
    heads = 1
    assert listed.in_the_room - heads == accepted, "one name more than heads"


async def test_t6_forged_links(room: Room) -> None:
    meeting, secretary, people = await scene(room, 1)
    other = await room.meeting(await room.branch("Chi bộ 2"), key="cd" * 16)
    token = await room.token(meeting, STARTS)
    letters = random.Random(6)
    forged = {_mutated(token, letters) for _ in range(300)} - {token}
    forged |= {
        token.replace(f"ci-{meeting}-", f"ci-{other}-"),
        await room.token(other, STARTS),
        "",
        "ci-",
        "x",
    }
    for payload in forged:
        with pytest.raises(Refused):
            await room.store.write(check_in_by_link, people[0], payload, STARTS, RULES)
    await room.store.write(checkin_run.close_checkin, secretary, meeting, STARTS, RULES)
    seen = await room.store.write(check_in_by_link, people[0], token, STARTS, RULES)
    assert seen.outcome is Outcome.ASKED, "closed: only a person may add"
    assert await room.rows(meeting) == []


async def test_t7_helpers(room: Room) -> None:
    meeting, secretary, people = await scene(room, 6)
    helper, *others = people
    now = STARTS
    for member, key in ((others[0], "checkin.helper_first"), (helper, "checkin.not_oneself")):
        with pytest.raises(Refused) as refused:
            await room.store.write(roll.mark_for, helper, meeting, member.member_id, now, RULES)
        assert refused.value.key == key
    await by_code(room, helper, await room.code(meeting, now), now)
    for n, other in enumerate(others[:3]):
        done = await room.store.write(roll.mark_for, helper, meeting, other.member_id, now, RULES)
        again = await room.store.write(roll.mark_for, helper, meeting, other.member_id, now, RULES)
        assert (done.left, again.left, again.already) == (2 - n, 2 - n, True)
    with pytest.raises(Refused) as refused:
        await room.store.write(roll.mark_for, helper, meeting, others[3].member_id, now, RULES)
    assert refused.value.key == "checkin.helper_limit"
    with pytest.raises(Refused) as refused:
        await room.store.write(roll.mark_for, others[0], meeting, others[3].member_id, now, RULES)
    assert refused.value.key == "checkin.helper_first", "who was helped has no phone to help with"
    helped = [row for row in await room.rows(meeting) if row.means is Means.HELPER]
    assert {row.by_member_id for row in helped} == {helper.member_id}
    log = await room.store.read(lambda s: list(s.scalars(select(AuditEntry.action))))
    assert log.count("checkin.helped") == 3
    many = [who.member_id for who in others]
    listed = await room.store.write(roll.set_presence, secretary, meeting, many, Presence.PRESENT, now, RULES)
    assert listed.in_the_room == 6, "no limit for the secretary"


async def test_t8_after_confirmation_nothing_is_added_silently(room: Room) -> None:
    meeting, secretary, people = await scene(room, 2)
    code = await room.code(meeting, STARTS)
    await room.store.write(checkin_run.close_checkin, secretary, meeting, STARTS, RULES)
    await room.store.write(checkin_run.confirm_list, secretary, meeting, 0, 0, STARTS, RULES)
    for _ in range(2):
        seen = await by_code(room, people[0], code, STARTS)
        assert seen.outcome is Outcome.ASKED
    assert {row.presence for row in await room.rows(meeting)} == {Presence.ABSENT}
    told = await room.store.read(_notices_to, secretary.member_id, "checkin.late_update")
    assert [row.args["member"] for row in told] == [people[0].member_id]
    listed = await room.store.write(
        roll.admit_late, secretary, meeting, people[0].member_id, Presence.LATE, STARTS, RULES
    )
    assert listed.in_the_room == 1
    with pytest.raises(Refused):
        await room.store.write(
            roll.set_presence, secretary, meeting, [people[1].member_id], Presence.PRESENT, STARTS, RULES
        )


async def test_t9_all_of_a_great_hall_at_once(room: Room, place: Place) -> None:
    members = 600 if place.file else 200  # a server costs five times as much, and its rules are the same
    branch = await room.branch()
    secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
    people = await room.members(branch, members)
    meeting = await room.opened(branch, secretary)
    code = await room.code(meeting, STARTS)
    seen = await asyncio.gather(*(by_code(room, who, code, STARTS) for who in people))
    assert {s.outcome for s in seen} == {Outcome.PRESENT}
    rows = await room.rows(meeting)
    assert sorted(row.member_id for row in rows) == sorted(who.member_id for who in people)
    told = await room.store.read(_notices_to, secretary.member_id, "checkin.live")
    assert len(told) == 1, "names of the same seconds share one message"
    listed = await room.store.read(roll_of, meeting, ZONE)
    assert (listed.rate.present, listed.rate.base) == (members, members + 1)


async def test_invitations_expire_and_reach_only_the_expected(room: Room) -> None:
    branch = await room.branch()
    secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
    invited = await room.member(branch, "Một")
    await room.member(branch, "Hai", MemberStatus.EXEMPT)
    await room.member(branch, "Ba", MemberStatus.SUSPENDED)
    meeting = await room.meeting(branch)
    done = await room.store.write(checkin_run.open_checkin, secretary, meeting, OPENED, RULES)
    again = await room.store.write(checkin_run.open_checkin, secretary, meeting, STARTS, RULES)
    assert (done.told, again.told) == (1, 0)
    rows = await room.store.read(lambda s: list(s.scalars(select(OutboxRow))))
    assert [(row.member_id, row.state) for row in rows] == [(invited.member_id, OutboxState.QUEUED)]
    assert rows[0].expires_at is not None


async def test_state_goes_one_way(room: Room) -> None:
    meeting, secretary, _ = await scene(room, 1)
    with pytest.raises(Refused) as refused:
        await room.store.write(checkin_run.confirm_list, secretary, meeting, 0, 0, STARTS, RULES)
    assert refused.value.key == "checkin.close_first"
    await room.store.write(checkin_run.close_checkin, secretary, meeting, STARTS, RULES)
    held = await room.store.write(checkin_run.confirm_list, secretary, meeting, 0, 0, STARTS, RULES)
    assert held.meeting.state is MeetingState.HELD
    with pytest.raises(Refused) as refused:
        await room.store.write(checkin_run.open_checkin, secretary, meeting, STARTS, RULES, again=True)
    assert refused.value.key == "checkin.confirmed_already"


def _notices_to(session: Session, member_id: int, notice: str) -> list[OutboxRow]:
    wanted = (OutboxRow.member_id == member_id, OutboxRow.notice == notice)
    return list(session.scalars(select(OutboxRow).where(*wanted)))


def _mutated(token: str, letters: random.Random) -> str:
    place = letters.randrange(len(token))
    letter = letters.choice(string.ascii_letters + string.digits + "-_")
    return token[:place] + letter + token[place + 1 :]
