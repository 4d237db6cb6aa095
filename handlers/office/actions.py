"""What the buttons under a sent file do. `mark`: the file they belong to, so that an old button of
another file does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action
from members.sent_files import FileKind


@dataclass(frozen=True, slots=True)
class FileIs(Action):
    """The answer to 'what is this file?'."""

    code: ClassVar[str] = "file-is"
    kind: FileKind
    mark: str


@dataclass(frozen=True, slots=True)
class Import(Action):
    """Bring it in."""

    code: ClassVar[str] = "file-go"
    kind: FileKind
    mark: str


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Leave it."""

    code: ClassVar[str] = "file-no"


@dataclass(frozen=True, slots=True)
class HowToSend(Action):
    """How to send a file."""

    code: ClassVar[str] = "file-how"
