"""Invitations, reminders and answers, tapped and typed."""

from __future__ import annotations

import pytest

from bot.language import Kind
from meetings.tables import ExcuseReason, ExcuseState, RsvpAnswer
from members.tables import MemberStatus, PostKind
from scheduler.reminders import run_due
from tests.conversation.month import TIMES, answers, goes, history, local, meeting, outbox, secretary_of
from tests.support.talk import Person, Talk

THREE = ["Tôi sẽ dự", "Xin vắng", "Nhờ người giúp"]


async def choose(person: Person, label: str) -> None:
    """Press a choice of a notice, or type its words."""
    if person.talk.types_now():
        await person.says(label)
    else:
        await person.presses(person.data_of(label))


async def test_the_invitation_has_the_three_facts_and_three_choices(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    for fact in ("Nguyễn Văn An", "12/2026", "19 giờ 30", "thứ Năm 03/12/2026", "Nhà văn hóa khu phố 5"):
        assert fact in an.last
    assert an.labels == THREE


async def test_coming_twice_is_once_and_changing_keeps_history(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    await choose(an, "Tôi sẽ dự")
    await choose(an, "Tôi sẽ dự")
    assert "sẽ dự" in an.last
    assert [a.answer for a in await answers(talk)] == [RsvpAnswer.COMING]
    await an.taps("Xin vắng")
    await an.taps("Ca trực")
    row = (await answers(talk))[0]
    assert (row.answer, row.reason, row.excuse) == (RsvpAnswer.EXCUSE, ExcuseReason.SHIFT, ExcuseState.ASKED)
    assert await history(talk) == ["coming", "excuse"]


async def test_every_update_twice_leaves_the_same(talk: Talk) -> None:
    talk.twice = True
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    await choose(an, "Xin vắng")
    await an.taps("Ốm đau")
    assert await history(talk) == ["excuse"]
    await talk.deliver()
    asked = [say for say in secretary.heard if "xin vắng buổi" in say.text.plain]
    assert len(asked) == 1


async def test_silence_is_recalled_and_answers_are_not(talk: Talk) -> None:
    await secretary_of(talk)
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Trần Thị Bình")
    await goes(talk, "2026-11-26 08:00")
    await choose(an, "Tôi sẽ dự")
    heard = len(an.heard)
    await goes(talk, "2026-11-30 08:00")
    assert len(an.heard) == heard
    assert "chưa thấy xác nhận" in binh.last
    assert binh.labels == THREE


async def test_the_day_before_says_place_and_hour_in_two_ways(talk: Talk) -> None:
    await secretary_of(talk)
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Trần Thị Bình")
    cuong = await talk.member("Lê Văn Cường")
    await goes(talk, "2026-11-26 08:00")
    await choose(an, "Tôi sẽ dự")
    await choose(cuong, "Xin vắng")
    await cuong.taps("Công tác")
    heard = len(cuong.heard)
    await goes(talk, "2026-12-02 08:00")
    for person in (an, binh):
        assert "Ngày mai, 19 giờ 30" in person.last
        assert "Nhà văn hóa khu phố 5" in person.last
    assert an.last != binh.last
    assert len(cuong.heard) == heard
    await goes(talk, "2026-12-03 08:00")
    assert "Hôm nay" in an.last


async def test_who_asks_to_be_absent_while_the_reminder_waits_does_not_get_it(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    talk.now = local("2026-12-02 08:00")
    await run_due(talk.home, talk.now, TIMES)  # queued, not yet sent
    await an.says("xin vắng")
    await an.taps("Công tác")
    heard = len(an.heard)
    await talk.deliver()
    assert len(an.heard) == heard


async def test_a_reminder_that_waited_names_the_right_day(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    await goes(talk, "2026-12-02 08:00")
    await goes(talk, "2026-12-03 12:00")
    assert "Hôm nay" in an.last


@pytest.mark.parametrize("typed", ["lịch", "LICH", "lich hop", "Lịch sinh hoạt"])
async def test_the_next_meeting_at_any_time(talk: Talk, typed: str) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.says(typed)
    assert "thứ Năm 03/12/2026" in an.last
    assert "03/01/2027" in an.last  # expected, not yet fixed
    assert an.labels == THREE


async def test_words_act_on_the_next_meeting(talk: Talk) -> None:
    await secretary_of(talk)
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Trần Thị Bình")
    await an.says("toi se du")
    assert "03/12/2026" in an.last
    await binh.says("NHỜ GIÚP")
    assert [a.answer for a in await answers(talk)] == [RsvpAnswer.COMING, RsvpAnswer.NEEDS_HELP]
    await an.says("lịch")
    assert "đã báo sẽ dự" in an.last
    assert "Tôi sẽ dự" not in an.labels


async def test_without_a_meeting_the_words_say_so(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    for word in ("lịch", "tôi sẽ dự", "xin vắng", "nhờ giúp"):
        await an.says(word)
        assert "chưa có buổi" in an.last


async def test_a_reason_is_chosen_not_written(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.says("xin vắng")
    assert len(an.labels) == 6
    await an.says("con tôi phải nhập viện từ hôm qua")
    assert "chọn" in an.last
    assert len(an.labels) == 6
    await an.says("x" * 4096)
    await an.sends(Kind.STICKER)
    await an.says("   ")
    assert await answers(talk) == []
    await an.says("việc gia đình")
    assert (await answers(talk))[0].reason is ExcuseReason.FAMILY


async def test_last_months_button_leads_to_the_next_meeting(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    old = an.data_of("Tôi sẽ dự")
    january = await meeting(talk, "2027-01")
    await secretary.presses(f"plan-take:{january.id}:20270104")
    await goes(talk, "2026-12-10 08:00")
    await an.presses(old)
    assert "không đổi được" in an.last
    assert "thứ Hai 04/01/2027" in an.last
    assert an.labels == THREE
    assert await answers(talk) == []


async def test_a_moved_meeting_is_corrected_and_old_messages_stay_unsent(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await goes(talk, "2026-11-26 08:00")
    await choose(an, "Tôi sẽ dự")
    december = await meeting(talk)
    await secretary.presses(f"plan-when:{december.id}")
    await secretary.says("4/12 20h")
    assert "2 đồng chí" in secretary.last
    await talk.deliver()
    assert "20 giờ, thứ Sáu 04/12/2026" in an.last
    assert "xin lỗi" in an.last
    assert an.labels[0] == "Xin vắng"
    heard = len(an.heard)
    await talk.deliver()
    assert len(an.heard) == heard


async def test_a_meeting_moved_while_reminders_wait_is_told_with_the_right_moment(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    december = await meeting(talk)
    talk.now = local("2026-11-26 08:00")
    await run_due(talk.home, talk.now, TIMES)  # queued, not yet sent
    await secretary.presses(f"plan-when:{december.id}")
    await secretary.says("05/12/2026 08:00")
    await talk.deliver()
    mine = [say.text.plain for say in an.heard]
    assert len(mine) == 1
    assert "8 giờ, thứ Bảy 05/12/2026" in mine[0]
    states = {row.notice: row.state.value for row in await outbox(talk) if row.member_id == an.member_id}
    assert states == {"invitation.invite": "skipped", "invitation.moved": "sent"}


async def test_called_off_is_told(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.says("tôi sẽ dự")
    button = f"rsvp:{(await meeting(talk)).id}:coming"
    await secretary.presses(f"plan-offyes:{(await meeting(talk)).id}")
    await talk.deliver()
    assert "không tổ chức" in an.last
    await an.presses(button)
    assert "không cần trả lời" in an.last


async def test_the_member_hears_the_decision(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.says("xin vắng")
    await an.taps("Ốm đau")
    await secretary.says("duyệt vắng")
    await secretary.taps("Đồng ý")
    await talk.deliver()
    assert "đã đồng ý" in an.last
    assert "03/12/2026" in an.last


async def test_who_is_not_invited(talk: Talk) -> None:
    await secretary_of(talk)
    exempt = await talk.member("Cụ Miễn", status=MemberStatus.EXEMPT)
    away = await talk.member("Nơi Khác", status=MemberStatus.TEMPORARILY_ELSEWHERE)
    neighbour = await talk.member("Chi Bộ Khác", "Chi bộ 2")
    unsure = await talk.member("Chưa Đồng Ý", consented=False)
    for day in ("11-26", "11-30", "12-02", "12-03"):
        await goes(talk, f"2026-{day} 08:00")
    for person in (exempt, away, neighbour, unsure):
        assert person.heard == []
    await away.presses(f"rsvp:{(await meeting(talk)).id}:coming")
    assert "không sinh hoạt" in away.last
    await exempt.says("tôi sẽ dự")
    assert "sẽ dự" in exempt.last


@pytest.mark.parametrize(
    "data", ["rsvp:1", "rsvp:1:maybe", "rsvp:x:coming", "rsvp:1:coming:2", "rsvpx:1:rich"]
)
async def test_forged_buttons_do_nothing(talk: Talk, data: str) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.presses(data)
    assert "cũ" in an.last
    assert await answers(talk) == []


async def test_another_branchs_invitation_cannot_be_answered(talk: Talk) -> None:
    await secretary_of(talk)
    stranger = await talk.member("Khác", "Chi bộ 2")
    for data in (f"rsvp:{(await meeting(talk)).id}:coming", "rsvp:99999:coming", "rsvp:-1:coming"):
        await stranger.presses(data)
        assert "chưa có quyền" in stranger.last
    assert await answers(talk) == []


async def test_hostile_names_are_only_names(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    name = "<b>An</b> {name} \u202eĐỗ"
    an = await talk.member(name, "Chi bộ 1", PostKind.CLERK)
    await goes(talk, "2026-11-26 08:00")
    assert name in an.last
    assert not any(span.bold for span in an.heard[-1].text.spans)
    await an.says("xin vắng")
    await an.taps("Ốm đau")
    await talk.deliver()
    assert name in secretary.last
