"""Drains the outbox of one channel account: claimed, sent and recorded message by message.

At most `IN_FLIGHT` messages are claimed and not recorded at any moment: so many may go out twice after a
crash, none is lost. A careful message is never sent again when it is not certain that it did not arrive.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.clock import Clock
from bot.context import Home
from bot.faults import point
from bot.language import Say
from bot.limits import GIVE_UP_AFTER_HOURS, IN_FLIGHT, LONGEST_BACK_OFF_SECONDS
from bot.logs import about
from bot.metrics import Metrics
from bot.notices import render
from bot.offering import expect_words, keep_offer
from bot.reach import has_buttons
from bot.router import Router
from bot.shares import ALONE, Shares
from bot.tally import Tally
from db import outbox
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
from db.outbox import Due, Letter, OutboxState, Priority
from members import budget, identity
from members.telling import try_other_account

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 1.0
RECORD_AGAIN_SECONDS = 0.5
WORTH_WAITING_SECONDS = 1.0
WORTH_GOING_ELSEWHERE_SECONDS = 60.0  # so long an account rests only when its month is used up


class Sender:
    """The one sender of a channel account."""

    def __init__(
        self,
        home: Home,
        router: Router,
        clock: Clock,
        channel: Channel,
        metrics: Metrics | None = None,
        shares: Shares = ALONE,
    ) -> None:
        self._shares = shares
        self._home = home
        self._router = router
        self._clock = clock
        self._channel = channel
        self._metrics = metrics or Metrics()
        self._tally = Tally(home.settings.bots, home.settings.zone)
        self._awake = asyncio.Event()
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due now."""
        self._awake.set()

    def stop(self) -> None:
        """Claim no more; what is on its way is finished and recorded."""
        self._stopping = True
        self._awake.set()

    async def idle(self) -> None:
        """Wait until nothing is on its way."""
        while self._on_their_way:
            await asyncio.wait(self._on_their_way)

    @property
    def account(self) -> str:
        """The channel account."""
        return self._channel.name

    async def abandon(self) -> None:
        """Leave what is on its way as it is: claimed."""
        for task in self._on_their_way:
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)

    async def run(self) -> None:
        """Send until stopped or cancelled."""
        self._stopping = False
        while not self._stopping:
            self._awake.clear()
            await self.send_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._awake.wait()

    async def send_due(self) -> None:
        """Send until nothing is due and nothing is on its way."""
        while await self._fill() or self._on_their_way:
            await asyncio.wait(self._on_their_way, return_when=asyncio.FIRST_COMPLETED)

    async def _fill(self) -> bool:
        """Claim as many letters as there are free places; whether any was due."""
        free = IN_FLIGHT - len(self._on_their_way)
        if self._stopping or free <= 0 or not self._shares.holds(self.account):
            return False
        await self._channel.ready()
        letters = await self._claim(free)
        for letter in letters:
            task = asyncio.create_task(self._see_off_named(letter))
            self._on_their_way.add(task)
            task.add_done_callback(self._on_their_way.discard)
        return bool(letters)

    async def _claim(self, free: int) -> list[Letter]:
        now = self._clock.now()
        worst = Priority.MEETING if self.is_quiet(now) else Priority.BULK
        bot, month = self._tally.bot(self._channel.name), self._tally.month(now)
        try:
            if not await self._home.store.read_each(outbox.are_due, Due(self._channel.name, now, worst)):
                return []
            while True:
                letters, refused = await self._home.store.write(
                    budget.claim_within, bot, month, now, free, worst, self._shares.owner
                )
                if letters or not refused:
                    return letters
        except StoreError as error:
            log.warning("the outbox cannot be read now: %s", error)
            return []

    def is_quiet(self, now: datetime) -> bool:
        """Whether only messages of a meeting that is on may go out (quiet hours)."""
        settings = self._home.settings
        return settings.timetable.hours.quiet.covers(now.astimezone(settings.zone).time())

    async def _see_off_named(self, letter: Letter) -> None:
        with about(channel=letter.channel, message=letter.id, member=letter.member_id):
            await self._see_off(letter)

    async def _see_off(self, letter: Letter) -> None:
        await point("outbox.claimed")
        now = self._clock.now()
        wait = self._channel.resting(letter.chat)
        if wait > WORTH_GOING_ELSEWHERE_SECONDS:
            await self._record(lambda session: _elsewhere_or_later(session, letter, wait, now))
        elif wait > WORTH_WAITING_SECONDS:
            await self._later(letter, wait, "asked for patience")
        elif letter.expires_at is not None and letter.expires_at <= now:
            await self._settle(letter, OutboxState.SKIPPED, "too late")
        else:
            await self._word_and_send(letter, now)

    async def _word_and_send(self, letter: Letter, now: datetime) -> None:
        try:
            say = await render(self._home, self._router, letter, now)
        except Exception:
            log.exception("notice %s (%s) cannot be worded", letter.notice, letter.key)
            await self._settle(letter, OutboxState.FAILED, "cannot be worded")
            return
        if say is None:
            await self._settle(letter, OutboxState.SKIPPED, "no longer needed")
        else:
            await self._send(letter, say)

    async def _send(self, letter: Letter, say: Say) -> None:  # noqa: PLR0911 (one branch a fate)
        if not await self._still_ours(letter):
            return None
        if say.choices and not has_buttons(self._home.settings, letter.channel):
            await self._record(lambda s: expect_words(s, letter, say, self._clock.now()))
        await point("outbox.sending")
        try:
            message = await self._channel.send(letter.chat, say, letter.replaced_message)
        except RetryAfter as error:
            self._metrics.throttled[letter.channel] += 1
            return await self._later(letter, error.seconds, "asked for patience")
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
        await self._record(lambda s: self._sent(s, letter, message, say, self._clock.now()))
        self._count(letter, OutboxState.SENT)
        log.debug("message %s is sent", letter.id)
        return await point("outbox.recorded")

    async def _still_ours(self, letter: Letter) -> bool:
        """At once where we hold the account; else once we hold it again, if nobody else had the letter."""
        if self._shares.holds(self.account):
            return True
        await self._shares.until_ours(self.account)
        return await self._home.store.read(outbox.is_claimed, letter.id, self._shares.owner)

    async def _when_the_platform_is_well(self, letter: Letter, error: TryLater) -> None:
        age = self._clock.now() - letter.created_at
        if letter.careful and error.maybe_delivered:
            await self._settle(letter, OutboxState.UNKNOWN, str(error))
        elif age > timedelta(hours=GIVE_UP_AFTER_HOURS):
            await self._settle(letter, OutboxState.FAILED, str(error))
        else:
            await self._later(letter, min(2.0**letter.attempts, LONGEST_BACK_OFF_SECONDS), str(error))

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
        await self._record(lambda session: outbox.put_back(session, letter.id, due_at, reason))
        self._count(letter, OutboxState.QUEUED)

    async def _settle(self, letter: Letter, state: OutboxState, reason: str | None) -> None:
        now = self._clock.now()
        await self._record(lambda session: outbox.settle(session, letter.id, state, now, reason))
        self._count(letter, state)

    def _count(self, letter: Letter, fate: OutboxState) -> None:
        self._metrics.sends[letter.channel, "again" if fate is OutboxState.QUEUED else fate.value] += 1

    def _sent(self, session: Session, letter: Letter, message: str, say: Say, now: datetime) -> None:
        outbox.sent(session, letter.id, message, now)
        self._tally.sent(session, letter.channel, self._channel.cost([say]), now)
        keep_offer(session, letter, say, now)

    async def _record(self, write: outbox.Write) -> None:
        """Write a fate down, however long the store is busy: an unrecorded message would go out again."""
        while True:
            try:
                return await self._home.store.write(write)
            except StoreError as error:
                log.warning("a fate is not recorded yet: %s", error)
                await asyncio.sleep(RECORD_AGAIN_SECONDS)


def _elsewhere_or_later(session: Session, letter: Letter, wait: float, now: datetime) -> None:
    if not try_other_account(session, letter, now, "asked for patience"):
        outbox.put_back(session, letter.id, now + timedelta(seconds=wait), "asked for patience")


def _elsewhere(session: Session, letter: Letter, now: datetime, reason: str) -> None:
    """To another account of the same person; to the call list when there is none."""
    if not try_other_account(session, letter, now, reason):
        outbox.settle(session, letter.id, OutboxState.UNREACHABLE, now, reason)


def _follow(session: Session, letter: Letter, new_chat: str, now: datetime) -> None:
    """The chat lives under a new id: everything waiting for it goes there."""
    identity.move_chat(session, letter.channel, letter.chat, new_chat)
    outbox.put_back(session, letter.id, now, "the chat moved")
    outbox.redirect(session, letter.channel, letter.chat, new_chat)
