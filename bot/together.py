"""Several processes at one installation: what each does so that nothing is lost, doubled or left lying."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace
from sqlalchemy.orm import Session

from bot.compose import Installation
from bot.context import Home
from bot.shares import Alone
from bot.worker import Worker
from db import due
from db.claims import NotOurTurn, take_turn
from db.errors import MungBaError, StoreError
from db.store import Refusal, Store
from scheduler.chores import Chore

if TYPE_CHECKING:
    from bot.fair_shares import FairShares

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")
PAUSES = (0.03, 0.1, 0.3)  # before each repeat: else a long chore stops whenever another process slips in


class InTurn:
    """The store as a chore of the clock uses it: each of its transactions in one process at a time."""

    def __init__(self, store: Store, chore: str) -> None:
        self._store = store
        self._chore = chore

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See `Store.write`; NotOurTurn when another process is at it, and not for a moment only."""

        def in_turn(session: Session) -> R:
            take_turn(session, self._chore)
            return use_case(session, *args, **kwargs)

        for pause in PAUSES:
            with contextlib.suppress(NotOurTurn):
                return await self._store.write(in_turn)
            await asyncio.sleep(pause)
        return await self._store.write(in_turn)

    async def write_each(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """See `Store.write_each`: alone, since a turn is taken for each."""

        def alone(session: Session) -> R | Refusal:
            return use_case(session, [item])[0]

        result = await self.write(alone)
        if isinstance(result, MungBaError):
            raise result
        return result

    def write_along(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[object]], item: Item
    ) -> asyncio.Future[None]:
        """See `Store.write_along`: at once, as `write_each`."""

        async def alone() -> None:
            await self.write_each(use_case, item)

        return asyncio.ensure_future(alone())

    async def read_each(
        self, query: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """See `Store.read_each`."""
        return await self._store.read_each(query, item)

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Store.read`."""
        return await self._store.read(query, *args, **kwargs)

    async def close(self) -> None:
        """Whoever opened the store closes it."""


def in_turn(chores: Sequence[Chore[Home]], shares: Alone | FairShares) -> list[Chore[Home]]:
    """Where there are several processes, they take turns at each chore that they do not share."""
    if isinstance(shares, Alone):
        return list(chores)
    return [chore if chore.shared else _by_turns(chore) for chore in chores]


def _by_turns(chore: Chore[Home]) -> Chore[Home]:
    async def run(home: Home, now: datetime) -> None:
        await chore.run(replace(home, store=InTurn(home.store, chore.name)), now)

    return replace(chore, run=run)


def chores_of_accounts(installation: Installation) -> list[Chore[Home]]:
    """What this process looks after for the accounts it works for."""
    worker, shares, store = installation.worker, installation.shares, installation.home.store

    async def take_put_back(_home: Home, _now: datetime) -> None:
        await worker.take_put_back()

    async def take_forgotten(_home: Home, _now: datetime) -> None:
        await worker.take_forgotten()

    async def release_orphans(_home: Home, now: datetime) -> None:
        ours = [name for name in installation.channels if shares.holds(name)]
        if ours and shares.settled:
            _note(await store.write(due.release_orphans, ours, now))

    alone = [Chore("replays", take_put_back)]
    if isinstance(shares, Alone):
        return alone
    return [*alone, Chore("arrivals", take_forgotten), Chore("orphans", release_orphans)]


async def take_new(worker: Worker, accounts: Sequence[str]) -> None:
    """What another process stored; the clock looks again when the store is away now."""
    try:
        await worker.take_new(accounts)
    except StoreError as error:
        log.warning("arrivals wait for the store: %s", error)


async def release_all(store: Store, now: datetime) -> None:
    """Nobody else is there: what is claimed was on its way when the last process ended."""
    _note(await store.write(due.release_claims, now))


async def release_own(installation: Installation, accounts: Sequence[str]) -> None:
    """What we claimed of accounts that another process works for now."""
    now, owner = installation.clock.now(), installation.shares.owner
    _note(await installation.home.store.write(due.release_own, accounts, now, owner))


def _note(released: tuple[int, int]) -> None:
    again, unknown = released
    if again or unknown:
        log.warning("on their way when a process ended: %s go out again, %s are unknown", again, unknown)
