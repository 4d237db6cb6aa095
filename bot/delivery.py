"""Drains the outbox of one channel account: claimed, sent and recorded message by message."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.context import Home
from bot.dialogue import keep_offer
from bot.language import Say
from bot.limits import IN_FLIGHT, SEND_ATTEMPTS
from bot.notices import render
from bot.router import Router
from db import outbox
from db.errors import (
    ChannelRefused,
    ChatMoved,
    DeliveryError,
    RetryAfter,
    StoreError,
    TryLater,
    Unreachable,
)
from db.outbox import Letter, OutboxState, Priority
from members import identity

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 1.0


class Sender:
    """The one sender of a channel account."""

    def __init__(self, home: Home, router: Router, clock: Clock, channel: Channel) -> None:
        self._home = home
        self._router = router
        self._clock = clock
        self._channel = channel
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due now."""
        self._awake.set()

    def stop(self) -> None:
        """Claim no more; what is in flight is finished and recorded."""
        self._stopping = True

    async def idle(self) -> None:
        """Wait until nothing is in flight."""
        await self._idle.wait()

    async def run(self) -> None:
        """Send until stopped or cancelled."""
        while not self._stopping:
            self._awake.clear()
            await self.send_due()
            await self._rest()

    async def send_due(self) -> None:
        """Send until nothing is due."""
        self._idle.clear()
        try:
            while not self._stopping and (letters := await self._claim()):
                await asyncio.gather(*(self._send(letter) for letter in letters))
        finally:
            self._idle.set()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), LOOK_AGAIN_SECONDS)

    async def _claim(self) -> list[Letter]:
        now = self._clock.now()
        worst = Priority.MEETING if self.is_quiet(now) else Priority.BULK
        try:
            return await self._home.store.write(outbox.claim, self._channel.name, now, IN_FLIGHT, worst)
        except StoreError as error:
            log.warning("the outbox cannot be read now: %s", error)
            return []

    def is_quiet(self, now: datetime) -> bool:
        """Whether only messages of a meeting that is on may go out (quiet hours)."""
        settings = self._home.settings
        return settings.timetable.hours.quiet.covers(now.astimezone(settings.zone).time())

    async def _send(self, letter: Letter) -> None:
        now = self._clock.now()
        if letter.expires_at is not None and letter.expires_at <= now:
            await self._settle(letter, OutboxState.SKIPPED, "too late")
            return
        try:
            say = await render(self._home, self._router, letter, now)
        except Exception:
            log.exception("notice %s (%s) cannot be worded", letter.notice, letter.key)
            await self._settle(letter, OutboxState.FAILED, "cannot be worded")
            return
        if say is None:
            await self._settle(letter, OutboxState.SKIPPED, "no longer needed")
        else:
            await self._hand_over(letter, say)

    async def _hand_over(self, letter: Letter, say: Say) -> None:
        try:
            await self._channel.send(letter.chat, say)
        except RetryAfter as error:
            await self._later(letter, error.seconds, "asked for patience")
        except ChatMoved as error:
            await self._home.store.write(_follow, letter, error.new_chat, self._clock.now())
        except Unreachable as error:
            await self._home.store.write(
                identity.mark_unreachable, self._channel.name, letter.chat, self._clock.now()
            )
            await self._settle(letter, OutboxState.UNREACHABLE, str(error))
        except (TryLater, ChannelRefused) as error:
            await self._try_later(letter, error)
        except DeliveryError as error:
            log.error("message %s was refused: %s", letter.key, error)
            await self._settle(letter, OutboxState.FAILED, str(error))
        else:
            await self._home.store.write(_sent, letter, say, self._clock.now())

    async def _try_later(self, letter: Letter, error: DeliveryError) -> None:
        if letter.attempts >= SEND_ATTEMPTS:
            await self._settle(letter, OutboxState.FAILED, str(error))
        else:
            await self._later(letter, min(2.0**letter.attempts, 300), str(error))

    async def _later(self, letter: Letter, seconds: float, reason: str) -> None:
        due_at = self._clock.now() + timedelta(seconds=seconds)
        await self._home.store.write(outbox.put_back, letter.id, due_at, reason)

    async def _settle(self, letter: Letter, state: OutboxState, reason: str | None) -> None:
        await self._home.store.write(outbox.settle, letter.id, state, self._clock.now(), reason)


def _sent(session: Session, letter: Letter, say: Say, now: datetime) -> None:
    outbox.settle(session, letter.id, OutboxState.SENT, now)
    keep_offer(session, letter, say, now)


def _follow(session: Session, letter: Letter, new_chat: str, now: datetime) -> None:
    """The chat lives under a new id: everything waiting for it goes there."""
    identity.move_chat(session, letter.channel, letter.chat, new_chat)
    outbox.put_back(session, letter.id, now, "the chat moved")
    outbox.redirect(session, letter.channel, letter.chat, new_chat)
