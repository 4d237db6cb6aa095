"""Everybody's chats as they stand now, kept fresh from the one event stream of the simulator."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.client import SimClient
from simulator.month.cast import Player
from simulator.month.lists import Line, lines_in

Json = dict[str, Any]
_Place = tuple[str, int]
_ANYBODY = 0  # no person has this id


def said_in(message: Json) -> str:
    """What a message says: its text, or the caption of its picture."""
    return message["text"] or message["caption"] or ""


def labels_of(message: Json) -> list[str]:
    """What can be chosen under a message: its buttons, or the list in it."""
    return [label for label, _ in _choices(message)]


@dataclass(frozen=True)
class Choice:
    """A button of `message`, or a line to type. `newest`: nothing else to choose from came later."""

    message: Json
    label: str
    line: Line | None = None
    newest: bool = True


@dataclass
class Phone:
    """One person's chats. `seen` counts what has come or changed; `stamp` says when each message did so.

    Messages go by the bot's name and their number; each has its `bot` and `platform`.
    """

    person: int
    messages: dict[_Place, Json] = field(default_factory=dict)
    stamp: dict[_Place, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    history: list[Json] = field(default_factory=list)  # every state of every message of the bot
    seen: int = 0

    def take(self, message: Json) -> None:
        place = message["bot"], message["id"]
        if self.messages.get(place) == message:
            return
        self.messages[place] = message
        if message["from"] == "bot":
            self.seen += 1
            self.stamp[place] = self.seen
            self.history.append(message)

    def newest_first(self, after: int = 0) -> Iterator[Json]:
        """Messages of the bot that came or changed after `after`."""
        for place in sorted(self.stamp, key=self.stamp.__getitem__, reverse=True):
            if self.stamp[place] > after and place in self.messages:
                yield self.messages[place]

    def find(self, sight: str, after: int = 0) -> Json | None:
        """The newest message of the bot in which `sight` is found."""
        wanted = re.compile(sight, re.IGNORECASE | re.DOTALL)
        return next((m for m in self.newest_first(after) if wanted.search(said_in(m))), None)

    def with_choice(self, label: str) -> Choice | None:
        """The newest message that offers such a choice (a pattern for the whole label)."""
        wanted = re.compile(label, re.IGNORECASE)
        passed: set[str] = set()  # bots whose newer messages offer something else
        for message in self.newest_first():
            bot, offered = message["bot"], list(_choices(message))
            for text, line in offered:
                if wanted.fullmatch(text) or (line is not None and wanted.fullmatch(line.key)):
                    return Choice(message, text, line, bot not in passed)
            passed |= {bot} if offered else set()
        return None


def _choices(message: Json) -> Iterator[tuple[str, Line | None]]:
    """Labels as they are seen, with the line to type where there are no buttons."""
    if message["buttons"]:
        yield from ((button["text"], None) for row in message["buttons"] for button in row)
    elif message["platform"] != "telegram":
        yield from ((line.label, line) for line in lines_in(said_in(message)))


class Phones:
    """All phones; use as a context manager."""

    def __init__(self, hand: SimClient, players: list[Player]) -> None:
        self._hand = hand
        self._accounts = {player.id: player.accounts for player in players}
        self._platforms = {a.bot: a.platform for player in players for a in player.accounts}
        self._phones = {person: Phone(person) for person in self._accounts}
        self._changed = {person: asyncio.Condition() for person in (_ANYBODY, *self._accounts)}
        self._last = 0
        self._task: asyncio.Task[None] | None = None

    def __getitem__(self, person: int) -> Phone:
        return self._phones[person]

    async def __aenter__(self) -> "Phones":
        await self._load()
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _load(self) -> None:
        """Look at every chat; the events that came meanwhile are read again, which changes nothing."""
        self._last = int((await self._hand.state(people=False))["last_event"])
        for person, accounts in self._accounts.items():
            for bot in (account.bot for account in accounts):
                for message in (await self._hand.chat(person, bot))["messages"]:
                    self._phones[person].take(self._placed(message, bot))

    def _placed(self, message: Json, bot: str) -> Json:
        return {**message, "bot": bot, "platform": self._platforms.get(bot, "telegram")}

    async def _follow(self) -> None:
        while True:
            async with contextlib.aclosing(self._hand.events(self._last)) as events:
                async for event in events:
                    if event["type"] == "reset":
                        await self._load()
                        await self._notify(*self._phones)
                    await self._take(event)

    async def _take(self, event: Json) -> None:
        self._last = event["n"]
        phone = self._phones.get(event.get("person", 0)) if event["type"] != "person" else None
        if phone is not None:
            self._show(phone, event)
            await self._notify(phone.person)
        await self._notify(_ANYBODY)

    def _show(self, phone: Phone, event: Json) -> None:
        if event["type"] in {"message", "edited"}:
            phone.take(self._placed(event["message"], event["bot"]))
        elif event["type"] == "deleted":
            phone.messages.pop((event["bot"], event["message_id"]), None)
        elif event["type"] == "toast":
            phone.answered.add(str(event["callback_id"]))

    async def _notify(self, *people: int) -> None:
        for person in people:
            async with self._changed[person]:
                self._changed[person].notify_all()

    async def wait(self, ready: Callable[[], bool], seconds: float, person: int = _ANYBODY) -> bool:
        """Whether `ready()` came true in time; it is looked at when something changes for this person."""
        changed = self._changed[person]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), changed:
                await changed.wait_for(ready)
                return True
        return ready()

    async def caught_up(self, seconds: float = 20) -> bool:
        """Whether everything that has happened until now has been seen."""
        last = int((await self._hand.state(people=False))["last_event"])
        return await self.wait(lambda: self._last >= last, seconds)
