"""Saying and tapping, and looking for the answer, as a person with a phone does."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.client import SimClient
from simulator.month.cast import Part, Player
from simulator.month.ledger import Ledger
from simulator.month.phones import Json, Phone, Phones, said_in

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
    bot: str
    phones: Phones
    ledger: Ledger
    pace: Pace
    patience: float = PATIENCE


@dataclass
class Actor:
    """One player at their phone."""

    player: Player
    part: Part
    stage: Stage

    @property
    def phone(self) -> Phone:
        return self.stage.phones[self.player.id]

    @property
    def times(self) -> int:
        return 2 if self.part.twice else 1

    async def open_link(self, payload: str, sight: str) -> Json:
        """Open a link of the bot."""
        return await self._send(f"/start {payload}", sight, payload)

    async def scan(self, link: str, sight: str) -> Json:
        """Point the camera at a QR picture and open its link."""
        await self._pause()
        before = self.phone.seen
        for _ in range(self.times):
            await self.stage.hand.scan(self.player.id, link)
        return await self._look("scanned", sight, before, lambda: self.phone.seen >= before + self.times)

    async def say(self, text: str, sight: str, *, once: bool = False) -> Json:
        """Type something and look for the answer: the message that says `sight`. Raises Lost."""
        return await self._send(text, sight, None, once=once)

    async def _send(self, text: str, sight: str, payload: str | None, *, once: bool = False) -> Json:
        await self._pause()
        before, times = self.phone.seen, 1 if once else self.times
        for _ in range(times):
            if payload is None:
                await self.stage.hand.say(self.player.id, text, self.stage.bot)
            else:
                await self.stage.hand.start(self.player.id, payload, self.stage.bot)
        answers = before + times  # each message typed has an answer of its own
        return await self._look(f"said {text!r}", sight, before, lambda: self.phone.seen >= answers)

    async def tap(self, label: str, sight: str, *, once: bool = False) -> Json:
        """Press the newest button with this label (a pattern) and look for what comes. Raises Lost."""
        await self._pause()
        found = self.phone.with_button(label)
        what = f"tapped [{label}]"
        if found is None:
            self.stage.ledger.did(self.player.id, what, "the button itself", seen=False)
            raise Lost(f"{self.player.name} sees no button [{label}]")
        message, text = found
        before = self.phone.seen
        presses = {await self._press(message["id"], label=text)}
        if self.times > 1 and not once:  # the second press of a double tap carries what the first carried
            presses.add(await self._press(message["id"], data=_data_of(message, text)))
        self.stage.ledger.taps |= presses
        return await self._look(what, sight, before, lambda: presses <= self.phone.answered)

    async def _press(self, message_id: int, label: str | None = None, data: str | None = None) -> str:
        hand, bot, person = self.stage.hand, self.stage.bot, self.player.id
        tapped = await hand.tap(person, label, message_id=message_id, data=data, bot=bot)
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
