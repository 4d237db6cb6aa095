"""Bytes kept under an address of ours, for platforms that take addresses only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from db import pictures
from db.errors import MessageRefused
from db.store import Store
from members.page_links import make_link
from members.tables import Account, Purpose


class Publisher:
    """See `bot.channels.base.Publish`, for one channel account; what it makes is served by `web`."""

    def __init__(self, store: Store, clock: Clock, channel: str, public_url: str) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._public_url = public_url.rstrip("/")

    async def __call__(self, data: bytes, name: str, chat: str) -> str:
        """A picture has a lasting address; a file is handed over once, to the member of this chat."""
        now = self._clock.now()
        if pictures.is_picture(name):
            token = await self._store.write(pictures.keep, data, name, now)
            return f"{self._public_url}/hinh/{token}.png"
        token = await self._store.write(_hand_over, data, name, self._channel, chat, now)
        return f"{self._public_url}/trang/{token}"


def _hand_over(session: Session, data: bytes, name: str, channel: str, chat: str, now: datetime) -> str:
    account = session.scalar(select(Account).where(Account.channel == channel, Account.chat == chat).limit(1))
    if account is None or account.member_id is None:
        raise MessageRefused(f"a file for a chat of {channel} that is no member's")
    kept = pictures.keep(session, data, name, now)
    return make_link(
        session,
        account.member_id,
        Purpose.FILE_OUT,
        now,
        language=account.language,
        data={"kept": kept, "name": name, "size": len(data)},
    )
