"""What the buttons under a sent file do. `mark`: the file they belong to, so that an old button of
another file does nothing."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action
from members.sent_files import FileKind


class FileIs(Action, frozen=True):
    """The answer to 'what is this file?'."""

    code: ClassVar[str] = "file-is"
    kind: FileKind
    mark: str


class Import(Action, frozen=True):
    """Bring it in."""

    code: ClassVar[str] = "file-go"
    kind: FileKind
    mark: str


class Drop(Action, frozen=True):
    """Leave it."""

    code: ClassVar[str] = "file-no"


class HowToSend(Action, frozen=True):
    """How to send a file."""

    code: ClassVar[str] = "file-how"
