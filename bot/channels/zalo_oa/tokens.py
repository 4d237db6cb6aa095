"""The pair of tokens of an Official Account: renewed in time, stored before it is used, by one at a time.

An access token lives about 25 hours. The refresh token that renews it lives three months and works once:
its answer carries the next pair, and whoever loses that answer must be permitted again by a person. Of
several processes one claims the renewal, the others wait for what it stores.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from bot.limits import REQUEST_SECONDS, ZALO_OA_FRESH_HOURS
from db.errors import ChannelRefused, DeliveryError, StoreError, TryLater

log = logging.getLogger(__name__)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ENOUGH_RENEWED = timedelta(minutes=1)  # [O] a token that is refused so soon is not the trouble
ASK_AGAIN = timedelta(minutes=10)  # [O] after Zalo refused to renew
LONGEST_RENEWAL_SECONDS = 2.0 * REQUEST_SECONDS  # [O] then whoever claimed it has died over it
LOOK_AGAIN_SECONDS = 0.5


class RenewalRefused(ChannelRefused):
    """Zalo answered that this refresh token (or the app's secret) is not good."""


class Granted(Struct, frozen=True):
    """A new pair as Zalo answers it. `seconds`: life of the access token."""

    access: str
    refresh: str
    seconds: float


Renew = Callable[[str], Awaitable[Granted]]
"""Spend a refresh token. RenewalRefused when it is not accepted, TryLater when Zalo is ill."""


class Pair(msgspec.Struct, frozen=True):
    """A pair as it is stored. `seed`: fingerprint of the configured token its line began with."""

    access: str
    refresh: str
    seed: str
    renew_at: datetime
    ends_at: datetime


class Kept(Struct, frozen=True):
    """Where all processes find the pair, and the claim that lets one of them at a time renew it."""

    load: Callable[[], Awaitable[str | None]]
    save: Callable[[str], Awaitable[None]]
    claim: Callable[[], Awaitable[bool]]
    let_go: Callable[[], Awaitable[None]]


class TokenKeeper:
    """Gives out access tokens of one channel account.

    `first_refresh` comes from the environment and begins a line of pairs; another one there begins a new
    line, which is how a lost pair is replaced.
    """

    def __init__(
        self,
        name: str,
        first_refresh: str,
        kept: Kept,
        renew: Renew,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._first = first_refresh
        self._kept = kept
        self._ask = renew
        self._now = now
        self._pair: Pair | None = None
        self._stored = True
        self._renewal: asyncio.Task[Pair] | None = None
        self._refused = ""
        self._ask_again_at = LONG_AGO
        self._renewed_at = LONG_AGO

    async def access(self) -> str:
        """A token to call with, renewed when it is time. ChannelRefused says what a person must do."""
        pair = await self._current()
        now = self._now()
        if now < pair.renew_at:
            return pair.access
        if now >= pair.ends_at:
            return (await self._renewed(pair)).access
        try:
            return (await self._renewed(pair)).access
        except DeliveryError:
            return pair.access

    async def another(self, refused: str) -> str:
        """A token after the platform refused this one, which may have been replaced meanwhile."""
        pair = await self._current()
        just_renewed = self._now() - self._renewed_at < ENOUGH_RENEWED
        if pair.access != refused or just_renewed:
            return pair.access
        return (await self._renewed(pair)).access

    async def close(self) -> None:
        """Wait for a renewal under way: its answer must not be lost."""
        if self._renewal is not None:
            await asyncio.wait({self._renewal}, timeout=REQUEST_SECONDS)

    async def _current(self) -> Pair:
        if self._pair is None:
            self._pair = await self._known()
        elif not self._stored:
            await self._keep(self._pair)
        return self._pair

    async def _known(self) -> Pair:
        seed = _fingerprint(self._first)
        try:
            stored = _pair_in(await self._kept.load())
        except StoreError as error:
            raise TryLater(f"the token pair cannot be read now: {error}", maybe_delivered=False) from None
        if stored is not None and (stored.seed == seed or not self._first):
            return stored
        if not self._first:
            raise ChannelRefused(f"channel {self._name} has no refresh token yet: {self._remedy}")
        return Pair("", self._first, seed, LONG_AGO, LONG_AGO)

    async def _renewed(self, pair: Pair) -> Pair:
        """All who need a new pair at the same time wait for one renewal; none of them can end it."""
        if self._refused and self._now() < self._ask_again_at:
            raise ChannelRefused(self._refused)
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(pair))
            self._renewal.add_done_callback(_look_at)
        return await asyncio.shield(self._renewal)

    async def _renew(self, pair: Pair) -> Pair:
        """Spend the refresh token as the only process, or take up what another has renewed meanwhile."""
        try:
            await self._claimed(pair)
            stored = await self._known()
            if stored.refresh != pair.refresh:
                self._pair = stored
                return stored
            return await self._spend(pair)
        except StoreError as error:
            raise TryLater(f"the renewal cannot be claimed now: {error}", maybe_delivered=False) from None
        finally:
            if self._stored:
                with contextlib.suppress(StoreError):
                    await self._kept.let_go()

    async def _claimed(self, pair: Pair) -> None:
        """Wait until the renewal is ours, or another process has stored a newer pair."""
        for _ in range(int(REQUEST_SECONDS / LOOK_AGAIN_SECONDS)):
            if await self._kept.claim() or (await self._known()).refresh != pair.refresh:
                return
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        raise TryLater("another process is renewing the token pair", maybe_delivered=False)

    async def _spend(self, pair: Pair) -> Pair:
        try:
            granted = await self._ask(pair.refresh)
        except RenewalRefused as error:
            return await self._after_refusal(pair, error)
        self._refused, self._renewed_at = "", self._now()
        self._pair, self._stored = self._pair_of(granted, pair.seed), False
        await self._keep(self._pair)
        return self._pair

    async def _keep(self, pair: Pair) -> None:
        try:
            await self._kept.save(msgspec.json.encode(pair).decode())
        except StoreError as error:
            raise TryLater(f"the new token pair is not stored yet: {error}", maybe_delivered=False) from None
        self._stored = True

    async def _after_refusal(self, pair: Pair, error: RenewalRefused) -> Pair:
        """Somebody else may have renewed it: then the newer pair is stored."""
        stored = await self._known()
        if stored.refresh != pair.refresh:
            self._pair = stored
            return stored
        self._refused = f"channel {self._name}: {error}; {self._remedy}"
        self._ask_again_at = self._now() + ASK_AGAIN
        log.error("%s (the token in use ends at %s)", self._refused, pair.ends_at)
        raise ChannelRefused(self._refused)

    def _pair_of(self, granted: Granted, seed: str) -> Pair:
        life = timedelta(seconds=granted.seconds)
        ends_at = self._now() + life
        renew_at = ends_at - min(timedelta(hours=ZALO_OA_FRESH_HOURS), life / 3)
        return Pair(granted.access, granted.refresh, seed, renew_at, ends_at)

    @property
    def _remedy(self) -> str:
        variable = f"MUNGBA_{self._name.upper().replace('-', '_')}_REFRESH_TOKEN"
        return (
            "let an administrator of the Official Account permit the app once more, "
            f"set {variable} to the new refresh token, and start again"
        )


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _pair_in(stored: str | None) -> Pair | None:
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Pair)
    except msgspec.DecodeError:
        log.error("a stored token pair cannot be read and is passed over")
        return None


def _look_at(renewal: asyncio.Task[Pair]) -> None:
    """Whoever waited has gone: the error is known to the keeper."""
    if not renewal.cancelled():
        renewal.exception()
