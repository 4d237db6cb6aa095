"""Chores: what the clock does when it wakes. Each knows its own rows; the rows are the truth."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from sqlalchemy.orm import Session

from db.claims import NotOurTurn
from db.errors import StoreBusy
from db.store import Store

log = logging.getLogger(__name__)


class HasStore(Protocol):
    """As much of an installation as the scheduler needs."""

    @property
    def store(self) -> Store:
        """The store."""


H = TypeVar("H", bound=HasStore)
NextDue = Callable[[Session], datetime | None]


class Chore(Struct, Generic[H], frozen=True):
    """`run` does what is due at a moment and is harmless when repeated.

    With `next_due` it is only called when that moment has come; without, at every waking. `shared`: where
    there are several processes they do it together, since it claims its rows; else they take turns.
    """

    name: str
    run: Callable[[H, datetime], Awaitable[object]]
    next_due: NextDue | None = None
    shared: bool = False


async def tick(home: H, chores: Sequence[Chore[H]], now: datetime) -> datetime | None:
    """Do what is due; the next moment at which something is due, None when nothing is written down.

    A chore that fails is logged and left for the next waking; the others go on.
    """
    moments = [await _do(home, chore, now) for chore in chores]
    return min((moment for moment in moments if moment is not None), default=None)


async def _do(home: H, chore: Chore[H], now: datetime) -> datetime | None:
    try:
        if chore.next_due is None:
            await chore.run(home, now)
            return None
        due = await home.store.read(chore.next_due)
        if due is None or due > now:
            return due
        await chore.run(home, now)
        return await home.store.read(chore.next_due)
    except NotOurTurn:
        return None
    except StoreBusy as error:
        log.warning("chore %s waits for the store: %s", chore.name, error)
        return None
    except Exception:
        log.exception("chore %s failed", chore.name)
        return None
