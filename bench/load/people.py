"""People who answer as soon as they are answered (closed loop), or at their own moments (open loop)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from bench.load.platform import Json, LoadBot, markup_of

ANSWERS = {"editMessageText", "sendMessage"}
LAST_ANSWERS_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Opening:
    """What a person begins with: a tap's data, or a text."""

    user: int
    data: str = ""
    text: str = ""


@dataclass(slots=True)
class _Going:
    """A person with an update on its way."""

    data: str
    text: str
    begun: float = 0.0
    message: Json = field(default_factory=dict)
    open: int = 0  # calls still to come
    replied: float = 0.0
    number: int = 0


@dataclass
class Heard:
    """What was answered in one drive. `taken`: seconds from the act to its answer, in order of answering.

    `lasted`: seconds during which there were acts. `given_up`: too many of them waited for an answer.
    """

    moments: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    acts: int = 0
    lasted: float = 0.0
    given_up: bool = False

    def within(self, begin: float, end: float) -> int:
        """How many answers came between these moments."""
        return sum(begin <= moment < end for moment in self.moments)


class Crowd:
    """Acts in the name of people towards one bot. `next_tap` chooses what is tapped on an answer."""

    def __init__(self, bot: LoadBot, openings: Sequence[Opening], wait: float = 0.0) -> None:
        self._bot = bot
        self._fresh: Iterator[Opening] = iter(openings)
        self._going: dict[int, _Going] = {}
        self._heard = Heard()
        self._on = False
        self._ready: list[int] = []  # open loop: people whose last act was answered
        self._closed = True
        bot.heard = self._call

    async def flood(self, at_once: int, seconds: float) -> Heard:
        """Closed loop: so many people at once, each acting as soon as it is answered."""
        self._heard, self._on, self._closed = Heard(), True, True
        for _ in range(at_once):
            self._one_more()
        await asyncio.sleep(seconds)
        self._on = False
        heard = self._heard
        await self._drained()
        return heard

    async def flow(self, rate: float, seconds: float, crowd: int, most_open: float = inf) -> Heard:
        """Open loop: an act every 1/rate seconds by somebody who waits for nothing; taken from its due time.

        Who has no answer yet does not act again, so `crowd` people are there to take turns. It ends early
        when more than `most_open` wait for an answer.
        """
        self._heard, self._on, self._closed = Heard(), True, False
        self._ready = [one.user for one in (self._enter() for _ in range(crowd)) if one]
        heard, start, acts = self._heard, time.perf_counter(), 0
        while (now := time.perf_counter()) < start + seconds and not heard.given_up:
            while start + acts / rate <= now:
                self._act_next(start + acts / rate)
                acts += 1
            await asyncio.sleep(max(start + acts / rate - time.perf_counter(), 0))
            heard.given_up = heard.acts - len(heard.taken) > most_open
        heard.lasted = time.perf_counter() - start
        self._on = False
        await self._drained()
        return heard

    def _act_next(self, due: float) -> None:
        if not self._ready:
            fresh = self._enter()
            if fresh is None:  # everybody waits: a tap that nobody answers
                self._heard.acts += 1
                return
            self._ready.append(fresh.user)
        user = self._ready.pop(0)
        self._act(user, due)

    async def _drained(self) -> None:
        """Wait, not for ever, until everything on its way is answered."""
        end = time.perf_counter() + LAST_ANSWERS_SECONDS
        while any(one.open for one in self._going.values()) and time.perf_counter() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self._going.clear()

    def _enter(self) -> Opening | None:
        opening = next(self._fresh, None)
        if opening is not None:
            self._going[opening.user] = _Going(opening.data, opening.text, message=_first(opening.user))
        return opening

    def _one_more(self) -> None:
        if opening := self._enter():
            self._act(opening.user, time.perf_counter())
        elif not any(one.open for one in self._going.values()):
            raise RuntimeError("too few people for this round")

    def _act(self, user: int, moment: float) -> None:
        one = self._going[user]
        content: Json
        self._heard.acts += 1
        one.begun, one.number = moment, one.number + 1
        person = {"id": user, "is_bot": False, "first_name": "Người", "language_code": "vi"}
        if one.data:
            one.open = 2
            content = {
                "id": f"{user}.{one.number}",
                "from": person,
                "message": one.message,
                "chat_instance": "1",
                "data": one.data,
            }
            self._bot.update("callback_query", content)
        else:
            one.open = 1
            chat = {"id": user, "type": "private", "first_name": "Người"}
            content = {"message_id": one.number, "date": int(time.time()), "chat": chat, "from": person}
            self._bot.update("message", content | {"text": f"{one.text} {one.number}"})

    def _call(self, method: str, parameters: Json) -> None:
        if method == "answerCallbackQuery":
            user = int(str(parameters["callback_query_id"]).partition(".")[0])
        elif method in ANSWERS:
            user = int(parameters["chat_id"])
        else:
            return
        one = self._going.get(user)
        if one is None or not one.open:
            return
        if method in ANSWERS:
            self._answered(one, parameters)
        one.open -= 1
        if not one.open:
            self._complete(user, one)

    def _answered(self, one: _Going, parameters: Json) -> None:
        one.replied = time.perf_counter()
        self._heard.moments.append(one.replied)
        self._heard.taken.append(one.replied - one.begun)
        markup = markup_of(parameters)
        if one.data:
            buttons = markup["inline_keyboard"] if markup else []
            one.data = buttons[0][0]["callback_data"] if buttons else "-"
            one.message = {**one.message, "text": parameters["text"], "reply_markup": markup or {}}
            if not markup:
                del one.message["reply_markup"]

    def _complete(self, user: int, one: _Going) -> None:
        over = one.data == "-" or one.data.startswith("qz-key")
        if over:
            del self._going[user]
        if not self._on:
            return
        if not self._closed:
            if not over:
                self._ready.append(user)
        elif over:
            self._one_more()
        else:
            self._act(user, time.perf_counter())


def _first(user: int) -> Json:
    return {
        "message_id": 1,
        "date": int(time.time()),
        "chat": {"id": user, "type": "private", "first_name": "Người"},
        "from": {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"},
        "text": "Câu hỏi đầu tiên",
    }
