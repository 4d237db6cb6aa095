"""A platform that is ill when we start gets patience; what cannot work is refused at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import pytest

from bot.opening import OPEN_PATIENCE_SECONDS, open_channels
from db.errors import ChannelRefused, DeliveryError, RetryAfter, StartRefused, TryLater
from tests.support import virtual_time
from tests.support.paper import PaperChannel


@dataclass
class Moody(PaperChannel):
    """Opening and introducing fail as dealt."""

    opening: deque[DeliveryError] = field(default_factory=deque)
    introducing: deque[DeliveryError] = field(default_factory=deque)
    shown: int = 0

    async def open(self) -> str:
        if self.opening:
            raise self.opening.popleft()
        return "paper"

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        if self.introducing:
            raise self.introducing.popleft()
        self.shown = len(commands)


def opened(*troubles: DeliveryError) -> Moody:
    channel = Moody(opening=deque(troubles))
    virtual_time.run(open_channels([channel]))
    return channel


def test_patience_and_illness_pass() -> None:
    assert opened(RetryAfter(30), TryLater("502", maybe_delivered=True)).shown


@pytest.mark.parametrize(
    "trouble",
    [
        ChannelRefused("Telegram does not know this token"),
        TryLater("no connection", maybe_delivered=False),
        RetryAfter(OPEN_PATIENCE_SECONDS + 1),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(trouble: DeliveryError) -> None:
    with pytest.raises(StartRefused, match="channel telegram does not answer"):
        opened(trouble)


def test_commands_that_cannot_be_shown_hold_nobody_up() -> None:
    channel = Moody(introducing=deque([RetryAfter(5)]))
    virtual_time.run(open_channels([channel]))
    assert channel.shown == 0
