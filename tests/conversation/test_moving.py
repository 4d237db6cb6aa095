"""A branch goes over to another bot: asked at the old one, moved once they have opened the new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import moving
from bot.desk import Desk
from bot.settings import ChannelAccount
from db.errors import StartRefused
from db.outbox import OutboxRow, Priority
from members.moving import MoveReport
from members.tables import Account, AuditEntry, Move
from members.telling import tell
from tests.conversation.messengers import goes_over, second, with_bots
from tests.support.phones.telegram import TelegramPhone
from tests.support.talk import Person, Talk

pytestmark = pytest.mark.channels("telegram", why="the bots of each script are named in it")
OLD = ChannelAccount(name="telegram")
NEW = ChannelAccount(name="telegram-2", serves=("Chi bộ 1",))
ZALO_OLD = ChannelAccount(name="zalo_bot", kind="zalo_bot")
ZALO_NEW = ChannelAccount(name="zalo-2", kind="zalo_bot", serves=("Chi bộ 1",))


def at_old_and_new(talk: Talk) -> tuple[Talk, Talk]:
    """The bot that has served the branch, and the one that does from now on."""
    old = with_bots(talk, OLD, NEW)
    for person in old.people.values():
        person.talk = old
    new = second(old, "telegram-2")
    new.manner, new.phone = talk.manner, TelegramPhone("telegram-2")
    return old, new


async def order(talk: Talk, to: str = "telegram-2", member: str = "") -> MoveReport:
    """The office's command."""
    at = Desk(talk.home.store, talk.home.settings, talk.now)
    return await talk.home.store.write(moving._ask, at, "chi bo 1", to, member)


async def wait_for(talk: Talk, *people: Person) -> None:
    """A message is queued for each of them."""

    def write(session: Session) -> None:
        for one in people:
            tell(
                session,
                one.member_id,
                "joining.alarm",
                key=f"waits:{one.member_id}",
                now=talk.now,
                priority=Priority.REMINDER,
                count=1,
            )

    await talk.home.store.write(write)


async def accounts(talk: Talk, person: Person) -> list[str]:
    """Where a member is linked."""
    query = select(Account.channel).where(Account.member_id == person.member_id)
    return await talk.home.store.read(lambda session: list(session.scalars(query)))


async def letters(talk: Talk, notice: str) -> Sequence[tuple[str, str]]:
    """Channel and state of every letter of this kind."""
    query = (
        select(OutboxRow.channel, OutboxRow.state).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
    )
    return await talk.home.store.read(lambda s: [(channel, state) for channel, state in s.execute(query)])


def at_the_new_bot(new: Talk, person: Person) -> Person:
    """The same phone there: on Telegram a person's id is the same at every bot."""
    phone = Person(new, person.user, person.name, person.member_id)
    new.people[phone.user] = phone
    return phone


def payload_of(person: Person) -> str:
    """What the link in the newest message carries."""
    (choice,) = (choice for row in person.heard[-1].choices for choice in row)
    return choice.url.partition("start=")[2]


async def test_who_opens_the_link_is_moved_with_what_waits_for_them(talk: Talk) -> None:
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Trần Thị Bình")
    old, new = at_old_and_new(talk)
    report = await order(old)
    assert (report.asked, report.there_already, report.to_call) == (2, 0, [])
    assert await old.deliver() == 2
    assert "Bot telegram-2" in an.last
    await wait_for(old, an, binh)
    goes_over(old, new)
    phone = at_the_new_bot(new, an)
    await phone.opens(payload_of(an))
    assert "đã chuyển sang đây" in phone.last
    assert (await accounts(old, an), await accounts(old, binh)) == (["telegram-2"], ["telegram"])
    assert await letters(old, "joining.alarm") == [("telegram-2", "queued"), ("telegram", "queued")]
    goes_over(new, old)
    assert (await old.deliver(), await new.deliver()) == (2, 1), "each letter once, Bình's by the old bot"
    assert "đã chuyển sang" in an.last
    await an.says("lịch")
    assert "Bot telegram-2" in an.last, "the old bot shows the way"
    await phone.says("của tôi")
    assert "Nguyễn Văn An" in phone.last
    actions = await old.home.store.read(lambda s: list(s.scalars(select(AuditEntry.action))))
    assert actions == ["asked_to_move", "asked_to_move", "moved"]


async def test_who_only_presses_start_at_the_new_bot_is_known_there(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    old, new = at_old_and_new(talk)
    phone = at_the_new_bot(new, an)
    await phone.opens()
    assert "Bot telegram" in phone.last, "nobody has asked for it"
    assert await accounts(old, an) == ["telegram"]
    goes_over(new, old)
    await order(old)
    await phone.opens()
    assert "đã chuyển sang đây" in phone.last
    assert await accounts(old, an) == ["telegram-2"]
    assert await old.deliver() == 1, "the way is not shown to somebody who has gone it"
    assert "đã chuyển sang" in an.last


async def test_every_update_twice_and_a_code_once(talk: Talk) -> None:
    talk.twice = True
    an = await talk.member("Nguyễn Văn An")
    old, new = at_old_and_new(talk)
    await order(old)
    await old.deliver()
    goes_over(old, new)
    phone = at_the_new_bot(new, an)
    code = payload_of(an)
    await phone.opens(code)
    assert "đã chuyển sang đây" in phone.last
    thief = await new.stranger("Ai")
    thief.user += "9"
    await thief.opens(code)
    assert "đã được dùng" in thief.last
    assert await accounts(old, an) == ["telegram-2"]


async def test_on_zalo_the_code_is_typed(talk: Talk) -> None:
    ward = with_bots(talk, ZALO_OLD, ZALO_NEW)
    old, new = second(ward, "zalo_bot"), second(ward, "zalo-2")
    an = await old.member("Nguyễn Văn An")
    await order(old, "zalo-2")
    await old.deliver()
    code = next(word for word in an.last.replace(".", " ").split() if len(word) == 9 and word[4] == "-")
    goes_over(old, new)
    phone = await new.stranger("An")
    phone.user += "7"
    await phone.says(code)
    assert "đã chuyển sang đây" in phone.last
    assert await accounts(old, an) == ["zalo-2"]
    goes_over(new, old)
    await an.says("lịch")
    assert "Bot zalo-2" in an.last


async def test_asking_again_reminds_once_a_day_and_back_again_takes_it_back(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    silent = await talk.member("Lê Văn Xa", consented=False)
    old, new = at_old_and_new(talk)
    for _ in range(2):
        report = await order(old)
        assert (report.asked, report.to_call) == (2, ["Lê Văn Xa"])
    assert (await old.deliver(), silent.heard) == (1, [])
    old.now += timedelta(days=1)
    await order(old)
    assert await old.deliver() == 1
    code = payload_of(an)
    back = with_bots(
        talk, ChannelAccount(name="telegram", serves=("Chi bộ 1",)), ChannelAccount(name="telegram-2")
    )
    back.now = old.now
    report = await order(back, "telegram")
    assert (report.asked, report.there_already) == (0, 2)
    assert await old.home.store.read(lambda s: list(s.scalars(select(Move)))) == []
    goes_over(back, new)
    phone = at_the_new_bot(new, an)
    await phone.opens(code)
    assert await accounts(old, an) == ["telegram"]


async def test_the_settings_must_say_so_and_names_must_be_known(talk: Talk, tmp_path: Path) -> None:
    await talk.member("Nguyễn Văn An")
    await talk.member("Trần Thị Bình")
    old, _ = at_old_and_new(talk)
    assert (await order(old, member="nguyen van an")).asked == 1
    with pytest.raises(StartRefused, match="nobody there is called 'Ai'"):
        await order(old, member="Ai")
    with pytest.raises(StartRefused, match="is served by telegram-2: name it under 'serves' of telegram"):
        await order(old, "telegram")
    with pytest.raises(StartRefused, match="no channel account 'nowhere'"):
        await moving.move_account(old.home.settings, "Chi bộ 1", "nowhere")


async def test_who_leaves_is_asked_no_more(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    old, _ = at_old_and_new(talk)
    await order(old)
    await an.says("rút lại đồng ý")
    await an.taps("Đúng, rút lại")
    assert await old.home.store.read(lambda s: list(s.scalars(select(Move)))) == []
    assert await old.deliver() == 0
