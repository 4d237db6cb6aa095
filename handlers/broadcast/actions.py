"""What the buttons of announcements do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action


@dataclass(frozen=True, slots=True)
class Begin(Action):
    """Write an announcement."""

    code: ClassVar[str] = "bc"


@dataclass(frozen=True, slots=True)
class Choose(Action):
    """To everybody of this unit."""

    code: ClassVar[str] = "bc-to"
    unit: int


@dataclass(frozen=True, slots=True)
class Send(Action):
    """Send what was shown. `careful`: at most once. `draft`: which text, so that old buttons do nothing."""

    code: ClassVar[str] = "bc-go"
    draft: str
    careful: bool


@dataclass(frozen=True, slots=True)
class Stop(Action):
    """Stop what has not gone out."""

    code: ClassVar[str] = "bc-stop"
    broadcast: int
