"""What the buttons of announcements do."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action


class Begin(Action, frozen=True):
    """Write an announcement."""

    code: ClassVar[str] = "bc"


class Choose(Action, frozen=True):
    """To everybody of this unit."""

    code: ClassVar[str] = "bc-to"
    unit: int


class Send(Action, frozen=True):
    """Send what was shown. `careful`: at most once. `draft`: which text, so that old buttons do nothing."""

    code: ClassVar[str] = "bc-go"
    draft: str
    careful: bool


class Stop(Action, frozen=True):
    """Stop what has not gone out."""

    code: ClassVar[str] = "bc-stop"
    broadcast: int
