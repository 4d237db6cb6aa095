"""Saying and choosing, and looking for the answer, as a person with a phone does."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.client import SimClient
from simulator.month.accounts import Account
from simulator.month.cast import Part, Player
from simulator.month.ledger import Ledger
from simulator.month.lists import Line, typed
from simulator.month.phones import Choice, Json, Phone, Phones, said_in
from simulator.month.windows import Windows

PATIENCE = 45.0  # seconds of real time; generous, for busy machines


class Lost(Exception):
    """Something was done and its effect did not come; the ledger knows."""


@dataclass
class Pace:
    """Pauses before an act in seconds: `shown` phones are watched by somebody, the others are not."""

    shown: float = 0.0
    others: float = 0.0
    at_once: int = 16  # people acting at the same time
    lane: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.lane = asyncio.Semaphore(self.at_once)


@dataclass
class Stage:
    """What all players share."""

    hand: SimClient
    phones: Phones
    ledger: Ledger
    pace: Pace
    windows: Windows
    patience: float = PATIENCE


@dataclass
class Actor:
    """One player at their phone. `account` is where they write now: the first they have, until they turn.

    `linked`: all that they have are one member's to the bot.
    """

    player: Player
    part: Part
    stage: Stage
    linked: bool = False
    account: Account = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.account = self.player.accounts[0]
        self.chance = random.Random(self.player.id)  # noqa: S311 - ways of typing in a play

    @property
    def phone(self) -> Phone:
        return self.stage.phones[self.player.id]

    @property
    def times(self) -> int:
        return 2 if self.part.twice else 1

    async def open_with(self, payload: str, code: str, sight: str) -> Json:
        """Open the bot by the link on a slip; where a link carries nothing, the code below it is typed."""
        if self.account.has_links:
            return await self._send(f"/start {payload}", sight, payload)
        await self.stage.hand.start(self.player.id, bot=self.account.bot)
        return await self._send(code, sight, None)

    async def scan(self, link: str, sight: str) -> Json:
        """Point the camera at a QR picture and open its link."""
        await self._pause()
        before = self.phone.seen
        for _ in range(self.times):
            await self.stage.hand.scan(self.player.id, link)
        self.stage.windows.spoke(self.player.id)
        return await self._look("scanned", sight, before, lambda: self.phone.seen >= before + self.times)

    async def say(self, text: str, sight: str, *, once: bool = False) -> Json:
        """Type something and look for the answer: the message that says `sight`. Raises Lost."""
        return await self._send(text, sight, None, once=once)

    async def _send(self, text: str, sight: str, payload: str | None, *, once: bool = False) -> Json:
        await self._pause()
        before, times, bot = self.phone.seen, 1 if once else self.times, self.account.bot
        for _ in range(times):
            if payload is None:
                await self.stage.hand.say(self.player.id, text, bot)
            else:
                await self.stage.hand.start(self.player.id, payload, bot)
        self.stage.windows.spoke(self.player.id)
        answers = before + times  # each message typed has an answer of its own
        return await self._look(f"said {text!r}", sight, before, lambda: self.phone.seen >= answers)

    async def choose(self, label: str, sight: str, *, once: bool = False) -> Json:
        """Take what the newest message offers under this label (a pattern): press the button, or type it
        from the list. Raises Lost."""
        await self._pause()
        found = self.phone.with_choice(label)
        if found is None:
            self.stage.ledger.did(self.player.id, f"chose [{label}]", "the choice itself", seen=False)
            raise Lost(f"{self.player.name} is not offered [{label}], sees {self._newest()!r}")
        self._turn_to(found.message["bot"])
        if found.line is not None:
            return await self._type(found, found.line, sight, once=once)
        return await self._press(found, label, sight, once=once)

    def turn(self) -> None:
        """Take up the other messenger, if there is one."""
        place = self.player.accounts.index(self.account)
        self.account = self.player.accounts[(place + 1) % len(self.player.accounts)]

    def _turn_to(self, bot: str) -> None:
        """Take up the chat in which something stands."""
        self.account = next(account for account in self.player.accounts if account.bot == bot)

    async def _type(self, found: Choice, line: Line, sight: str, *, once: bool) -> Json:
        """Who does everything twice types words: a number typed twice is another choice the second time."""
        text = typed(
            line, self.chance, words_only=not found.newest or (self.times > 1 and not line.is_letter)
        )
        return await self._send(text, sight, None, once=once or line.is_letter)

    async def _press(self, found: Choice, label: str, sight: str, *, once: bool) -> Json:
        message, times = found.message, 1 if once else self.times
        before = self.phone.seen
        presses = {await self._pressed(message["id"], label=found.label)}
        if times > 1:  # the second press of a double tap carries what the first carried
            presses.add(await self._pressed(message["id"], data=_data_of(message, found.label)))
        self.stage.windows.spoke(self.player.id)
        if self.account.platform == "telegram":
            self.stage.ledger.taps |= presses
            return await self._look(f"chose [{label}]", sight, before, lambda: presses <= self.phone.answered)
        return await self._look(f"chose [{label}]", sight, before, lambda: self.phone.seen >= before + times)

    async def _pressed(self, message_id: int, label: str | None = None, data: str | None = None) -> str:
        hand, person = self.stage.hand, self.player.id
        tapped = await hand.tap(person, label, message_id=message_id, data=data, bot=self.account.bot)
        return str(tapped["callback_id"])

    async def _look(self, what: str, sight: str, before: int, answered: Callable[[], bool]) -> Json:
        seen = await self.stage.phones.wait(
            lambda: answered() and self.phone.find(sight, before) is not None,
            self.stage.patience,
            self.player.id,
        )
        self.stage.ledger.did(self.player.id, what, sight, seen=seen)
        found = self.phone.find(sight, before)
        if not seen or found is None:
            raise Lost(f"{self.player.name} {what}, looked for {sight!r}, sees {self._newest()!r}")
        return found

    def _newest(self) -> str:
        newest = next(self.phone.newest_first(), None)
        return said_in(newest)[:200] if newest else ""

    async def sees(self, sight: str, after: int = 0) -> Json:
        """Wait for something others caused. Raises Lost."""
        return await self._look("waited", sight, after, lambda: True)

    def has_seen(self, sight: str, after: int = 0) -> bool:
        return self.phone.find(sight, after) is not None

    async def _pause(self) -> None:
        pause = self.stage.pace.shown if self.player.shown else self.stage.pace.others
        if pause:
            await asyncio.sleep(pause)


def _data_of(message: Json, label: str) -> str:
    return next(str(b["data"]) for row in message["buttons"] for b in row if b["text"] == label)


def count_of(message: Json, sight: str) -> tuple[int, ...]:
    """The numbers a sight finds in a message."""
    found = re.search(sight, said_in(message), re.IGNORECASE | re.DOTALL)
    return tuple(int(part) for part in found.groups()) if found else ()
