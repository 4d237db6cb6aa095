"""One process of many: each channel account is held by one of them, through an advisory lock of PostgreSQL.

Processes take fair shares. What a dead process held is free at once, what a hanging one held within ten
seconds. A process whose session broke stops sending; after a restart of the server it is the first to take up
what it held before.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TypeVar

import psycopg

from bot.shares import Change, Hear
from db.claims import key_of
from db.errors import StartRefused
from db.sessions import Claims

log = logging.getLogger(__name__)
R = TypeVar("R")
LISTEN_SECONDS = 1.0
LEASE_SECONDS = 6.0  # less than the server's patience (`SILENCE_SECONDS`): we stop before another begins
GRACE_SECONDS = 4.0  # after a session was made: former holders first
AGAIN_SECONDS = 0.5
PARTS_GIVEN_BACK = 8  # of what is above the fair share, one at each beat


class FairShares:
    """Accounts held by advisory locks. `gain` and `lose` begin and end the work for accounts."""

    def __init__(self, url: str, accounts: Sequence[str]) -> None:
        if len({key_of(name) for name in accounts}) < len(accounts):
            raise StartRefused("two channel accounts have names whose locks are the same: rename one")
        number = secrets.randbits(31)
        self.owner = str(number)
        self._claims = Claims(url, number)
        self._accounts = sorted(accounts, key=lambda name: key_of(f"{number}{name}"))  # each its own order
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="claims")
        self._locked: set[str] = set()  # of the present session
        self._ours: set[str] = set()  # we work for these
        self._changing: set[asyncio.Task[None]] = set()
        self._leaving: set[str] = set()
        self._session_since = self._good_until = 0.0
        self.breaks = 0
        self._task: asyncio.Task[None] | None = None

    def holds(self, account: str) -> bool:
        """See `Shares.holds`."""
        return account in self._locked and monotonic() < self._good_until

    async def until_ours(self, account: str) -> None:
        """See `Shares.until_ours`."""
        while not self.holds(account):  # noqa: ASYNC110 (a lease also ends by itself)
            await asyncio.sleep(AGAIN_SECONDS / 2)

    @property
    def settled(self) -> bool:
        """Our session is old enough for every living process to have one again."""
        return bool(self._locked) and monotonic() - self._session_since > GRACE_SECONDS

    async def begin(self, gain: Change, lose: Change, hear: Hear) -> None:
        """Take the first share, then keep at it until `end`."""
        try:
            await self._connect()
            await self._balance(gain, lose)
        except psycopg.Error as error:
            raise StartRefused(f"the server does not answer: {error}") from None
        self._task = asyncio.create_task(self._keep(gain, lose, hear))

    async def end(self) -> None:
        """Give everything back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._good_until = 0.0
        await self._in_thread(self._claims.close)
        self._thread.shutdown()

    async def _keep(self, gain: Change, lose: Change, hear: Hear) -> None:
        while True:
            try:
                await self._beat(hear)
                await self._balance(gain, lose)
            except psycopg.Error as error:
                log.warning("the session that holds our accounts is lost: %s", error)
                self._locked, self._good_until = set(), 0.0
                self.breaks += 1
                await asyncio.sleep(AGAIN_SECONDS)
                await self._connect_again()

    async def _connect_again(self) -> None:
        while True:
            try:
                return await self._connect()
            except psycopg.Error as error:
                log.warning("no new session yet: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _connect(self) -> None:
        await self._in_thread(self._claims.connect)
        self._session_since = monotonic()
        self._good_until = self._session_since + LEASE_SECONDS

    async def _beat(self, hear: Hear) -> None:
        began = monotonic()
        heard = await self._in_thread(lambda: self._claims.beat(LISTEN_SECONDS))
        self._good_until = began + LEASE_SECONDS
        if heard:
            hear([name for name in heard if name in self._ours])

    async def _balance(self, gain: Change, lose: Change) -> None:
        """Take what is free up to our fair share, give back what is above it."""
        processes = max(1, await self._in_thread(self._claims.living))
        fair = -(-len(self._accounts) // processes)
        for name in self._accounts:
            former = name in self._ours
            if name in self._locked or name in self._leaving or not (former or self._may_grow(fair)):
                continue
            if await self._in_thread(partial(self._claims.take, name)):
                self._locked.add(name)
                if not former:
                    self._ours.add(name)
                    self._change(self._begin(gain, lose), name)
            elif former:
                log.warning("account %s is another process's now", name)
                self._change(self._leave(lose, give_back=False), name)
        for name in self._too_many(fair):
            self._change(self._leave(lose, give_back=True), name)

    def _too_many(self, fair: int) -> list[str]:
        """What is given back now: people of an account wait while it changes hands, so not all at once."""
        staying = sorted(self._ours - self._leaving)
        above = len(staying) - fair
        return staying[: -(-above // PARTS_GIVEN_BACK)] if above > 0 else []

    def _may_grow(self, fair: int) -> bool:
        """Not just after the server was away: those who held an account before go first."""
        just_back = self.breaks and monotonic() - self._session_since < GRACE_SECONDS
        return len(self._ours) < fair and not just_back

    def _begin(self, gain: Change, lose: Change) -> Change:
        async def begin(names: Sequence[str]) -> None:
            try:
                await gain(names)
            except Exception:
                log.exception("no work can be done for %s now", names)
                await self._leave(lose, give_back=True)(names)

        return begin

    def _leave(self, lose: Change, *, give_back: bool) -> Change:
        async def leave(names: Sequence[str]) -> None:
            self._leaving.update(names)
            try:
                await lose(names)
                if give_back:
                    for name in names:
                        await self._in_thread(partial(self._claims.give_back, name))
            except psycopg.Error as error:
                log.warning("an account is given back by the loss of the session: %s", error)
            finally:
                for gone in (self._leaving, self._ours, self._locked):
                    gone.difference_update(names)

        return leave

    def _change(self, change: Change, name: str) -> None:
        """Beside the beats, which must not wait."""
        task = asyncio.create_task(_logged(change, name))
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)

    async def _in_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _logged(change: Change, name: str) -> None:
    try:
        await change([name])
    except Exception:
        log.exception("account %s changes hands with trouble", name)
