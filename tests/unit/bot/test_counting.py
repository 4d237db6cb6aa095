"""What goes out is counted with its record: by message of the platform; a month used up."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.channels.base import Given
from bot.channels.zalo_bot.channel import ZaloBotChannel
from bot.language import Choice, Say, rows
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from bot.tally import Tally
from db import inbox, usage
from db.errors import MessageRefused, Spent
from db.outbox import OutboxRow
from locales.text import as_text
from members.bots import Bot
from tests.support.paper import NOW, arrival
from tests.unit.bot.test_worker_and_sender import Bench, bench, on_two_messengers  # noqa: F401 (a fixture)

MONTH = "2026-12"
BOT = Bot("telegram", "zalo_bot", messages=100, counts_inbound=True)


@pytest.fixture
async def counted(bench: Bench) -> AsyncIterator[Bench]:  # noqa: F811
    """A bench whose one bot has a budget."""
    answering = bench.worker._answering
    bench.worker._tally = answering._tally = answering._marks._tally = Tally((BOT,))
    bench.sender._tally = bench.sender._courier._tally = Tally((BOT,))
    yield bench


async def used(counted: Bench) -> usage.Used:
    return await counted.store.read(usage.used, "telegram", MONTH)


async def test_answers_letters_and_what_is_heard_are_counted(counted: Bench) -> None:
    for _ in range(2):
        await counted.worker.take_in("telegram", [arrival(1, "5", "a"), arrival(2, "6", "b")])
    await counted.worker.finish()
    await counted.queue(1)
    await counted.send_what_is_due()
    assert await used(counted) == usage.Used(sent=3, heard=2)


async def test_what_did_not_go_out_is_not_counted(counted: Bench) -> None:
    counted.channel.troubles = deque([MessageRefused("too long"), MessageRefused("too long")])
    await counted.worker.take_in("telegram", [arrival(1, "5", "a")])
    await counted.worker.finish()
    await counted.queue(1)
    await counted.send_what_is_due()
    assert (await used(counted)).sent == 0


async def test_a_full_month_sends_nothing_but_answers(counted: Bench) -> None:
    await counted.store.write(usage.count, "telegram", MONTH, sent=95)
    await counted.queue(1)
    await counted.send_what_is_due()
    await counted.worker.take_in("telegram", [arrival(1, "5", "a")])
    await counted.worker.finish()
    assert counted.channel.sent == [("5", "đã ghi a")]
    assert (await counted.fates())[0][0] == "unreachable"


async def test_a_month_used_up_in_the_middle_is_told_elsewhere(counted: Bench) -> None:
    member = await counted.store.write(on_two_messengers)
    counted.channel.troubles = deque([Spent("used up")])
    await counted.worker.take_in("telegram", [arrival(1, "1", "B")])
    await counted.worker.finish()
    assert await counted.remembered() == ["B"], "what was said is kept"
    assert await counted.states() == [inbox.InboxState.DONE]
    (told,) = await counted.store.read(lambda s: list(s.scalars(select(OutboxRow))))
    assert (told.notice, told.channel, told.member_id) == ("budget.spent", "zalo_bot", member)
    assert (await used(counted)).spent_at == NOW


async def test_the_cost_is_what_zalo_counts() -> None:
    given = Given("https://pages.example", "", _publish, _recall, _keep, _claim, _let_go)
    channel = ZaloBotChannel(ChannelAccount(name="z", kind="zalo_bot"), "1:x", given, Pacer())
    short, long = Say(as_text("chào")), Say(as_text("dài " * 700))
    assert channel.cost([short]) == 1
    assert channel.cost([short, Say(as_text("Câu 2"), rows(Choice("A", "x")))]) == 1, "joined"
    assert channel.cost([long]) == 2
    await channel.close()


async def _publish(_data: bytes, _name: str, _for: str) -> str:
    return ""


async def _recall(_name: str) -> str | None:
    return None


async def _keep(_name: str, _value: str) -> None:
    return None


async def _claim(_name: str, _seconds: float) -> bool:
    return True


async def _let_go(_name: str) -> None:
    return None
