"""Bytes kept under an address of ours, for platforms that take addresses only."""

from __future__ import annotations

from bot.clock import Clock
from db import pictures
from db.store import Store


class Publisher:
    """See `bot.channels.base.Publish`; what it makes is served by `web.files`."""

    def __init__(self, store: Store, clock: Clock, public_url: str) -> None:
        self._store = store
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    async def __call__(self, data: bytes, name: str) -> str:
        """Keep the bytes; the address at which they are fetched."""
        token = await self._store.write(pictures.keep, data, name, self._clock.now())
        return f"{self._public_url}{path_of(token, name)}"


def path_of(token: str, name: str) -> str:
    """Where `web.files` serves it."""
    return f"/hinh/{token}.png" if pictures.is_picture(name) else f"/tep/{token}"
