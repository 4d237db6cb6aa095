"""Announcements: written, looked at, counted while they go out, stopped."""

from __future__ import annotations

from sqlalchemy import func, select

from db.outbox import OutboxRow
from members.tables import Broadcast, PostKind
from tests.support.talk import Person, Talk


async def secretary(talk: Talk) -> Person:
    return await talk.member("Trần Thị Bình", "Chi bộ 1", PostKind.SECRETARY)


async def write(person: Person, text: str = "Mai dọn vệ sinh lúc 6 giờ 30.") -> None:
    await person.says("thong bao")
    await person.says(text)


async def test_everybody_of_the_branch_gets_it_once(talk: Talk) -> None:
    bi_thu = await secretary(talk)
    an, xa = await talk.member("Nguyễn Văn An"), await talk.member("Lê Văn Xa", "Chi bộ 2")
    await talk.member("Đỗ Thị Chưa", consented=False)
    await write(bi_thu)
    assert "6 giờ 30" in bi_thu.last
    await bi_thu.taps("Gửi")
    assert "2 đồng chí" in bi_thu.last
    assert "1 đồng chí" in bi_thu.last
    await talk.deliver()
    assert "6 giờ 30" in an.last
    assert xa.heard == []


async def test_pressing_send_twice_sends_once(talk: Talk) -> None:
    bi_thu = await secretary(talk)
    await talk.member("Nguyễn Văn An")
    await write(bi_thu)
    button = bi_thu.data_of("Gửi")
    talk.twice = True
    await bi_thu.presses(button)
    await bi_thu.presses(button)
    assert await talk.look(lambda s: s.scalar(select(func.count(Broadcast.id)))) == 1
    assert await talk.look(lambda s: s.scalar(select(func.count(OutboxRow.id)))) == 2


async def test_it_can_be_stopped(talk: Talk) -> None:
    bi_thu = await secretary(talk)
    an = await talk.member("Nguyễn Văn An")
    await write(bi_thu)
    await bi_thu.taps("Gửi")
    await bi_thu.taps("Dừng gửi")
    assert "2 tin" in bi_thu.last
    await talk.deliver()
    assert an.heard == []


async def test_a_plain_member_cannot_announce(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("thong bao")
    assert "quyền" in an.last
    await an.presses("bc-stop:1")
    assert "quyền" in an.last


async def test_an_old_button_sends_nothing(talk: Talk) -> None:
    bi_thu = await secretary(talk)
    await write(bi_thu, "Bản nháp một")
    old = bi_thu.data_of("Gửi")
    await bi_thu.says("menu")
    await bi_thu.presses(old)
    assert "cũ" in bi_thu.last
    assert await talk.look(lambda s: s.scalar(select(func.count(Broadcast.id)))) == 0


async def test_too_long_and_empty_are_said_so(talk: Talk) -> None:
    bi_thu = await secretary(talk)
    await write(bi_thu, "ệ" * 1001)
    assert "1000" in bi_thu.last
    await bi_thu.says("Ngắn gọn")
    assert "Ngắn gọn" in bi_thu.last


async def test_an_office_chooses_the_unit(talk: Talk) -> None:
    office = await talk.member("Phạm Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    chi = await talk.member("Lý Thị Chi", "Chi bộ 2")
    await write(office, "<b>Họp</b> {x}")
    await office.taps("Gửi")
    await talk.deliver()
    assert "<b>Họp</b> {x}" in chi.last
