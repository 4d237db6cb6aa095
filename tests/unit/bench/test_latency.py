"""Who cannot keep up with the rate of the taps is stopped, and said to be so."""

from __future__ import annotations

import asyncio

import pytest

from bench.latency import percentiles
from bench.load import people
from bench.load.people import Crowd, Heard, Opening
from bench.load.platform import Json, LoadBot


class Answering(LoadBot):
    """Answers every tap at once, or none."""

    silent = False

    def update(self, kind: str, content: Json) -> None:
        if not self.silent:
            asyncio.get_running_loop().call_soon(self._answer, content)

    def _answer(self, content: Json) -> None:
        buttons = {"inline_keyboard": [[{"text": "A", "callback_data": "0:0"}]]}
        shown = {"chat_id": content["from"]["id"], "text": "Câu 2", "reply_markup": buttons}
        self.heard("editMessageText", shown)
        self.heard("answerCallbackQuery", {"callback_query_id": content["id"]})


def crowd(*, silent: bool) -> Crowd:
    bot = Answering("1:a")
    bot.silent = silent
    return Crowd(bot, [Opening(user, "0:0") for user in range(1, 101)])


async def test_who_answers_at_once_is_asked_to_the_end() -> None:
    heard = await crowd(silent=False).flow(200, 0.2, 20, 1000)
    assert not heard.given_up
    assert len(heard.taken) == heard.acts > 0


async def test_who_answers_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "LAST_ANSWERS_SECONDS", 0.0)
    heard = await crowd(silent=True).flow(500, 60, 20, 10)
    assert heard.given_up
    assert not heard.taken
    assert heard.acts > 10
    assert percentiles(heard) == {"p50_ms": None, "p95_ms": None, "p99_ms": None}


def test_percentiles_are_of_what_was_answered() -> None:
    heard = Heard(taken=[n / 1000 for n in range(1, 101)])
    assert percentiles(heard) == {"p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0}
