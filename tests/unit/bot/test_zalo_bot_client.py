"""Zalo's answers as ours: codes decide, the token never shows, a no-update is no fault."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.outgoing import Call
from bot.limits import REQUEST_SECONDS
from db.errors import (
    ChannelRefused,
    DeliveryError,
    MessageRefused,
    RetryAfter,
    TryLater,
    Unreachable,
)
from tests.support import virtual_time
from tests.support.dripping import Drip

TOKEN = "1234567890:very-secret-words-of-the-bot"
PLAIN = Call("sendMessage", {"chat_id": "a", "text": "chào"})
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> ZaloBotClient:
    return ZaloBotClient("https://zalo.example/", TOKEN, httpx.MockTransport(answer))


def no(code: int, status: int = 0, description: str = "") -> Answer:
    body = {"ok": False, "description": description, "error_code": code}
    return lambda _request: httpx.Response(status or code, json=body)


def yes(result: Any) -> Answer:
    return lambda _request: httpx.Response(200, json={"ok": True, "result": result, "error_code": 0})


def test_a_line_that_drips_is_given_up_in_time() -> None:
    async def ask() -> float:
        with pytest.raises(TryLater) as caught:
            await ZaloBotClient("https://zalo.example/", TOKEN, Drip()).call(PLAIN)
        assert caught.value.maybe_delivered
        return asyncio.get_running_loop().time()

    assert virtual_time.run(ask()) <= REQUEST_SECONDS + 1


async def test_a_message_goes_as_json_and_its_id_comes_back() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return yes({"message_id": "5f1c", "date": 1})(request)

    assert await client(answer).call(PLAIN) == "5f1c"
    assert str(asked[0].url) == f"https://zalo.example/bot{TOKEN}/sendMessage"
    assert json.loads(asked[0].content) == PLAIN.parameters


@pytest.mark.parametrize("result", [None, {}, [], "", {"message_id": None}])
async def test_a_yes_without_an_id_is_a_yes(result: Any) -> None:
    assert await client(yes(result)).call(PLAIN) == ""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (no(400), MessageRefused),
        (no(400, 200), MessageRefused),
        (no(426), MessageRefused),
        (no(401), ChannelRefused),
        (no(403), Unreachable),
        (no(404), Unreachable),
        (no(408), TryLater),
        (no(429), RetryAfter),
        (no(429, 200), RetryAfter),
        (no(502), TryLater),
        (no(0, 500), TryLater),
        (no(0, 200), MessageRefused),
        (lambda _r: httpx.Response(504, html="<html>"), TryLater),
        (lambda _r: httpx.Response(429, text=""), RetryAfter),
        (lambda _r: httpx.Response(200, text="ok?"), TryLater),
        (lambda _r: httpx.Response(200, content=b"[" * 100_000), TryLater),
        (lambda _r: httpx.Response(200, json=[1]), TryLater),
        (lambda _r: httpx.Response(302, headers={"Location": "https://x"}), TryLater),
    ],
)
async def test_every_no_has_its_error(answer: Answer, error: type[DeliveryError]) -> None:
    with pytest.raises(error) as raised:
        await client(answer).call(PLAIN)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("raised", "maybe"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.RemoteProtocolError, True),
    ],
)
async def test_without_an_answer_it_may_or_may_not_be_delivered(
    raised: type[httpx.RequestError], maybe: bool
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise raised(f"at {request.url}", request=request)

    with pytest.raises(TryLater) as later:
        await client(answer).call(PLAIN)
    assert later.value.maybe_delivered is maybe
    assert TOKEN not in "".join(traceback.format_exception(later.value))


async def test_what_the_platform_says_is_cleaned_of_the_token() -> None:
    with pytest.raises(MessageRefused) as refused:
        await client(no(400, description=f"bad call /bot{TOKEN}/sendMessage")).call(PLAIN)
    assert TOKEN not in str(refused.value)
    assert "sendMessage" in str(refused.value)


async def test_a_token_with_impossible_letters_is_refused_not_sent() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return no(401)(request)

    odd = ZaloBotClient("https://zalo.example", "12345:a/../b?c\n", httpx.MockTransport(answer))
    with pytest.raises(ChannelRefused):
        await odd.me()
    assert seen == ["https://zalo.example/bot12345:a%2F..%2Fb%3Fc%0A/getMe"]


async def test_what_is_refused_is_said_otherwise() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        styled = "text_styles" in json.loads(request.content)
        return (no(400) if styled else yes({"message_id": "plain"}))(request)

    styled = Call("sendMessage", {**PLAIN.parameters, "text_styles": []}, PLAIN)
    assert await client(answer).call(styled) == "plain"


async def test_an_ill_platform_is_not_asked_otherwise() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return no(502)(request)

    with pytest.raises(TryLater):
        await client(answer).call(Call("sendPhoto", {}, PLAIN))
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [no(408), no(408, 200), yes({}), yes(None), yes([])])
async def test_no_update_is_no_fault(answer: Answer) -> None:
    assert await client(answer).updates() == []


async def test_one_update_a_poll() -> None:
    update = {"event_name": "message.text.received", "message": {}}
    assert await client(yes(update)).updates() == [update]


async def test_polling_beside_a_webhook_is_refused() -> None:
    with pytest.raises(MessageRefused):
        await client(no(400)).updates()


async def test_a_webhook_that_zalo_cannot_reach_is_no_success() -> None:
    verification = {"ok": False, "outcome": "webhook.err.tls", "hint": "TLS 1.2"}
    with pytest.raises(TryLater, match=r"webhook\.err\.tls TLS 1\.2"):
        await client(yes({"url": "https://a", "verification": verification})).set_webhook(
            "https://a", "s" * 8
        )
    await client(yes({"url": "https://a"})).set_webhook("https://a", "s" * 8)
