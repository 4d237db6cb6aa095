"""What python-telegram-bot, an independent client, makes of each fault of series A."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from simulator.client import SimClient
from tests.system.simulator.api import Api


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[Bot]:
    async with Bot(api.token, base_url=f"{api.base_url}/bot") as made:
        yield made


SEEN = [
    ("500", NetworkError, "Internal Server Error"),
    ("502", NetworkError, "Bad Gateway"),
    ("503", NetworkError, "Service Unavailable"),
    ("504", NetworkError, "Gateway Timeout"),
    ("accepted_lost", NetworkError, "disconnected without"),
    ("half_open", TimedOut, "Timed out"),
    ("reset", NetworkError, "ReadError"),
    ("truncated", TelegramError, "Invalid server response"),
    ("html", NetworkError, "Bad Gateway|response"),
    ("wrong_length", NetworkError, "peer closed"),
    ("slow", TimedOut, "Timed out"),
    ("blocked", Forbidden, "bot was blocked by the user"),
    ("deactivated", Forbidden, "user is deactivated"),
    ("not_found", BadRequest, "Chat not found"),
    ("entities", BadRequest, "Can't parse entities"),
    ("401", InvalidToken, "rejected by the server|Unauthorized"),
    ("offline", NetworkError, "disconnected without"),
]


@pytest.mark.parametrize(("kind", "error", "words"), SEEN)
async def test_errors_of_the_library(
    bot: Bot, sim: SimClient, api: Api, person: int, kind: str, error: type[Exception], words: str
) -> None:
    """A3 to A9: each fault as the library's own exception."""
    await sim.fault(kind, bot=api.username)
    with pytest.raises(error, match=words):
        await bot.send_message(person, "<b>a</b>", parse_mode="HTML", read_timeout=0.3)
    await sim.fault("none")


async def test_retry_after_of_the_library(
    bot: Bot, sim: SimClient, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A1: the wait drawn from a range is the one the library reads."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    await sim.fault("429", person=person, retry_after=[17, 17])
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(person, "a")
    assert flood.value.retry_after == timedelta(seconds=17)


async def test_migration_of_the_library(bot: Bot, sim: SimClient, person: int) -> None:
    """A6: a group that became a supergroup tells its new id."""
    await sim.fault("migrated", person=person, to=-1001234567890)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(person, "a")
    assert moved.value.new_chat_id == -1001234567890
