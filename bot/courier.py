"""One claimed letter's way: worded, sent, its fate recorded.

Letters that are claimed together are worded from one read, and what comes back together is recorded in one
transaction. A careful message is never sent again when it is not certain that it did not arrive.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from msgspec import Struct
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.context import Home
from bot.faults import point
from bot.language import Say
from bot.limits import GIVE_UP_AFTER_HOURS, LONGEST_BACK_OFF_SECONDS
from bot.logs import about
from bot.metrics import Metrics
from bot.notices import render
from bot.offering import Notice, expect_words, keep_offers
from bot.reach import has_buttons
from bot.router import Router
from bot.shares import Shares
from bot.tally import Tally
from db.due import is_claimed
from db.errors import (
    ChannelRefused,
    ChatMoved,
    DeliveryError,
    OutsideWindow,
    RetryAfter,
    StoreError,
    TryLater,
    Unreachable,
)
from db.fates import Fate, write_down
from db.outbox import Letter, OutboxState, redirect
from db.store import Refusal
from members import identity
from members.telling import try_other_account

log = logging.getLogger(__name__)
RECORD_AGAIN_SECONDS = 0.5
WORTH_WAITING_SECONDS = 1.0
WORTH_GOING_ELSEWHERE_SECONDS = 60.0  # so long an account rests only when its month is used up
PATIENCE = "asked for patience"
Item = TypeVar("Item")


class _Arrived(Struct, frozen=True):
    """A letter that the platform took."""

    fate: Fate
    shown: Notice
    cost: int


class Courier:
    """Sees the letters of one channel account off."""

    def __init__(
        self,
        home: Home,
        router: Router,
        clock: Clock,
        channel: Channel,
        metrics: Metrics,
        shares: Shares,
        tally: Tally,
    ) -> None:
        self._home = home
        self._router = router
        self._clock = clock
        self._channel = channel
        self._metrics = metrics
        self._shares = shares
        self._tally = tally

    async def see_off(self, letter: Letter) -> None:
        """From claimed to recorded."""
        with about(channel=letter.channel, message=letter.id, member=letter.member_id):
            await self._see_off(letter)

    async def _see_off(self, letter: Letter) -> None:
        await point("outbox.claimed")
        now = self._clock.now()
        wait = self._channel.resting(letter.chat)
        if wait > WORTH_GOING_ELSEWHERE_SECONDS:
            await self._record(lambda session: _elsewhere_or_later(session, letter, wait, now))
        elif wait > WORTH_WAITING_SECONDS:
            await self._later(letter, wait, PATIENCE)
        elif letter.expires_at is not None and letter.expires_at <= now:
            await self._settle(letter, OutboxState.SKIPPED, "too late")
        else:
            await self._word_and_send(letter, now)

    async def _word_and_send(self, letter: Letter, now: datetime) -> None:
        try:
            say = await render(self._home, self._router, letter, now)
        except StoreError as error:
            log.warning("notice %s (%s) cannot be worded now: %s", letter.notice, letter.key, error)
            await self._once_more(letter, str(error))
        except Exception:
            log.exception("notice %s (%s) cannot be worded", letter.notice, letter.key)
            await self._settle(letter, OutboxState.FAILED, "cannot be worded")
        else:
            if say is None:
                await self._settle(letter, OutboxState.SKIPPED, "no longer needed")
            else:
                await self._send(letter, say)

    async def _send(self, letter: Letter, say: Say) -> None:  # noqa: PLR0911 (one branch a fate)
        if not await self._still_ours(letter):
            return None
        if say.choices and not has_buttons(self._home.settings, letter.channel):
            await self._each(expect_words, Notice(letter.channel, letter.chat, say, self._clock.now()))
        await point("outbox.sending")
        try:
            message = await self._channel.send(letter.chat, say, letter.replaced_message)
        except RetryAfter as error:
            self._metrics.throttled[letter.channel] += 1
            return await self._later(letter, error.seconds, PATIENCE)
        except ChatMoved as error:
            new_chat = error.new_chat
            return await self._record(lambda s: _follow(s, letter, new_chat, self._clock.now()))
        except Unreachable as error:
            return await self._give_up_on(letter, str(error))
        except OutsideWindow as error:
            return await self._elsewhere(letter, str(error))
        except TryLater as error:
            return await self._when_the_platform_is_well(letter, error)
        except ChannelRefused as error:
            return await self._later(letter, LONGEST_BACK_OFF_SECONDS, str(error))
        except DeliveryError as error:
            log.error("message %s was refused: %s", letter.key, error)
            return await self._settle(letter, OutboxState.FAILED, str(error))
        await point("outbox.sent")
        await self._arrived(letter, say, message)
        return await point("outbox.recorded")

    async def _still_ours(self, letter: Letter) -> bool:
        """At once where we hold the account; else once we hold it again, if nobody else had the letter."""
        if self._shares.holds(self._channel.name):
            return True
        await self._shares.until_ours(self._channel.name)
        return await self._home.store.read(is_claimed, letter.id, self._shares.owner)

    async def _arrived(self, letter: Letter, say: Say, message: str) -> None:
        now = self._clock.now()
        fate = Fate(letter.id, OutboxState.SENT, now, message=message)
        shown = Notice(letter.channel, letter.chat, say, now)
        await self._each(self._write_arrived, _Arrived(fate, shown, self._channel.cost([say])))
        self._count(letter, OutboxState.SENT)
        log.debug("message %s is sent", letter.id)

    async def _when_the_platform_is_well(self, letter: Letter, error: TryLater) -> None:
        if letter.careful and error.maybe_delivered:
            await self._settle(letter, OutboxState.UNKNOWN, str(error))
        else:
            await self._once_more(letter, str(error))

    async def _once_more(self, letter: Letter, reason: str) -> None:
        """Later each time, and not for ever."""
        if self._clock.now() - letter.created_at > timedelta(hours=GIVE_UP_AFTER_HOURS):
            await self._settle(letter, OutboxState.FAILED, reason)
        else:
            await self._later(letter, min(2.0**letter.attempts, LONGEST_BACK_OFF_SECONDS), reason)

    async def _give_up_on(self, letter: Letter, reason: str) -> None:
        now = self._clock.now()

        def write(session: Session) -> None:
            identity.mark_unreachable(session, letter.channel, letter.chat, now)
            _elsewhere(session, letter, now, reason)

        await self._record(write)
        self._count(letter, OutboxState.UNREACHABLE)

    async def _elsewhere(self, letter: Letter, reason: str) -> None:
        now = self._clock.now()
        await self._record(lambda session: _elsewhere(session, letter, now, reason))

    async def _later(self, letter: Letter, seconds: float, reason: str) -> None:
        due_at = self._clock.now() + timedelta(seconds=seconds)
        await self._each(write_down, Fate(letter.id, OutboxState.QUEUED, due_at, reason))
        self._count(letter, OutboxState.QUEUED)

    async def _settle(self, letter: Letter, state: OutboxState, reason: str | None) -> None:
        await self._each(write_down, Fate(letter.id, state, self._clock.now(), reason))
        self._count(letter, state)

    def _count(self, letter: Letter, fate: OutboxState) -> None:
        self._metrics.sends[letter.channel, "again" if fate is OutboxState.QUEUED else fate.value] += 1

    def _write_arrived(self, session: Session, arrived: Sequence[_Arrived]) -> list[None]:
        write_down(session, [one.fate for one in arrived])
        keep_offers(session, [one.shown for one in arrived])
        self._tally.sent_each(session, self._channel.name, [(one.cost, one.fate.at) for one in arrived])
        return [None] * len(arrived)

    async def _each(
        self, write: Callable[[Session, Sequence[Item]], Sequence[Refusal | None]], item: Item
    ) -> None:
        await _until_recorded(partial(self._home.store.write_each, write, item))

    async def _record(self, write: Callable[[Session], None]) -> None:
        await _until_recorded(partial(self._home.store.write, write))


async def _until_recorded(write: Callable[[], Awaitable[None]]) -> None:
    """However long the store is busy: what is not recorded would go out again."""
    while True:
        try:
            return await write()
        except StoreError as error:
            log.warning("a fate is not recorded yet: %s", error)
            await asyncio.sleep(RECORD_AGAIN_SECONDS)


def _elsewhere_or_later(session: Session, letter: Letter, wait: float, now: datetime) -> None:
    if not try_other_account(session, letter, now, PATIENCE):
        due_at = now + timedelta(seconds=wait)
        write_down(session, [Fate(letter.id, OutboxState.QUEUED, due_at, PATIENCE)])


def _elsewhere(session: Session, letter: Letter, now: datetime, reason: str) -> None:
    """To another account of the same person; to the call list when there is none."""
    if not try_other_account(session, letter, now, reason):
        write_down(session, [Fate(letter.id, OutboxState.UNREACHABLE, now, reason)])


def _follow(session: Session, letter: Letter, new_chat: str, now: datetime) -> None:
    """The chat lives under a new id: everything waiting for it goes there."""
    identity.move_chat(session, letter.channel, letter.chat, new_chat)
    write_down(session, [Fate(letter.id, OutboxState.QUEUED, now, "the chat moved")])
    redirect(session, letter.channel, letter.chat, new_chat)
