"""A channel account: rests without a word of how long, pictures that cannot be kept, its own link."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from bot.channels.base import Given
from bot.channels.zalo_bot.channel import ZaloBotChannel, make
from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.limits import PER_SECOND, RESTS_SECONDS
from bot.channels.zalo_bot.outgoing import Call
from bot.channels.zalo_bot.patience import Patience
from bot.language import FileIn, FileOut, Kind, Picture, Said, Say
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from db.errors import BadInput, ChannelRefused, MessageRefused, RetryAfter, StoreFull, TryLater
from locales.text import as_text
from tests.support import virtual_time

HELLO = Say(as_text("chào"))
PICTURE = Say(picture=Picture(b"png", "hình"))
SAID = Said("zalo:1", "zalo", "an", "an", datetime(2026, 12, 3, tzinfo=UTC), Kind.TEXT, text="chào")


class Platform(ZaloBotClient):
    """Answers calls from a list: an error or the id of a message."""

    def __init__(self, *answers: Exception | str, me: dict[str, Any] | None = None) -> None:
        self.answers = list(answers)
        self.made: list[tuple[float, Call]] = []
        self.hooks: list[str] = []
        self._me = me or {}

    async def me(self) -> dict[str, Any]:
        return self._me

    async def call(self, call: Call) -> str:
        self.made.append((asyncio.get_running_loop().time(), call))
        return self._next()

    async def set_webhook(self, url: str, secret: str) -> None:
        self.hooks.append(url)
        self._next()

    def _next(self) -> str:
        answer = self.answers.pop(0) if self.answers else "id"
        if isinstance(answer, Exception):
            raise answer
        return answer


async def published(data: bytes, name: str, chat: str) -> str:
    return f"https://pages.example/{name}"


async def full(*_what: object) -> NoReturn:
    raise StoreFull("no room")


async def nothing(_name: str) -> None:
    return None


def channel(platform: Platform, publish: Any = published, **settings: Any) -> ZaloBotChannel:
    account = ChannelAccount(name="zalo", kind="zalo_bot", **settings)
    given = Given("https://pages.example", "s" * 64, publish, nothing, full, full, full)
    made = ZaloBotChannel(account, "12345:x", given, Pacer(account.per_second))
    made._client = platform
    return made


def within(work: Coroutine[Any, Any, Any]) -> Any:
    return virtual_time.run(work)


def too_many(times: int) -> list[Exception | str]:
    return [RetryAfter(0) for _ in range(times)]


def test_it_is_made_by_its_kind() -> None:
    given = Given("https://pages.example", "s" * 64, published, nothing, full, full, full)
    account = ChannelAccount(name="zalo", kind="zalo_bot")
    assert isinstance(make(account, {"TOKEN": "12345:x"}, given, Pacer(5)), ZaloBotChannel)


def test_a_burst_is_waited_for_and_nothing_is_said_twice() -> None:
    platform = Platform("1", *too_many(2))
    says = [Say(as_text("a" * 1500)), Say(as_text("b" * 1500))]
    within(channel(platform).answer(SAID, says))
    said = [call.parameters["text"][0] for _, call in platform.made]
    assert said == ["a", "b", "b", "b"]
    moments = [moment for moment, _ in platform.made]
    assert moments[3] - moments[1] >= RESTS_SECONDS[0] + RESTS_SECONDS[1]


def test_a_slow_line_makes_no_burst_at_the_receiver() -> None:
    heard: list[float] = []

    class Slow(Platform):
        async def call(self, call: Call) -> str:
            await asyncio.sleep(0.9 if len(self.made) < PER_SECOND else 0)
            heard.append(asyncio.get_running_loop().time())
            return await super().call(call)

    zalo = channel(Slow())

    async def send_to_many() -> None:
        await asyncio.gather(*(zalo.send(str(n), HELLO) for n in range(4 * PER_SECOND)))

    within(send_to_many())
    heard.sort()
    assert all(later - first >= 1 for first, later in zip(heard, heard[PER_SECOND:], strict=False))


def test_what_was_under_way_at_a_refusal_does_not_end_the_rest() -> None:
    async def one_through_and_one_refused() -> float:
        patience, loop = Patience(), asyncio.get_running_loop()

        async def go_through() -> None:
            with patience.heeding():
                await asyncio.sleep(0.5)

        under_way = loop.create_task(go_through())
        await asyncio.sleep(0.1)
        with pytest.raises(RetryAfter), patience.heeding():
            raise RetryAfter(0)
        await under_way
        return patience.left()

    assert within(one_through_and_one_refused()) == pytest.approx(RESTS_SECONDS[0] - 0.4)


def test_who_waits_for_a_turn_while_another_is_refused_does_not_call() -> None:
    platform = Platform(*too_many(1))
    zalo = channel(platform)

    async def send_to_many() -> list[Any]:
        return await asyncio.gather(*(zalo.send(str(n), HELLO) for n in range(8)), return_exceptions=True)

    told = within(send_to_many())
    assert len(platform.made) == 1
    assert all(isinstance(one, RetryAfter) and one.seconds <= RESTS_SECONDS[0] for one in told)


def test_a_used_up_month_is_given_up_soon_and_then_at_once() -> None:
    platform = Platform(*too_many(50))
    zalo = channel(platform)

    async def answer_twice() -> None:
        for _ in range(2):
            with pytest.raises(MessageRefused, match="used up"):
                await zalo.answer(SAID, [HELLO])

    within(answer_twice())
    assert len(platform.made) == 5
    assert platform.made[-1][0] <= 120


def test_the_outbox_is_told_how_long_to_rest_and_asks_nothing_meanwhile() -> None:
    platform = Platform(*too_many(2), "ok")
    zalo = channel(platform)

    async def send() -> list[float]:
        told = []
        for _ in range(2):
            with pytest.raises(RetryAfter) as rest:
                await zalo.send("an", HELLO)
            told.append(rest.value.seconds)
        assert len(platform.made) == 1
        assert zalo.resting("somebody else") > 1
        await asyncio.sleep(RESTS_SECONDS[0])
        with pytest.raises(RetryAfter) as rest:
            await zalo.send("an", HELLO)
        told.append(rest.value.seconds)
        await asyncio.sleep(RESTS_SECONDS[1])
        assert await zalo.send("an", HELLO) == "ok"
        assert zalo.resting("an") == 0
        return told

    first, second, third = within(send())
    assert first == RESTS_SECONDS[0]
    assert second <= first
    assert third == RESTS_SECONDS[1]


def test_refusals_that_were_under_way_together_are_one() -> None:
    async def burst() -> list[float]:
        patience, told = Patience(), []
        for wait in (0.0, 0.0, 1.0, float(RESTS_SECONDS[0])):
            await asyncio.sleep(wait)
            with pytest.raises(RetryAfter) as rest, patience.heeding():
                raise RetryAfter(0)
            told.append(rest.value.seconds)
        return told

    first, second = RESTS_SECONDS[:2]
    assert within(burst()) == [first, first, first - 1, second]


def test_a_picture_and_a_file_are_kept_under_an_address() -> None:
    platform = Platform()
    within(channel(platform).answer(SAID, [PICTURE, Say(file=FileOut("ds.xlsx", b"zip"))]))
    photo, file = (call.parameters for _, call in platform.made)
    assert photo["photo"] == "https://pages.example/hinh.png"
    assert file["text"] == "ds.xlsx\nhttps://pages.example/ds.xlsx"


def test_a_picture_that_cannot_be_kept_is_tried_later() -> None:
    zalo = channel(Platform(), full)
    with pytest.raises(TryLater) as later:
        within(zalo.send("an", PICTURE))
    assert not later.value.maybe_delivered


def test_its_link_comes_from_the_settings_or_its_own_number() -> None:
    own = channel(Platform(me={"id": "2087", "display_name": "Bot Chi Đoàn"}))
    assert within(own.open()) == "Bot Chi Đoàn"
    assert own.start_link("j-ABC") == "https://bot.zaloplatforms.com/bots/2087"
    told = channel(Platform(me={"id": "2087"}), link="https://zalo.me/99")
    within(told.open())
    assert told.start_link("j-ABC") == "https://zalo.me/99"


def test_the_webhook_is_asked_for_until_zalo_reaches_it() -> None:
    platform = Platform(TryLater("webhook.err.dns", maybe_delivered=False), "ok")
    within(channel(platform, mode="webhook").listen(_nobody))
    assert platform.hooks == ["https://pages.example/hook/zalo"] * 2


def test_a_webhook_that_zalo_refuses_ends_the_channel() -> None:
    platform = Platform(MessageRefused("400 private address"))
    with pytest.raises(ChannelRefused, match="private address"):
        within(channel(platform, mode="webhook").listen(_nobody))


def test_files_cannot_be_fetched() -> None:
    with pytest.raises(BadInput):
        within(channel(Platform()).fetch(FileIn("a", "a.xlsx", 1)))


async def _nobody(_channel: str, _arrivals: object) -> None:
    raise AssertionError("nothing arrives here")
