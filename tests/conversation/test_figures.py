"""The leader's view in chat: counts, a chart, other months; nothing about persons."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from bot.language import Picture
from meetings.attendance import count_list
from meetings.tables import (
    Attendance,
    ExcuseReason,
    ExcuseState,
    Means,
    Meeting,
    MeetingState,
    Presence,
    Rsvp,
    RsvpAnswer,
)
from members.months import mark_month
from members.tables import PostKind
from reports import monthly
from tests.support.talk import Person, Talk, branch

MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
AFTER = MEETING + timedelta(days=2)
HEIGHT_OF_ONE_ROW = 140


def _hold(
    session: Session, name: str, period: str, people: list[int], present: int, state: MeetingState
) -> None:
    """A meeting of the branch in `period` with the first `present` of `people` there."""
    starts_at = MEETING if period == "2026-12" else MEETING - timedelta(days=30)
    meeting = Meeting(
        branch_id=branch(session, name).id,
        period=period,
        starts_at=starts_at,
        place="Nhà văn hóa",
        state=state,
        checkin_key="0" * 32,
        screen_token=f"{name} {period}",
    )
    session.add(meeting)
    session.flush()
    for number, member in enumerate(people):
        there = Presence.PRESENT if number < present else Presence.EXCUSED
        line = Attendance(
            meeting_id=meeting.id, member_id=member, presence=there, means=Means.CODE, at=starts_at
        )
        answer = Rsvp(
            meeting_id=meeting.id,
            member_id=member,
            answer=RsvpAnswer.EXCUSE,
            reason=ExcuseReason.ILL,
            excuse=ExcuseState.APPROVED,
            at=starts_at,
        )
        session.add_all([line, *([answer] if number >= present else [])])
    if state is MeetingState.HELD:
        count_list(session, meeting)
    mark_month(session, meeting.branch_id, period)


async def _branch(
    talk: Talk, name: str, present: int, of: int, state: MeetingState = MeetingState.HELD
) -> list[Person]:
    people = [await talk.member(f"Đảng viên {name} {n}", name) for n in range(of)]
    ids = [one.member_id for one in people]
    await talk.home.store.write(_hold, name, "2026-12", ids, present, state)
    return people


def _picture(person: Person) -> Picture:
    picture = person.heard[-1].picture
    assert picture is not None
    return picture


@pytest.mark.parametrize("word", ["báo cáo", "tinh hinh", "THỐNG KÊ", "thong ke"])
async def test_the_leader_sees_all_branches_worst_first(talk: Talk, word: str) -> None:
    await _branch(talk, "Chi bộ 1", 10, 10)
    await _branch(talk, "Chi bộ 2", 3, 4)
    await _branch(talk, "Chi bộ 3", 0, 2, MeetingState.PLANNED)
    leader = await talk.member("Lê Lãnh Đạo", "Chi bộ 1", PostKind.LEADER, above=True)
    talk.now = AFTER
    await leader.says(word)
    lines = leader.last.splitlines()
    assert len(lines) == 5
    assert "12/2026" in lines[0]
    assert "2/3" in lines[1]
    assert "92,9% (13/14)" in lines[2]
    assert re.search(r"Chi bộ 3 .*Chi bộ 2 \(dự 75%\*\)", lines[4])
    assert "Chi bộ 1" not in lines[4]


async def test_the_chart_comes_with_words(talk: Talk) -> None:
    await _branch(talk, "Chi bộ 1", 10, 10)
    await _branch(talk, "Chi bộ 2", 3, 4)
    leader = await talk.member("Lê Lãnh Đạo", "Chi bộ 1", PostKind.LEADER, above=True)
    talk.now = AFTER
    await leader.says("báo cáo")
    picture = _picture(leader)
    with Image.open(BytesIO(picture.png)) as image:
        assert image.format == "PNG"
        assert image.height > 2 * HEIGHT_OF_ONE_ROW
    assert picture.alt.index("Chi bộ 2") < picture.alt.index("Chi bộ 1")
    assert "75%" in picture.alt


async def test_nothing_about_persons(talk: Talk) -> None:
    people = await _branch(talk, "Chi bộ 1", 3, 5)
    await people[0].says("ý kiến")
    await people[0].says("Chuyện riêng vịt xanh")
    await people[0].taps("Chỉ gửi chi ủy")
    leader = await talk.member("Lê Lãnh Đạo", "Chi bộ 9", PostKind.LEADER, above=True)
    talk.now = AFTER
    await leader.says("báo cáo")
    told = leader.last + _picture(leader).alt
    assert "Ý kiến: 1 (đã trả lời 0)" in told
    assert not any(one.name in told for one in people)
    for secret in ("ốm", "vịt xanh", "chi ủy"):
        assert secret not in told.lower()


async def test_months_can_be_turned(talk: Talk) -> None:
    people = await _branch(talk, "Chi bộ 1", 3, 4)
    ids = [one.member_id for one in people]
    await talk.home.store.write(_hold, "Chi bộ 1", "2026-11", ids, 2, MeetingState.HELD)
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.SECRETARY)
    talk.now = AFTER
    await secretary.says("báo cáo")
    assert secretary.labels == ["Tháng trước"]
    await secretary.taps("Tháng trước")
    assert "11/2026" in secretary.last
    assert "50% (2/4)" in secretary.last
    assert "dưới 10" in secretary.last
    await secretary.taps("Tháng sau")
    assert "75% (3/4)" in secretary.last


async def test_the_menu_shows_it_to_those_who_may(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    office = await talk.member("Phạm Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    await _branch(talk, "Chi bộ 2", 1, 2)
    talk.now = AFTER
    await office.presses("fig")
    assert "02 chi bộ" in office.last
    await an.presses("fig")
    refused = an.last
    assert "quyền" in refused
    for forged in ("fig-m:2026-12", "fig-m:2019-01"):
        await an.presses(forged)
        assert an.last == refused
    await an.says("báo cáo")
    assert an.last == refused
    assert all(say.picture is None for say in an.heard)


async def test_another_secretary_sees_the_own_branch_alone(talk: Talk) -> None:
    await _branch(talk, "Chi bộ 1", 1, 2)
    await _branch(talk, "Chi bộ 2", 2, 2)
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 2", PostKind.SECRETARY)
    talk.now = AFTER
    await secretary.says("báo cáo")
    assert "Chi bộ 2" in secretary.last
    assert "Chi bộ 1" not in secretary.last + _picture(secretary).alt
    assert "100% (2/2)" in secretary.last


@pytest.mark.parametrize("data", ["fig-m:2026-13", "fig-m:abc", "fig-m:2026-12:1", "fig:1"])
async def test_forged_months(talk: Talk, data: str) -> None:
    leader = await talk.member("Lê Lãnh Đạo", "Chi bộ 1", PostKind.LEADER, above=True)
    await leader.presses(data)
    assert "cũ" in leader.last


async def test_everything_twice_and_before_anything_was_held(talk: Talk) -> None:
    talk.twice = True
    leader = await talk.member("Lê <b>Lãnh</b> Đạo", "Chi bộ <i>1</i>", PostKind.LEADER, above=True)
    await leader.says("báo cáo")
    assert "11/2026" in leader.last
    assert "–" in leader.last
    assert "Chi bộ <i>1</i>" in leader.last
    assert leader.labels == []


async def test_the_office_is_told_on_day_five(talk: Talk) -> None:
    await _branch(talk, "Chi bộ 1", 3, 4)
    await _branch(talk, "Chi bộ 2", 0, 2, MeetingState.PLANNED)
    office = await talk.member("Phạm Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    talk.now = AFTER
    for _ in range(2):
        await talk.home.store.write(monthly.run_due, talk.now, talk.home.settings.timetable)
    assert await talk.deliver() == 1
    assert "1/2" in office.last
    assert "75%" in office.last
    assert "01 chi bộ" in office.last
    assert "Chi bộ 2" in office.last
    await office.presses(office.data_of("Xem chi tiết"))
    assert _picture(office)
