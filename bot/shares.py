"""Which channel accounts this process works for: handles their updates, sends, polls, renews their tokens.

On SQLite all of them. On PostgreSQL many processes share them (`bot/fair_shares.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from db.places import Place

if TYPE_CHECKING:
    from bot.fair_shares import FairShares

Change = Callable[[Sequence[str]], Awaitable[None]]
Hear = Callable[[Sequence[str]], None]


class Shares(Protocol):
    """What worker and senders ask."""

    @property
    def owner(self) -> str:
        """Whose claims in rows ours are; empty where there is one process only."""

    @property
    def breaks(self) -> int:
        """How often our accounts were lost for a moment: another process may have had them."""

    def holds(self, account: str) -> bool:
        """Whether we may send and handle for this account now."""

    async def until_ours(self, account: str) -> None:
        """Wait while we may not send: another process may be at it, or takes over (then we are cancelled)."""


class Alone:
    """One process has everything."""

    owner = ""
    breaks = 0
    settled = True

    def holds(self, _account: str) -> bool:
        """Always."""
        return True

    async def until_ours(self, _account: str) -> None:
        """At once."""


ALONE = Alone()


def shares_of(place: Place, accounts: Sequence[str]) -> Alone | FairShares:
    """As many processes as the place allows."""
    if place.file is not None:
        return ALONE
    from bot.fair_shares import FairShares

    return FairShares(place.url, accounts)
