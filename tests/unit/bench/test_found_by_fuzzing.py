"""What the fuzzers found, each as the smallest case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.types import Message

from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.webhook import door
from db.inbox import Arrival

NOW = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
SECRET = "s3cret"


@pytest.mark.parametrize("date", [2**31, 2**53, 2**63, 10**30, -(2**63), 0])
def test_a_date_no_calendar_holds_means_when_it_came(date: int) -> None:
    message = {"message_id": 1, "date": date, "chat": {"id": 5}, "from": {"id": 5}, "text": "a"}
    said = read_update("telegram", json.dumps({"update_id": 1, "message": message}), NOW)
    assert said.at == NOW


async def knock(messages: list[Message]) -> tuple[list[Message], list[Arrival]]:
    """What the door answers and stores when these ASGI messages come."""
    stored: list[Arrival] = []
    answers: list[Message] = []

    async def take_in(_channel: str, arrivals: Sequence[Arrival]) -> None:
        stored.extend(arrivals)

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        answers.append(message)

    header = (b"x-telegram-bot-api-secret-token", SECRET.encode())
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/hook", "headers": [header]}
    await door("telegram", "/hook", SECRET, take_in).handle(scope, receive, send)
    return answers, stored


async def test_a_caller_who_hangs_up_in_the_middle_is_no_error() -> None:
    part: Message = {"type": "http.request", "body": b'{"update', "more_body": True}
    answers, stored = await knock([part, {"type": "http.disconnect"}])
    assert answers[0]["status"] == 400
    assert stored == []


@pytest.mark.parametrize("levels", range(900, 1000, 7))
async def test_any_depth_is_stored_or_refused(levels: int) -> None:
    body = b"[" * levels + b"]" * levels
    answers, stored = await knock([{"type": "http.request", "body": body, "more_body": False}])
    assert (answers[0]["status"], len(stored)) in {(200, 1), (400, 0)}
