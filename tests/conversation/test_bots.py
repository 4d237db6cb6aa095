"""One bot a branch: whoever comes to another one is told which is theirs, and nothing is lost."""

from __future__ import annotations

import pytest

from bot.settings import ChannelAccount
from members.tables import PostKind
from tests.conversation.messengers import goes_over, link_code, second, with_bots
from tests.conversation.test_joining import code_for, on_roll, owner, tries
from tests.support.talk import Talk

pytestmark = pytest.mark.channels("telegram", why="the bots of each script are named in it")
ZALO_1 = ChannelAccount(name="zalo-1", kind="zalo_bot", serves=("Chi bộ 1",))
ZALO_2 = ChannelAccount(name="zalo-2", kind="zalo_bot", serves=("CHI BO 2",))
TELEGRAM = ChannelAccount(name="telegram")


async def test_a_code_typed_to_the_wrong_bot_is_sent_to_the_right_one(talk: Talk) -> None:
    member = await on_roll(talk, "Nguyễn Văn An", "Chi bộ 2")
    code = await code_for(talk, member)
    ward = with_bots(talk, TELEGRAM, ZALO_1, ZALO_2)
    first, theirs = second(ward, "zalo-1"), second(ward, "zalo-2")
    lost = await first.stranger("An")
    await lost.says(code)
    assert "Bot zalo-2" in lost.last
    assert "Chi bộ 2" in lost.last
    assert lost.heard[-1].choices[0][0].url
    assert (await owner(talk, lost), await tries(talk)) == (None, 0)
    goes_over(first, theirs)
    an = await theirs.stranger("An")
    an.user += "-2"
    theirs.people[an.user] = an
    await an.says(code)
    assert await owner(talk, an) == member
    for step in ("Đúng", "Tôi đồng ý", "Không nêu tên"):
        await an.taps(step)
    code = await link_code(an)
    other = second(ward, "telegram")
    goes_over(theirs, other)
    an_there = await other.stranger("An")
    an_there.user += "3"
    await an_there.says(code)
    assert await owner(talk, an_there) == member, "one account on each platform"


async def test_who_has_joined_elsewhere_is_shown_the_way(talk: Talk) -> None:
    ward = with_bots(talk, ZALO_1, ZALO_2)
    first, other = second(ward, "zalo-1"), second(ward, "zalo-2")
    an = await first.member("Nguyễn Văn An")
    there = await other.stranger("An")
    there.user = an.user
    await there.says("trắc nghiệm")
    assert "Bot zalo-1" in there.last
    assert "Nguyễn Văn An" not in there.last
    stranger = await other.stranger("Ai")
    await stranger.says("trắc nghiệm")
    assert "mã tham gia" in stranger.last


async def test_a_unit_above_and_everybody_are_served_too(talk: Talk) -> None:
    above = ChannelAccount(name="above", kind="zalo_bot", serves=("Đảng bộ Trường (mẫu)",))
    everybody = ChannelAccount(name="all", kind="zalo_bot")
    ward = with_bots(talk, everybody, above, ZALO_1)
    for branch, right in (("Chi bộ 1", "zalo-1"), ("Chi bộ 2", "above")):
        member = await on_roll(talk, f"Lê Văn {branch[-1]}", branch)
        code = await code_for(talk, member)
        wrong = second(ward, "all")
        goes_over(talk, wrong)
        an = await wrong.stranger("An")
        an.user += branch
        await an.says(code)
        assert f"Bot {right}" in an.last
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("liên kết")
    assert "Mã liên kết" in secretary.last


async def test_linking_names_the_bot_of_the_branch(talk: Talk) -> None:
    await talk.member("Nguyễn Văn An")
    ward = with_bots(talk, TELEGRAM, ZALO_2, ZALO_1)
    an = next(iter(ward.people.values()))
    an.talk = ward
    await an.says("liên kết")
    (choice,) = (c for row in an.heard[-1].choices for c in row)
    assert "Zalo" in choice.label
    only = with_bots(talk, TELEGRAM)
    an.talk = only
    await an.says("liên kết")
    assert "chưa có tài khoản khác" in an.last
