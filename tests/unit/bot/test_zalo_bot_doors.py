"""Both doors: what is stored before the next poll or before 200, and how a poll keeps its pace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.polling import poll
from bot.channels.zalo_bot.webhook import SECRET_HEADER, door
from db.errors import ChannelRefused, MessageRefused, RetryAfter, StoreBusy, TryLater
from db.inbox import Arrival
from tests.support import virtual_time

SECRET = "s" * 64
UPDATE = {"event_name": "message.text.received", "message": {"message_id": "m1", "chat": {"id": "an"}}}


class Inbox:
    """Takes arrivals in; raises the errors it is given first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.taken: list[Arrival] = []

    async def take_in(self, channel: str, arrivals: Sequence[Arrival]) -> None:
        assert channel == "zalo"
        if arrivals and self.errors:
            raise self.errors.pop(0)
        self.taken += arrivals


class Platform(ZaloBotClient):
    """Answers polls from a list: updates, or an error; then the token is gone."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.polled: list[float] = []
        self.webhooks_deleted = 0

    async def updates(self) -> list[Any]:
        self.polled.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if self.answers else ChannelRefused("Zalo does not know this token")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, list) else [answer]

    async def delete_webhook(self) -> None:
        self.webhooks_deleted += 1


def polled(platform: Platform, inbox: Inbox) -> None:
    async def until_refused() -> None:
        with pytest.raises(ChannelRefused):
            await poll("zalo", platform, inbox.take_in)

    virtual_time.run(until_refused())


def gaps(platform: Platform) -> list[float]:
    return [after - before for before, after in zip(platform.polled, platform.polled[1:], strict=False)]


def test_a_server_that_answers_at_once_is_asked_once_a_second() -> None:
    platform, inbox = Platform(*[UPDATE] * 20), Inbox()
    polled(platform, inbox)
    assert len(inbox.taken) == 20
    assert min(gaps(platform)) >= 1


def test_what_cannot_be_stored_waits_before_the_next_poll() -> None:
    platform, inbox = Platform(UPDATE, []), Inbox(StoreBusy("busy"), StoreBusy("busy"))
    polled(platform, inbox)
    assert [arrival.update_id for arrival in inbox.taken] == ["m1"]
    assert gaps(platform)[0] >= 3


def test_an_ill_platform_is_asked_ever_more_seldom_and_again_when_well() -> None:
    ill = [TryLater("502", maybe_delivered=True), RetryAfter(0), TryLater("504", maybe_delivered=True)]
    platform = Platform(*ill, [], [])
    polled(platform, Inbox())
    assert gaps(platform) == [1, 2, 4, 1, 1]


def test_a_webhook_in_the_way_is_taken_away() -> None:
    platform, inbox = Platform(MessageRefused("400"), UPDATE), Inbox()
    polled(platform, inbox)
    assert platform.webhooks_deleted == 1
    assert len(inbox.taken) == 1


async def knock(inbox: Inbox, body: Any, secret: str | None = SECRET) -> int:
    app = Starlette(routes=[door("zalo", "/hook/zalo", SECRET, inbox.take_in)])
    headers = {SECRET_HEADER.encode(): secret.encode()} if secret is not None else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        what: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return (await client.post("/hook/zalo", headers=headers, **what)).status_code


@pytest.mark.parametrize("body", [UPDATE, {"ok": True, "result": UPDATE}])
async def test_a_webhook_is_stored_wrapped_or_bare(body: Any) -> None:
    inbox = Inbox()
    assert await knock(inbox, body) == 200
    assert [(a.update_id, a.lane) for a in inbox.taken] == [("m1", "an")]


@pytest.mark.parametrize("secret", [None, "", "x", SECRET[:-1], SECRET + "s", "ó"])
async def test_a_wrong_secret_stores_nothing(secret: str | None) -> None:
    inbox = Inbox()
    assert await knock(inbox, UPDATE, secret) == 401
    assert inbox.taken == []


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"not json", b"[" * 100_000, b'{"ok":true}'])
async def test_zalos_probe_hears_200_and_is_not_stored(body: bytes) -> None:
    inbox = Inbox()
    assert await knock(inbox, body) == 200
    assert await knock(inbox, body, None) == 200
    assert inbox.taken == []


@pytest.mark.parametrize("levels", range(900, 1000, 3))
async def test_any_depth_is_stored_or_passed_over(levels: int) -> None:
    inbox = Inbox()
    body = b'{"event_name":"a","message":{"text":' + b"[" * levels + b"]" * levels + b"}}"
    assert await knock(inbox, body) == 200
    assert len(inbox.taken) in {0, 1}


async def test_what_is_not_stored_is_not_acknowledged() -> None:
    assert await knock(Inbox(StoreBusy("busy")), UPDATE) == 503


async def test_a_body_beyond_measure_is_refused() -> None:
    assert await knock(Inbox(), b" " * (1024 * 1024 + 1)) == 413
