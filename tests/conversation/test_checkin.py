"""A member checks in: code typed, link scanned, "có mặt"; what happens when it does not work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.language import Kind
from meetings.tables import Presence
from members.tables import MemberStatus, PostKind
from tests.conversation.checkin_scene import STARTS, code, meeting, payload, presences, wrong
from tests.support.talk import Person, Talk


async def opened(talk: Talk) -> tuple[Person, Person, int]:
    """A secretary who has opened check-in, a member, and the meeting."""
    binh = await talk.member("Trần Thị Bình", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    held = await meeting(talk)
    await binh.says("mở điểm danh")
    return binh, an, held


async def test_notice_button_then_digits(talk: Talk) -> None:
    _, an, held = await opened(talk)
    await talk.deliver()
    assert an.labels == ["Tôi có mặt"]
    await an.presses(an.data_of("Tôi có mặt"))
    assert "6 số" in an.last
    assert await presences(talk, held) == {}, "a tap alone proves nothing"
    right = await code(talk, held)
    await an.says(f"{right[:3]} {right[3:]}")
    assert "19 giờ 20" in an.last
    assert await presences(talk, held) == {an.member_id: Presence.PRESENT}


async def test_typed_ways_without_tones(talk: Talk) -> None:
    _, an, held = await opened(talk)
    for typed in ("co mat", "CÓ MẶT", "tôi có mặt", "diem danh", "Điểm danh"):
        await an.says(typed)
        assert "6 số" in an.last
    await an.says(f"co mat {await code(talk, held)}")
    assert (await presences(talk, held))[an.member_id] is Presence.PRESENT
    await an.says("có mặt")
    assert "không cần" in an.last
    await an.says(f"điểm danh {await code(talk, held)}")
    assert "không cần" in an.last


@pytest.mark.channels("telegram", why="only its links carry a payload")
async def test_scanned_link(talk: Talk) -> None:
    _, an, held = await opened(talk)
    token = await payload(talk, held)
    await an.opens(token)
    assert "✅" in an.last
    assert (await presences(talk, held))[an.member_id] is Presence.PRESENT
    cuc = await talk.member("Lê Thị Cúc")
    talk.now += timedelta(seconds=61)
    await cuc.opens(token)
    assert "hết hạn" in cuc.last
    await cuc.opens(token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert "hết hạn" in cuc.last
    assert cuc.member_id not in await presences(talk, held)


async def test_every_update_twice(talk: Talk) -> None:
    talk.twice = True
    binh, an, held = await opened(talk)
    await an.says(wrong(await code(talk, held)))
    assert "Còn 4 lần" in an.last
    await an.says(await code(talk, held))
    await binh.says(await code(talk, held))
    assert len(await presences(talk, held)) == 2
    assert await talk.deliver() == 0, "both are on the list, nobody is asked to come; names are not due yet"
    talk.now += timedelta(seconds=6)
    await talk.deliver()
    assert "Nguyễn Văn An" in binh.last


async def test_sixteenth_minute_is_late_and_not_shaming(talk: Talk) -> None:
    _, an, held = await opened(talk)
    cuc = await talk.member("Lê Thị Cúc")
    talk.now = STARTS + timedelta(minutes=15)
    await an.says(await code(talk, held))
    talk.now = STARTS + timedelta(minutes=15, seconds=1)
    await cuc.says(await code(talk, held))
    assert await presences(talk, held) == {an.member_id: Presence.PRESENT, cuc.member_id: Presence.LATE}
    assert "đến muộn" in cuc.last
    assert "vắng" not in cuc.last


async def test_five_wrong_codes_then_the_clerk(talk: Talk) -> None:
    binh, an, held = await opened(talk)
    for left in (4, 3, 2, 1):
        await an.says(wrong(await code(talk, held)))
        assert f"Còn {left} lần" in an.last
    await an.says(wrong(await code(talk, held)))
    assert "thư ký" in an.last
    await an.says(await code(talk, held))
    assert "thư ký" in an.last, "even the right code rests now"
    await talk.deliver()
    assert "Nguyễn Văn An" in binh.last
    await binh.presses(binh.data_of("Ghi có mặt"))
    assert (await presences(talk, held))[an.member_id] is Presence.PRESENT


async def test_after_ten_minutes_five_more(talk: Talk) -> None:
    _, an, held = await opened(talk)
    for _ in range(5):
        await an.says(wrong(await code(talk, held)))
    talk.now += timedelta(minutes=10)
    await an.says(await code(talk, held))
    assert (await presences(talk, held))[an.member_id] is Presence.PRESENT


async def test_code_of_another_branch(talk: Talk) -> None:
    _, an, held = await opened(talk)
    dung = await talk.member("Phạm Dung", "Chi bộ 2", PostKind.SECRETARY)
    other = await meeting(talk, "Chi bộ 2", key="ff" * 16)
    await dung.says("mở điểm danh")
    await an.says(await code(talk, other))
    assert "chi bộ khác" in an.last
    await an.opens(await payload(talk, other))
    assert "chi bộ khác" in an.last
    assert await presences(talk, held) == {}
    assert await presences(talk, other) == {}


async def test_before_opening_and_without_a_meeting(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("điểm danh")
    assert "không có buổi" in an.last
    held = await meeting(talk)
    await an.says(await code(talk, held))
    assert "chưa mở" in an.last
    await an.opens(await payload(talk, held))
    assert "chưa mở" in an.last
    assert await presences(talk, held) == {}


async def test_who_is_not_expected(talk: Talk) -> None:
    _, _, held = await opened(talk)
    exempt = await talk.member("Bùi Văn Giáp", status=MemberStatus.EXEMPT)
    away = await talk.member("Đỗ Thị Hà", status=MemberStatus.TEMPORARILY_ELSEWHERE)
    suspended = await talk.member("Vũ Khang", status=MemberStatus.SUSPENDED)
    for person in (exempt, away, suspended):
        await person.says(await code(talk, held))
    assert await presences(talk, held) == {exempt.member_id: Presence.PRESENT}
    assert "không sinh hoạt" in away.last
    assert away.last == suspended.last


async def test_strangers_and_those_without_consent_only_meet_the_gate(talk: Talk) -> None:
    _, _, held = await opened(talk)
    stranger = await talk.stranger("Người lạ")
    await stranger.opens(await payload(talk, held))
    await stranger.says(await code(talk, held))
    silent = await talk.member("Hồ Văn Im", consented=False)
    await silent.says(await code(talk, held))
    assert await presences(talk, held) == {}


async def test_not_six_digits_is_no_try(talk: Talk) -> None:
    _, an, held = await opened(talk)
    await an.says("có mặt")
    for typed in ("4821", "mã gì ạ?", "x" * 4096, "có mặt 4821"):
        await an.says(typed)
        assert "6 chữ số" in an.last
    await an.sends(Kind.STICKER)
    await an.says("   ")
    await an.says(wrong(await code(talk, held)))
    assert "Còn 4 lần" in an.last


async def test_helper_and_limit(talk: Talk) -> None:
    binh, an, held = await opened(talk)
    others = [await talk.member(name) for name in ("Cụ Một", "Cụ Hai", "Cụ Ba", "Cụ Bốn")]
    await an.says("điểm danh hộ Cụ Một")
    assert "tự điểm danh trước" in an.last
    await an.says(await code(talk, held))
    await an.taps("Điểm danh hộ")
    await an.taps("Cụ Một")
    assert "Cụ Một" in an.last
    assert "Còn 2" in an.last
    await an.says("điểm danh hộ cu hai")
    await an.says("có mặt Cụ Ba")
    assert "Còn 0" in an.last
    await an.says("điểm danh hộ Cụ Bốn")
    assert "đủ số người" in an.last
    assert set(await presences(talk, held)) == {an.member_id, *(o.member_id for o in others[:3])}
    talk.now += timedelta(seconds=6)
    await talk.deliver()
    assert "Nguyễn Văn An điểm danh hộ" in "\n".join(say.text.plain for say in binh.heard)
    assert "Nguyễn Văn An" in others[0].last


async def test_helper_cannot_help_oneself_nor_forge(talk: Talk) -> None:
    _, an, held = await opened(talk)
    eve = await talk.member("Ngô Ê", "Chi bộ 2")
    await an.presses(f"ckfor:{held}:{an.member_id}")
    assert "6 số" in an.last
    await eve.presses(f"ckfor:{held}:{an.member_id}")
    assert "chi bộ khác" in eve.last
    await an.says(await code(talk, held))
    await an.presses(f"ckfor:{held}:{eve.member_id}")
    assert set(await presences(talk, held)) == {an.member_id}


async def test_hostile_names(talk: Talk) -> None:
    binh, _, held = await opened(talk)
    names = ("<b>Đậm</b>", "\u202eNgược", "{name} Ngoặc")
    for name in names:
        person = await talk.member(name)
        await person.says(await code(talk, held))
    talk.now += timedelta(seconds=6)
    await talk.deliver()
    heard = "\n".join(say.text.plain for say in binh.heard)
    assert all(name in heard for name in names)
    await binh.says("danh sách")
    assert len(binh.labels) == 6
