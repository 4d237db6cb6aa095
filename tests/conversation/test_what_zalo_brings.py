"""What only Zalo does: files without content, ids of any shape, people who never pressed Start, replays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.zalo_bot.incoming import read_update
from bot.channels.zalo_bot.wire import arrival_of
from bot.language import Kind, Said
from db import inbox
from members.tables import Account, PostKind
from opinions.tables import Opinion
from tests.conversation.checkin_scene import meeting, payload, presences
from tests.support.talk import Person, Talk

pytestmark = pytest.mark.channels("zalo_bot", "zalo_oa", why="what only Zalo does")
BOT_ONLY = pytest.mark.channels("zalo_bot", why="an Official Account hands files over")


async def accounts(talk: Talk) -> int:
    """How many phones are known."""

    def read(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(Account)) or 0

    return await talk.home.store.read(read)


@BOT_ONLY
async def test_a_file_without_content_is_said_to_be_so(talk: Talk) -> None:
    office = await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    plain = await talk.member("Nguyễn Văn An")
    for person in (office, plain):
        await person.sends_file("danh-sach.pdf", b"%PDF-1.7")
    assert "không nhận được nội dung tệp" in office.last, "and where there are pages, the link to one"
    assert "chưa cần tệp" in plain.last and "menu" in plain.last


async def test_a_file_in_the_middle_of_an_opinion_loses_nothing(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("Đèn hành lang hỏng")
    for kind in (Kind.PHOTO, Kind.VOICE, Kind.STICKER):
        await an.sends(kind)
    await an.sends_file("de-nghi.pdf", b"%PDF-1.7")
    await an.says("chi gui chi uy")
    texts = await talk.home.store.read(lambda session: list(session.scalars(select(Opinion.text))))
    assert texts == ["Đèn hành lang hỏng"]


async def test_a_picture_without_words_and_a_voice_are_answered(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    for kind in (Kind.PHOTO, Kind.VOICE, Kind.STICKER):
        await an.sends(kind)
        assert "Tôi chỉ đọc được chữ" in an.last


async def test_somebody_unknown_hears_how_to_join_whatever_they_send(talk: Talk) -> None:
    stranger = await talk.stranger("Người lạ")
    await stranger.says("chào bot")
    assert "mã tham gia" in stranger.last
    for kind in (Kind.PHOTO, Kind.VOICE, Kind.STICKER):
        await stranger.sends(kind)
        assert "chữ" in stranger.last
    await stranger.opens()
    assert "mã tham gia" in stranger.last
    assert await accounts(talk) == 1


@pytest.mark.parametrize("odd", ["0", "-", "17", "zgr-0c5be2a7714d93ef8a21", "9" * 64, "<b>&'\";--"])
async def test_ids_of_any_shape_are_only_names(talk: Talk, odd: str) -> None:
    somebody = Person(talk, user=odd, name="Ai đó")
    talk.people[odd] = somebody
    await somebody.says("menu")
    assert "mã tham gia" in somebody.last
    known = await talk.home.store.read(lambda s: s.execute(select(Account.user, Account.chat)).all())
    assert [tuple(row) for row in known] == [(odd, odd)]


async def test_the_code_below_the_picture_is_typed(talk: Talk) -> None:
    binh = await talk.member("Trần Thị Bình", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    held = await meeting(talk)
    await binh.says("mở điểm danh")
    await an.opens(await payload(talk, held))
    assert set(await presences(talk, held)) == {an.member_id}


@BOT_ONLY
async def test_an_update_that_comes_again_is_stored_once(talk: Talk) -> None:
    message: dict[str, Any] = {
        "message_id": "4c09e7a1b3d85f62017e",
        "date": int(talk.now.timestamp() * 1000),
        "from": {"id": "b81c40f7d25a9e036c1d", "display_name": "An", "is_bot": False},
        "chat": {"id": "b81c40f7d25a9e036c1d", "chat_type": "PRIVATE"},
        "text": "menu",
    }
    bare = {"event_name": "message.text.received", "message": message}
    arrivals = [
        arrival_of(json.loads(json.dumps(body))) for body in (bare, {"ok": True, "result": bare}, bare)
    ]
    first = await talk.home.store.write(inbox.store_arrivals, talk.channel, arrivals, talk.now)
    again = await talk.home.store.write(inbox.store_arrivals, talk.channel, arrivals[:1], talk.now)
    assert (len(first), len(again)) == (1, 0)
    said = read_update(talk.channel, first[0].raw, talk.now)
    assert isinstance(said, Said) and said.text == "menu"


@pytest.mark.channels("zalo_oa", why="Zalo's bots hear neither of following nor of leaving")
async def test_leaving_an_account_and_following_it_again(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")

    def since(session: Session) -> object:
        return session.scalar(select(Account.unreachable_since).where(Account.user == an.user))

    assert await an.sends(Kind.BLOCKED) == []
    assert await talk.home.store.read(since) is not None
    await an.opens()
    assert "Nguyễn Văn An" in an.last
    assert await talk.home.store.read(since) is None
