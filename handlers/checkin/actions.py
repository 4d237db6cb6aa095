"""What the buttons of check-in do. Everything in them is untrusted; the use cases check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action
from meetings.tables import Presence


@dataclass(frozen=True, slots=True)
class Start(Action):
    """Check-in from the menu."""

    code: ClassVar[str] = "ck"


@dataclass(frozen=True, slots=True)
class AskCode(Action):
    """'Tôi có mặt': asks for the six digits, for a press alone proves nothing."""

    code: ClassVar[str] = "ckask"
    meeting: int


@dataclass(frozen=True, slots=True)
class Open(Action):
    """Open check-in; `again` after closing."""

    code: ClassVar[str] = "ckopen"
    meeting: int
    again: bool


@dataclass(frozen=True, slots=True)
class ReadCode(Action):
    """Show the code of this moment for reading aloud."""

    code: ClassVar[str] = "ckcode"
    meeting: int


@dataclass(frozen=True, slots=True)
class ShowList(Action):
    """A page of the list, counted from 0."""

    code: ClassVar[str] = "cklist"
    meeting: int
    page: int


@dataclass(frozen=True, slots=True)
class Tick(Action):
    """Put a name on the list or strike it out; says what is wanted, so pressing twice is harmless."""

    code: ClassVar[str] = "cktick"
    meeting: int
    member: int
    there: bool
    page: int


@dataclass(frozen=True, slots=True)
class Put(Action):
    """Record one name so, chosen among several of that name."""

    code: ClassVar[str] = "ckput"
    meeting: int
    member: int
    presence: Presence


@dataclass(frozen=True, slots=True)
class Close(Action):
    """Close check-in, or come back to its summary."""

    code: ClassVar[str] = "ckclose"
    meeting: int


@dataclass(frozen=True, slots=True)
class Heads(Action):
    """So many people are in the room."""

    code: ClassVar[str] = "ckheads"
    meeting: int
    heads: int


@dataclass(frozen=True, slots=True)
class Confirm(Action):
    """Confirm the list of `shown` names in the room."""

    code: ClassVar[str] = "ckok"
    meeting: int
    shown: int
    heads: int


@dataclass(frozen=True, slots=True)
class Admit(Action):
    """Accept a check-in that came after closing."""

    code: ClassVar[str] = "ckadmit"
    meeting: int
    member: int
    presence: Presence


@dataclass(frozen=True, slots=True)
class Leave(Action):
    """Leave the closed list as it is."""

    code: ClassVar[str] = "ckleave"
    meeting: int


@dataclass(frozen=True, slots=True)
class Help(Action):
    """Whom can I put on the list?"""

    code: ClassVar[str] = "ckhelp"


@dataclass(frozen=True, slots=True)
class HelpFor(Action):
    """Put this member on the list for them."""

    code: ClassVar[str] = "ckfor"
    meeting: int
    member: int
