"""What is left of the month's messages, shown before they are spent; a bot that is full."""

from __future__ import annotations

from bot.settings import ChannelAccount
from db import usage
from members.tables import PostKind
from tests.conversation.messengers import goes_over, second, with_bots
from tests.support.talk import Talk

ZALO = ChannelAccount(name="zalo", kind="zalo_bot", people=3, messages=100)


async def test_secretary_and_office_see_what_is_left_and_what_next_month_costs(talk: Talk) -> None:
    ward = second(with_bots(talk, ZALO), "zalo")
    secretary = await ward.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    office = await ward.member("Lê Văn Phòng", "Chi bộ 2", PostKind.OFFICE, above=True)
    an = await ward.member("Nguyễn Văn An")
    await ward.home.store.write(usage.count, "zalo", "2026-11", sent=40)
    for person in (secretary, office):
        await person.says("han muc")
        assert "60/100" in person.last
        assert "11/2026" in person.last
        assert "khoảng 72 tin cho 3 đồng chí: đủ" in person.last
    assert "2/3 người" in office.last
    await an.says("hạn mức")
    assert "quyền" in an.last
    assert "Hạn mức tin" not in str(an.labels)


async def test_without_a_limit_there_is_nothing_to_count(talk: Talk) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("hạn mức")
    assert "không bị giới hạn" in secretary.last
    await secretary.says("thông báo")
    await secretary.says("Họp lúc 19 giờ 30")
    assert "Sẽ dùng" not in secretary.last


async def test_an_announcement_names_its_price_first(talk: Talk) -> None:
    ward = second(with_bots(talk, ZALO), "zalo")
    secretary = await ward.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await ward.member("Nguyễn Văn An")
    await ward.home.store.write(usage.count, "zalo", "2026-11", sent=40)
    await secretary.says("thông báo")
    await secretary.says("Họp lúc 19 giờ 30")
    assert "khoảng 2 tin, còn 60 tin" in secretary.last
    await ward.home.store.write(usage.count, "zalo", "2026-11", sent=34)
    await secretary.says("thông báo")
    await secretary.says("Họp lúc 19 giờ 30")
    assert "khoảng 1 đồng chí không nhận được" in secretary.last


async def test_one_too_many_hears_it_once_and_the_others_are_untouched(talk: Talk) -> None:
    ward = second(with_bots(talk, ZALO), "zalo")
    secretary = await ward.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    an = await ward.member("Nguyễn Văn An")
    first = await ward.stranger("Người thứ ba")
    await first.says("chào")
    assert "mã tham gia" in first.last
    late = await ward.stranger("Người thứ tư")
    await late.says("chào")
    assert "Mã của đồng chí vẫn còn giá trị" in late.last
    assert await late.says("K7M2-9XQD") == []
    assert await ward.deliver() == 1
    assert "3 người" in secretary.last
    await an.says("menu")
    assert "Nguyễn Văn An" in an.last
    await first.says("chào")
    assert "mã tham gia" in first.last
    goes_over(ward, talk)
    ward.now = ward.now.replace(month=12, day=1)
    await late.says("chào")
    assert "mã tham gia" in late.last
