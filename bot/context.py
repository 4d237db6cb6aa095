"""What a handler or a notice is given besides what was said. No platform, no network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from msgspec import Struct, field

from bot.language import FileIn
from bot.settings import Settings
from db.errors import NotAllowed
from db.store import Store
from locales.words import Words
from members.identity import Who
from members.join_codes import CodeKey


class Links(Protocol):
    """Addresses people can open."""

    def start(self, channel: str, payload: str) -> str:
        """A link that opens the bot of this channel account with a payload (≤ 64 of A-Z a-z 0-9 _ -)."""

    def name(self, channel: str) -> str:
        """What the bot of this channel account is called on its platform."""

    def web(self, path: str) -> str:
        """A page on our web side."""


class Home(Struct, frozen=True):
    """The installation as handlers see it."""

    store: Store
    settings: Settings
    links: Links
    code_key: CodeKey

    def local_day(self, moment: datetime) -> date:
        """The calendar day in the installation's zone."""
        return moment.astimezone(self.settings.zone).date()


class Unread(Mapping[str, Any]):
    """In place of a step that was not read, since the route did not say `reads_step`."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(f"'{key}' of a step that was not read: the route must say reads_step")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("a step that was not read: the route must say reads_step")

    def __len__(self) -> int:
        raise RuntimeError("a step that was not read: the route must say reads_step")


UNREAD = Unread()


class Context(Struct, frozen=True):
    """One handling: when, in whose name, in which language."""

    home: Home
    now: datetime
    words: Words
    channel: str
    account_id: int = 0
    who: Who | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # of the step that was expected
    found: tuple[str, ...] = ()  # groups of the pattern that matched what was typed
    fetch: Callable[[FileIn], Awaitable[bytes]] | None = None

    @property
    def me(self) -> Who:
        """The member speaking; NotAllowed for a stranger."""
        if self.who is None:
            raise NotAllowed("joining.please_join")
        return self.who

    @property
    def store(self) -> Store:
        """The store."""
        return self.home.store

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return self.home.settings

    @property
    def today(self) -> date:
        """The local day."""
        return self.home.local_day(self.now)
