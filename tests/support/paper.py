"""A channel without a platform: what is sent lies on the table, and failures are dealt in advance."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.routing import BaseRoute

from bot.channels.base import TakeIn
from bot.language import FileIn, Kind, Said, Say
from db.errors import DeliveryError
from db.inbox import Arrival

NOW = datetime(2026, 12, 3, 3, 0, tzinfo=UTC)  # 10:00 in Viet Nam


@dataclass
class StillClock:
    """A clock that is set by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.moment


@dataclass
class PaperChannel:
    """See `bot.channels.base.Channel`. `troubles` are raised one by one by sending."""

    name: str = "telegram"
    title: str = "paper"
    sent: list[tuple[str, str]] = field(default_factory=list)
    troubles: deque[DeliveryError | None] = field(default_factory=deque)

    async def open(self) -> str:
        return "paper"

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """Nothing to show."""

    async def listen(self, take_in: TakeIn) -> None:
        """Nobody comes by themselves."""

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        return []

    def read(self, raw: str, received_at: datetime) -> Said:
        body = json.loads(raw)
        return Said(body["key"], self.name, body["chat"], body["chat"], received_at, Kind.TEXT, body["text"])

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        return False

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        for say in says:
            await self.send(said.chat, say)

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is not None:
            raise trouble
        self.sent.append((chat, (f"{replaced}→" if replaced else "") + (say.text.plain or say.toast)))
        return str(len(self.sent))

    def cost(self, says: Sequence[Say]) -> int:
        return len(says)

    async def ready(self) -> None:
        """Always."""

    def resting(self, chat: str) -> float:
        return 0.0

    async def fetch(self, file: FileIn) -> bytes:
        raise NotImplementedError

    def start_link(self, payload: str) -> str:
        return payload

    async def close(self) -> None:
        """Nothing to let go of."""


def arrival(number: int, chat: str, text: str) -> Arrival:
    """A raw update as the paper channel's door would take it."""
    return Arrival(str(number), chat, json.dumps({"key": f"telegram:{number}", "chat": chat, "text": text}))
