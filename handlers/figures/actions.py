"""What the choices about figures do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action


@dataclass(frozen=True, slots=True)
class Newest(Action):
    """Figures of the month nearest to now."""

    code: ClassVar[str] = "fig"


@dataclass(frozen=True, slots=True)
class Figures(Action):
    """Figures of a month, 'YYYY-MM'."""

    code: ClassVar[str] = "fig-m"
    period: str
