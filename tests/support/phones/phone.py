"""One messenger as a person holds it, with its real translators and without its network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.language import Kind, Said, Say
from tests.support.phones.seen import Shown


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does. `message`: the number of the message whose button is pressed."""

    kind: Kind
    text: str = ""
    data: str = ""
    message: str = ""
    file: str = ""
    size: int = 0


class Phone(Protocol):
    """What a script needs of a messenger."""

    channel: str
    carries_payloads: bool  # whether a link that opens the chat hands on its payload

    def person(self, number: int) -> str:
        """The platform's id of a person."""

    def reads(self, user: str, act: Act, number: int, at: datetime) -> Said | None:
        """What a person does as the platform tells it and the channel reads it; None when it tells nothing.

        ValueError where a phone has no such thing to do.
        """

    def file(self, ref: str) -> str:
        """The name of the file behind a reference."""

    def shows(self, chat: str, says: Sequence[Say], said: Said | None = None) -> list[Shown]:
        """The messages that come of it, an edited one too; AssertionError when the platform would refuse."""
