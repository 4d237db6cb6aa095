"""What the process asks of a channel account, whatever the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bot.clock import SystemClock
from bot.language import FileIn, Said, Say
from db.inbox import Arrival

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

TakeIn = Callable[[str, Sequence[Arrival]], Awaitable[None]]
"""Store arrivals of a channel account; returns when they are committed."""


Publish = Callable[[bytes, str, str], Awaitable[str]]
"""Keep these bytes under this file name; the unguessable address at which they can be fetched for a while: a
picture by whoever shows it, any other file once, by the person of the chat."""


class Given(Struct, frozen=True):
    """What an installation gives to a channel account.

    `webhook_secret` is made once for the account. `recall` and `keep` hold small facts of the account (a
    pair of tokens) that must outlive the process: `keep` returns when they are durable. `claim` makes this
    the only process at something for at most so many seconds, or says that another is at it; `let_go` ends
    that. `only_looking`: the account is asked for its name by somebody who changes nothing: nothing
    single-use may be used up. `now` is the installation's clock.
    """

    public_url: str
    webhook_secret: str
    publish: Publish
    recall: Callable[[str], Awaitable[str | None]]
    keep: Callable[[str, str], Awaitable[None]]
    claim: Callable[[str, float], Awaitable[bool]]
    let_go: Callable[[str], Awaitable[None]]
    only_looking: bool = False
    now: Callable[[], datetime] = SystemClock().now


class Channel(Protocol):
    """One bot on one platform."""

    name: str
    title: str  # what people see the bot called; "" until it is opened

    async def open(self) -> str:
        """Check token and address; the bot's own name. ChannelRefused when it cannot work."""

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """Show these commands (name, description) where the platform has a place for them."""

    async def listen(self, take_in: TakeIn) -> None:
        """Take updates until cancelled: stored first, acknowledged after."""

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        """Webhook doors of this account, none when it polls."""

    def read(self, raw: str, received_at: datetime) -> Said:
        """One stored update as `Said`; ValueError when it cannot be understood."""

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        """Whether this answer only changes the message acted on: given twice, nobody sees it twice."""

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        """Say it to the one who spoke. Raises of the DeliveryError tree."""

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        """Say it to somebody who did not speak; the channel's id of the message, or "".

        `replaced`: an earlier message that this one updates, where the platform can. Raises of the
        DeliveryError tree.
        """

    def cost(self, says: Sequence[Say]) -> int:
        """How many messages of the platform these are: what they cost of a month's budget."""

    async def ready(self) -> None:
        """Wait while the platform is known to be ill."""

    def resting(self, chat: str) -> float:
        """Seconds for which the platform wants this chat to be left alone."""

    async def fetch(self, file: FileIn) -> bytes:
        """The bytes of a file somebody sent; BadInput when it is too large or gone."""

    def start_link(self, payload: str) -> str:
        """A link that opens this bot with a payload."""

    async def close(self) -> None:
        """Let go of connections."""
