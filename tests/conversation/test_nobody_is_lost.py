"""Whatever arrives, there is an answer, and an old or forged button does nothing."""

from __future__ import annotations

from bot.language import Kind
from tests.support.talk import Talk


async def test_rubbish_gets_a_clear_sentence(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("   ")
    assert "chưa có nội dung" in an.last
    await an.says("xyzzy " * 700)
    assert "menu" in an.last
    await an.sends(Kind.STICKER)
    assert "chữ" in an.last
    await an.presses("no-such-button:1:2")
    assert "cũ" in an.last


async def test_a_number_that_is_not_on_the_list_brings_the_list_back(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("menu")
    labels = an.labels
    for typed in ("9", "câu 9", "H.", "chon 77"):
        await an.says(typed)
        assert "không có lựa chọn" in an.last
        assert an.labels == labels
    await an.says("2")
    assert "không có lựa chọn" not in an.last
