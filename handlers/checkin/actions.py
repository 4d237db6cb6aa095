"""What the buttons of check-in do. Everything in them is untrusted; the use cases check."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action
from meetings.tables import Presence


class Start(Action, frozen=True):
    """Check-in from the menu."""

    code: ClassVar[str] = "ck"


class AskCode(Action, frozen=True):
    """'Tôi có mặt': asks for the six digits, for a press alone proves nothing."""

    code: ClassVar[str] = "ckask"
    meeting: int


class Open(Action, frozen=True):
    """Open check-in; `again` after closing."""

    code: ClassVar[str] = "ckopen"
    meeting: int
    again: bool


class ReadCode(Action, frozen=True):
    """Show the code of this moment for reading aloud."""

    code: ClassVar[str] = "ckcode"
    meeting: int


class ShowList(Action, frozen=True):
    """A page of the list, counted from 0."""

    code: ClassVar[str] = "cklist"
    meeting: int
    page: int


class Tick(Action, frozen=True):
    """Put a name on the list or strike it out; says what is wanted, so pressing twice is harmless."""

    code: ClassVar[str] = "cktick"
    meeting: int
    member: int
    there: bool
    page: int


class Put(Action, frozen=True):
    """Record one name so, chosen among several of that name."""

    code: ClassVar[str] = "ckput"
    meeting: int
    member: int
    presence: Presence


class Close(Action, frozen=True):
    """Close check-in, or come back to its summary."""

    code: ClassVar[str] = "ckclose"
    meeting: int


class Heads(Action, frozen=True):
    """So many people are in the room."""

    code: ClassVar[str] = "ckheads"
    meeting: int
    heads: int


class Confirm(Action, frozen=True):
    """Confirm the list of `shown` names in the room."""

    code: ClassVar[str] = "ckok"
    meeting: int
    shown: int
    heads: int


class Admit(Action, frozen=True):
    """Accept a check-in that came after closing."""

    code: ClassVar[str] = "ckadmit"
    meeting: int
    member: int
    presence: Presence


class Leave(Action, frozen=True):
    """Leave the closed list as it is."""

    code: ClassVar[str] = "ckleave"
    meeting: int


class Help(Action, frozen=True):
    """Whom can I put on the list?"""

    code: ClassVar[str] = "ckhelp"


class HelpFor(Action, frozen=True):
    """Put this member on the list for them."""

    code: ClassVar[str] = "ckfor"
    meeting: int
    member: int
