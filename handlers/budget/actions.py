"""What the button of the budget does."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action


class ShowBudget(Action, frozen=True):
    """What is left of the month's messages."""

    code: ClassVar[str] = "budget"
