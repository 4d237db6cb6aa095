"""What the button of the budget does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action


@dataclass(frozen=True, slots=True)
class ShowBudget(Action):
    """What is left of the month's messages."""

    code: ClassVar[str] = "budget"
