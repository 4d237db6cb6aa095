"""The secretary sets the rule, decides dates and excuses, sees who comes."""

from __future__ import annotations

import pytest

from bot.language import Kind
from meetings.tables import MeetingState
from members.tables import PostKind
from tests.conversation.month import RULE, goes, local, meeting, secretary_of
from tests.support.talk import Talk


@pytest.mark.parametrize("typed", [RULE, RULE.upper(), "ngay 3 hang thang 19h30 tai Nhà văn hóa khu phố 5"])
async def test_the_rule_is_typed_at_any_time(talk: Talk, typed: str) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says(typed)
    assert "ngày 03, 19:30" in secretary.last
    assert "13 buổi" in secretary.last
    assert (await meeting(talk)).starts_at == local("2026-12-03 19:30")


async def test_the_rule_is_asked_for_and_a_mistake_keeps_asking(talk: Talk) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("buổi sinh hoạt")
    assert "Chưa có buổi" in secretary.last
    await secretary.taps("Lịch hằng tháng")
    for rubbish in ("mùng ba", "ngày 45 hằng tháng 19:30", "x" * 4096):
        await secretary.says(rubbish)
        assert "chưa hiểu" in secretary.last
    await secretary.says("mùng 3 hằng tháng, 7 giờ tối")
    assert "địa điểm" in secretary.last
    await secretary.says("mùng 3 hằng tháng, 7 giờ tối, tại Đình làng")
    assert "Đình làng" in secretary.last
    assert (await meeting(talk)).starts_at == local("2026-12-03 19:00")


async def test_an_opinion_that_mentions_a_day_is_no_rule(talk: Talk) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("Đề nghị họp ngày 3 hằng tháng lúc 8h cho tiện")
    assert "✅" not in secretary.last


async def test_dates_are_decided_one_after_another(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    await secretary.taps("Ngày cần xác nhận")
    assert "Chủ nhật 03/01/2027" in secretary.last
    assert "thứ Hai 04/01/2027" in secretary.last
    assert len(secretary.labels) == 3
    await secretary.taps("Chuyển sang 04/01/2027")
    assert "thứ Hai 04/01/2027" in secretary.last
    assert "thứ Tư 03/02/2027" in secretary.last
    assert "3 ngày đến Tết" in secretary.last
    await secretary.taps("Giữ 03/02/2027")
    february = await meeting(talk, "2027-02")
    assert (february.state, february.starts_at) == (MeetingState.PLANNED, local("2027-02-03 19:30"))
    assert (await meeting(talk, "2027-01")).starts_at == local("2027-01-04 19:30")


@pytest.mark.parametrize(
    "typed", ["05/01/2027 19:30", "5/1 19h30", "5-1-2027 19:30", "ngày 5/1 lúc 7 giờ 30 tối"]
)
async def test_another_date_is_typed(talk: Talk, typed: str) -> None:
    secretary = await secretary_of(talk)
    await secretary.says("xác nhận lịch")
    await secretary.taps("Ngày, giờ khác")
    await secretary.says("hôm nào cũng được")
    assert "05/01/2027" in secretary.last
    await secretary.says("5/1/2020 19:30")
    assert "đã qua" in secretary.last
    await secretary.says(typed)
    assert "19 giờ 30, thứ Ba 05/01/2027" in secretary.last
    assert (await meeting(talk, "2027-01")).state is MeetingState.PLANNED


async def test_a_date_that_clashes_too_is_said(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    january = await meeting(talk, "2027-01")
    await secretary.presses(f"plan-when:{january.id}")
    await secretary.says("09/01/2027")
    assert "ngày nghỉ" in secretary.last
    assert (await meeting(talk, "2027-01")).starts_at == local("2027-01-09 19:30")


async def test_old_date_buttons_say_so(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    january = await meeting(talk, "2027-01")
    await secretary.presses(f"plan-take:{january.id}:20270104")
    for data in (
        f"plan-keep:{january.id}:20270103",
        f"plan-take:{january.id}:0",
        f"plan-keep:{january.id}:-5",
    ):
        await secretary.presses(data)
        assert "quyết định khác" in secretary.last
    assert (await meeting(talk, "2027-01")).starts_at == local("2027-01-04 19:30")


async def test_a_near_undecided_date_is_recalled_with_its_choices(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    await goes(talk, "2026-12-14 08:00")
    assert "03/01/2027" in secretary.last
    assert secretary.labels == ["Giữ 03/01/2027", "Chuyển sang 04/01/2027", "Ngày, giờ khác"]


async def test_agenda_topic_and_place(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await secretary.says("buổi sinh hoạt")
    await secretary.taps("Các buổi tới")
    await secretary.taps("19 giờ 30, thứ Năm 03/12/2026")
    await secretary.taps("Nội dung")
    await secretary.says("1) kết quả tháng 11\n2) nhiệm vụ tháng 12")
    await secretary.taps("Chuyên đề")
    await secretary.sends(Kind.STICKER)
    await secretary.says("Tự phê bình và phê bình")
    await secretary.taps("Địa điểm")
    await secretary.says("Hội trường tầng 2")
    await goes(talk, "2026-11-26 08:00")
    for part in ("1) kết quả tháng 11; 2) nhiệm vụ tháng 12", "Tự phê bình và phê bình", "Hội trường tầng 2"):
        assert part in an.last


async def test_calling_off_asks_first(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    december = await meeting(talk)
    await secretary.presses(f"plan-edit:{december.id}")
    await secretary.taps("Hủy buổi này")
    assert (await meeting(talk)).state is MeetingState.PLANNED
    await secretary.taps("Hủy buổi 03/12/2026")
    assert (await meeting(talk)).state is MeetingState.CANCELLED


async def test_who_comes_and_the_list_to_call_in_pages(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    people = [await talk.member(f"Nguyễn Văn {letter}") for letter in "BCDGHIKLMNPQ"]
    await people[0].says("tôi sẽ dự")
    await people[1].says("xin vắng")
    await people[1].taps("Ốm đau")
    await secretary.says("ai sẽ dự")
    assert "13 đảng viên" in secretary.last
    assert "1 dự, 1 xin vắng, 11 chưa trả lời" in secretary.last
    assert "– Nguyễn Văn D" in secretary.last
    assert "Ốm" not in secretary.last
    assert "Phạm Thị Thư" not in secretary.last
    await secretary.taps("Trang sau")
    assert "– Phạm Thị Thư" in secretary.last


async def test_the_unreachable_are_listed_to_call(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    await talk.member("Trần Thị Chưa", consented=False)
    await secretary.says("ai dự")
    await secretary.taps("Chưa nhắn được (1)")
    assert "Trần Thị Chưa" in secretary.last


async def test_excuses_are_decided_one_after_another(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    for name, reason in (("Nguyễn Văn An", "Ốm đau"), ("Trần Thị Bình", "Đi học")):
        person = await talk.member(name)
        await person.says("xin vắng")
        await person.taps(reason)
    await talk.deliver()
    await secretary.says("buổi sinh hoạt")
    await secretary.taps("Duyệt xin vắng (2)")
    assert "Nguyễn Văn An" in secretary.last
    assert "Ốm đau" in secretary.last
    await secretary.taps("Đồng ý")
    assert "Trần Thị Bình" in secretary.last
    assert "Đi học" in secretary.last
    await secretary.taps("Trao đổi thêm")
    assert "Không còn" in secretary.last
    await talk.deliver()
    assert "trao đổi thêm" in talk.people[person.user].last


async def test_a_request_decided_meanwhile_is_not_brought_to_the_deputy(talk: Talk) -> None:
    secretary = await secretary_of(talk)
    deputy = await talk.member("Lê Văn Phó", "Chi bộ 1", PostKind.DEPUTY)
    an = await talk.member("Nguyễn Văn An")
    await an.says("xin vắng")
    await an.taps("Ốm đau")
    await secretary.says("duyệt vắng")
    await secretary.taps("Đồng ý")
    await talk.deliver()
    assert deputy.heard == []


async def test_a_withdrawn_excuse_is_not_shown_and_not_decided(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await an.says("xin vắng")
    await an.taps("Ốm đau")
    old = f"plan-dec:{(await meeting(talk)).id}:{an.member_id}:declined"
    await an.says("tôi sẽ dự")
    heard = len(secretary.heard)
    await talk.deliver()
    assert len(secretary.heard) == heard
    await secretary.presses(old)
    assert "đã đổi câu trả lời" in secretary.last


@pytest.mark.parametrize("post", [None, PostKind.CLERK, PostKind.COMMITTEE_MEMBER, PostKind.OFFICE])
async def test_forged_buttons_of_those_without_the_right(talk: Talk, post: PostKind | None) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An", "Chi bộ 1", *([post] if post else []))
    binh = await talk.member("Trần Thị Bình")
    await binh.says("xin vắng")
    await binh.taps("Ốm đau")
    await _may_not_plan(talk, an.member_id, an.user, binh.member_id)


async def test_forged_buttons_of_another_branchs_secretary(talk: Talk) -> None:
    await secretary_of(talk)
    other = await talk.member("Bí Thư Khác", "Chi bộ 2", PostKind.SECRETARY)
    binh = await talk.member("Trần Thị Bình")
    await binh.says("xin vắng")
    await binh.taps("Ốm đau")
    await _may_not_plan(talk, other.member_id, other.user, binh.member_id)
    await other.presses(f"plan-who:{(await meeting(talk)).id}:0")
    assert "chưa có quyền" in other.last


async def test_a_plain_member_has_no_such_words(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    for word in ("buổi sinh hoạt", "ai dự", "xác nhận lịch", "duyệt vắng", "đặt lịch", RULE):
        await an.says(word)
        assert "chưa có quyền" in an.last


async def _may_not_plan(talk: Talk, _member: int, user: str, asker: int) -> None:
    december, january = await meeting(talk), await meeting(talk, "2027-01")
    branch, person = december.branch_id, talk.people[user]
    forged = [
        f"plan-take:{january.id}:20270104",
        f"plan-keep:{january.id}:20270103",
        f"plan-when:{december.id}",
        f"plan-list:{branch}",
        f"plan-edit:{december.id}",
        f"plan-part:{december.id}:agenda",
        f"plan-off:{december.id}",
        f"plan-offyes:{december.id}",
        f"plan-rule:{branch}",
        f"plan-dates:{branch}",
        f"plan-dec:{december.id}:{asker}:approved",
        "plan-edit:99999",
    ]
    for data in forged:
        await person.presses(data)
        assert "chưa có quyền" in person.last, data
    assert (await meeting(talk, "2027-01")).state is MeetingState.TO_CONFIRM
    assert (await meeting(talk)).state is MeetingState.PLANNED
