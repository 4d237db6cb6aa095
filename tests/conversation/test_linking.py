"""One person, several messengers: linked by a one-time code; one attendance, one attempt, told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language import Kind, Said
from db.outbox import OutboxRow, Priority
from meetings.tables import Presence
from members.tables import Account, Consent, JoinTry, PostKind
from members.telling import tell
from tests.conversation.checkin_scene import code as room_code
from tests.conversation.checkin_scene import meeting, presences
from tests.conversation.messengers import goes_over, link_code, on_both, second
from tests.conversation.test_quiz import answer_all, attempts_of, close, letter, open_round
from tests.support.talk import Person, Talk

pytestmark = pytest.mark.channels("telegram", why="the second messenger is on Zalo: both are spoken here")


async def linked(talk: Talk, member_id: int) -> list[str]:
    """The channels on which a member is linked."""

    def read(session: Session) -> list[str]:
        query = select(Account.channel).where(Account.member_id == member_id).order_by(Account.channel)
        return list(session.scalars(query))

    return await talk.home.store.read(read)


async def remind(talk: Talk, member_id: int, key: str) -> None:
    """Queue a message for a member."""

    def write(session: Session) -> None:
        tell(session, member_id, "joining.alarm", key=key, now=talk.now, priority=Priority.REMINDER, count=1)

    await talk.home.store.write(write)


async def test_a_code_from_one_messenger_links_the_other(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    zalo, phone = await on_both(talk, an)
    assert "Nguyễn Văn An" in phone.last
    assert "đồng ý lại" in phone.last
    assert await linked(talk, an.member_id) == ["telegram", "zalo_bot"]
    assert len(list(await talk.home.store.read(lambda s: s.scalars(select(Consent)).all()))) == 1
    assert (await talk.deliver(), await zalo.deliver()) == (1, 0)
    assert "Zalo" in an.last
    await phone.says("của tôi")
    assert "Nguyễn Văn An" in phone.last
    await phone.says("dữ liệu của tôi")
    assert "Zalo" in phone.last
    assert "Gỡ tài khoản Telegram" in phone.labels


async def test_linking_is_harmless_when_every_update_comes_twice(talk: Talk) -> None:
    talk.twice = True
    an = await talk.member("Nguyễn Văn An")
    _, phone = await on_both(talk, an)
    assert "đồng ý lại" in phone.last
    assert await linked(talk, an.member_id) == ["telegram", "zalo_bot"]
    assert await talk.deliver() == 1


async def test_the_owner_undoes_it(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    zalo, phone = await on_both(talk, an)
    await talk.deliver()
    await an.taps("Gỡ tài khoản đó")
    assert "không còn liên kết" in an.last
    assert await linked(talk, an.member_id) == ["telegram"]
    goes_over(talk, zalo)
    assert await zalo.deliver() == 1
    assert "gỡ liên kết" in phone.last
    await phone.says("của tôi")
    assert "mã tham gia" in phone.last
    await an.presses("join-off:1")
    assert "không còn liên kết" in an.last


async def test_nobody_undoes_the_link_of_another(talk: Talk) -> None:
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Trần Thị Bình")
    await on_both(talk, an)
    for account in range(1, 5):
        await binh.presses(f"join-off:{account}")
    assert await linked(talk, an.member_id) == ["telegram", "zalo_bot"]
    assert await linked(talk, binh.member_id) == ["telegram"]


async def test_the_code_works_on_another_messenger_only_once_and_not_for_long(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    zalo = second(talk)
    code = await link_code(an)
    friend = await talk.stranger("Bạn")
    for person in (an, friend):
        await person.says(code)
        assert "ứng dụng nhắn tin khác" in person.last
    goes_over(talk, zalo)
    phone, thief = await zalo.stranger("An"), await zalo.stranger("Ai")
    await phone.says("2222-AAAA")
    assert len(list(await talk.home.store.read(lambda s: s.scalars(select(JoinTry)).all()))) == 1
    await phone.says(code)
    await thief.says(code)
    assert "đã được dùng" in thief.last
    late = await link_code(an)
    zalo.now = talk.now + timedelta(minutes=15)
    await thief.says(late)
    assert "hết hạn" in thief.last
    goes_over(zalo, talk)
    older, newer = await link_code(an), await link_code(an)
    goes_over(talk, zalo)
    await thief.says(older)
    assert "Chưa tìm thấy" in thief.last
    await thief.says(newer)
    assert "tài khoản khác" in thief.last, "one account a messenger"
    assert await linked(talk, an.member_id) == ["telegram", "zalo_bot"]


async def test_a_code_dies_with_the_account_that_showed_it(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    code = await link_code(an)
    await an.says("không phải tôi")
    await an.taps("Đúng, gỡ liên kết")
    zalo = second(talk)
    goes_over(talk, zalo)
    phone = await zalo.stranger("Ai")
    await phone.says(code)
    assert "hết hạn" in phone.last
    assert await linked(talk, an.member_id) == []


async def test_leaving_on_one_leaves_on_all(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    _, phone = await on_both(talk, an)
    code = await link_code(an)
    await phone.says("rút lại đồng ý")
    await phone.taps("Đúng, rút lại")
    assert await linked(talk, an.member_id) == []
    await an.says("của tôi")
    assert "mã tham gia" in an.last
    third = second(talk, "zalo_oa")
    goes_over(talk, third)
    other = await third.stranger("An")
    await other.says(code)
    assert "Chưa tìm thấy" in other.last


async def test_strangers_get_no_link_code(talk: Talk) -> None:
    stranger = await talk.stranger("Ai")
    await stranger.says("lien ket")
    assert "mã tham gia" in stranger.last
    await stranger.presses("join-more")
    assert "mã tham gia" in stranger.last


async def test_a_reminder_goes_once_to_the_messenger_used_last(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    zalo, phone = await on_both(talk, an)
    await talk.deliver()
    await remind(talk, an.member_id, "r1")
    assert (await talk.deliver(), await zalo.deliver()) == (0, 1)
    await an.says("menu")
    await remind(talk, an.member_id, "r2")
    assert (await talk.deliver(), await zalo.deliver()) == (1, 0)
    await remind(talk, an.member_id, "r3")
    goes_over(talk, zalo)
    await phone.says("menu")
    goes_over(zalo, talk)
    assert (await talk.deliver(), await zalo.deliver()) == (0, 1), "what waits follows the person"


async def test_one_attendance_on_two_messengers(talk: Talk) -> None:
    secretary = await talk.member("Trần Thị Bình", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    zalo, phone = await on_both(talk, an)
    held = await meeting(talk)
    await secretary.says("mở điểm danh")
    goes_over(talk, zalo)
    await talk.deliver()
    await zalo.deliver()
    opened = [row for row in await _rows(talk) if row.member_id == an.member_id]
    assert len(opened) == 1, "told once"
    await phone.says(f"co mat {await room_code(talk, held)}")
    goes_over(zalo, talk)
    await an.says(f"co mat {await room_code(talk, held)}")
    assert "không cần" in an.last
    assert await presences(talk, held) == {an.member_id: Presence.PRESENT}


async def test_a_quiz_begun_on_one_goes_on_on_the_other(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An", public_name=True)
    made = await open_round(talk, 4)
    zalo, phone = await on_both(talk, an)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    await answer_all(an, 2, 2)
    goes_over(talk, zalo)
    await phone.says("làm bài")
    assert "3/4" in phone.last
    await phone.taps(letter(phone, "đúng"))
    goes_over(zalo, talk)
    old = letter(an, "sai")
    await an.says(old)
    assert "4/4" in an.last, "what is typed to an old question shows the one that is to be answered"
    await an.taps(letter(an, "đúng"))
    (attempt,) = await attempts_of(talk)
    assert (attempt.member_id, attempt.correct) == (an.member_id, 4)
    await close(talk, made)
    goes_over(talk, zalo)
    await phone.says("bảng xếp hạng")
    assert phone.last.count("Nguyễn Văn An") == 1


async def test_a_group_never_becomes_the_place_for_private_messages(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    talk.now += timedelta(hours=5)
    await _in_group(an, "menu")
    newcomer = await talk.stranger("Ai")
    await _in_group(newcomer, "menu")

    def chats(session: Session) -> list[str]:
        return list(session.scalars(select(Account.chat)))

    assert await talk.home.store.read(chats) == [an.user]


async def _in_group(person: Person, text: str) -> None:
    talk = person.talk
    said = Said(
        f"g:{person.user}", talk.channel, "-100", person.user, talk.now, Kind.TEXT, text, private=False
    )
    await talk.answers(said)


async def _rows(talk: Talk) -> list[OutboxRow]:
    return list(await talk.home.store.read(lambda s: s.scalars(select(OutboxRow)).all()))
