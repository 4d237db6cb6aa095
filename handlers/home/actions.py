"""What the buttons of the home menu do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action


@dataclass(frozen=True, slots=True)
class Menu(Action):
    """The home menu from a page on, counted from 0."""

    code: ClassVar[str] = "menu"
    page: int


@dataclass(frozen=True, slots=True)
class Guide(Action):
    """A page of 'Các bước sinh hoạt chi bộ', counted from 0."""

    code: ClassVar[str] = "guide"
    page: int


@dataclass(frozen=True, slots=True)
class Speak(Action):
    """Another language."""

    code: ClassVar[str] = "speak"
    language: str


@dataclass(frozen=True, slots=True)
class AskLanguage(Action):
    """Which language?"""

    code: ClassVar[str] = "speak-ask"
