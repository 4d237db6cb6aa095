"""What the buttons of the home menu do."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action


class Menu(Action, frozen=True):
    """The home menu from a page on, counted from 0."""

    code: ClassVar[str] = "menu"
    page: int


class Guide(Action, frozen=True):
    """A page of 'Các bước sinh hoạt chi bộ', counted from 0."""

    code: ClassVar[str] = "guide"
    page: int


class Speak(Action, frozen=True):
    """Another language."""

    code: ClassVar[str] = "speak"
    language: str


class AskLanguage(Action, frozen=True):
    """Which language?"""

    code: ClassVar[str] = "speak-ask"
