"""What the choices about figures do."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action


class Newest(Action, frozen=True):
    """Figures of the month nearest to now."""

    code: ClassVar[str] = "fig"


class Figures(Action, frozen=True):
    """Figures of a month, 'YYYY-MM'."""

    code: ClassVar[str] = "fig-m"
    period: str
