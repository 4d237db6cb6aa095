"""Everybody's chats as they stand now, kept fresh from the one event stream of the simulator."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.client import SimClient

Json = dict[str, Any]
_ANYBODY = 0  # no person has this id


def said_in(message: Json) -> str:
    """What a message says: its text, or the caption of its picture."""
    return message["text"] or message["caption"] or ""


def labels_of(message: Json) -> list[str]:
    return [button["text"] for row in message["buttons"] for button in row]


@dataclass
class Phone:
    """One person's chat. `seen` counts what has come or changed; `stamp` says when each message did so."""

    person: int
    messages: dict[int, Json] = field(default_factory=dict)
    stamp: dict[int, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    history: list[Json] = field(default_factory=list)  # every state of every message of the bot
    seen: int = 0

    def take(self, message: Json) -> None:
        if self.messages.get(message["id"]) == message:
            return
        self.messages[message["id"]] = message
        if message["from"] == "bot":
            self.seen += 1
            self.stamp[message["id"]] = self.seen
            self.history.append(message)

    def newest_first(self, after: int = 0) -> Iterator[Json]:
        """Messages of the bot that came or changed after `after`."""
        for number in sorted(self.stamp, key=self.stamp.__getitem__, reverse=True):
            if self.stamp[number] > after and number in self.messages:
                yield self.messages[number]

    def find(self, sight: str, after: int = 0) -> Json | None:
        """The newest message of the bot in which `sight` is found."""
        wanted = re.compile(sight, re.IGNORECASE | re.DOTALL)
        return next((m for m in self.newest_first(after) if wanted.search(said_in(m))), None)

    def with_button(self, label: str) -> tuple[Json, str] | None:
        """The newest message with such a button (a pattern for the whole label), and the label as it is."""
        wanted = re.compile(label, re.IGNORECASE)
        for message in self.newest_first():
            for text in labels_of(message):
                if wanted.fullmatch(text):
                    return message, text
        return None


class Phones:
    """All phones of one bot; use as a context manager."""

    def __init__(self, hand: SimClient, people: list[int]) -> None:
        self._hand = hand
        self._phones = {person: Phone(person) for person in people}
        self._changed = {person: asyncio.Condition() for person in (_ANYBODY, *people)}
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
        self._last = int((await self._hand.state())["last_event"])
        for phone in self._phones.values():
            for message in (await self._hand.chat(phone.person))["messages"]:
                phone.take(message)

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
            _show(phone, event)
            await self._notify(phone.person)
        await self._notify(_ANYBODY)

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
        last = int((await self._hand.state())["last_event"])
        return await self.wait(lambda: self._last >= last, seconds)


def _show(phone: Phone, event: Json) -> None:
    if event["type"] in {"message", "edited"}:
        phone.take(event["message"])
    elif event["type"] == "deleted":
        phone.messages.pop(event["message_id"], None)
    elif event["type"] == "toast":
        phone.answered.add(str(event["callback_id"]))
