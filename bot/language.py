"""The language of conversation that every channel translates: `Said` comes in, `Say` goes out.

Ids are opaque strings of the channel. Nothing here knows a platform; a channel shows a `Say` as well as
it can (buttons or a lettered list, an edit or a new message, a toast or a line of text).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints

from msgspec import Struct, field
from msgspec.structs import astuple

from locales.text import Text, as_text

MAX_ACTION_BYTES = 64  # the tightest channel: Telegram's callback_data


class Kind(StrEnum):
    """What arrived."""

    TEXT = "text"
    CHOICE = "choice"
    START = "start"  # opened by a link; `text` is the payload, perhaps empty
    PHOTO = "photo"
    VOICE = "voice"
    FILE = "file"
    PLACE = "place"
    STICKER = "sticker"
    JOINED = "joined"
    LEFT = "left"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    OTHER = "other"


class FileIn(Struct, frozen=True):
    """A file somebody sent; `ref` lets the channel fetch it. Size in bytes, 0 when unknown."""

    ref: str
    name: str
    size: int


class Said(Struct, frozen=True):
    """One thing a person said or did. `key` is the raw update's key, unique over all channels."""

    key: str
    channel: str
    chat: str
    user: str
    at: datetime
    kind: Kind
    text: str = ""
    private: bool = True
    addressed: bool = True  # in a group: said to us, by mention, command or reply
    data: str = ""  # what a pressed choice carries: untrusted
    message: str = ""  # the message acted on, for "instead"
    press: str = ""  # what a toast answers to
    file: FileIn | None = None
    language: str = "vi"


class Action(Struct, frozen=True):
    """What a choice does: frozen, with a short `code`; fields are int, str, bool or StrEnum.

    Encoded as 'code:field:field'. Decoding checks types only; rights and state are checked when used.
    """

    code: ClassVar[str] = ""

    def encode(self) -> str:
        """The text a button carries, at most 64 bytes."""
        shape = _shape(type(self))
        fields = astuple(self)
        text = shape % fields if shape else ":".join([self.code, *map(_field_text, fields)])
        if len(text.encode()) > MAX_ACTION_BYTES:
            raise ValueError(f"action {self.code} is longer than {MAX_ACTION_BYTES} bytes")
        return text

    @classmethod
    def decode(cls, parts: list[str]) -> Self:
        """The action from its fields; ValueError when they do not fit."""
        kinds = _kinds(cls)
        if len(parts) != len(kinds):
            raise ValueError(f"action {cls.code} has {len(kinds)} fields")
        return cls(*map(_field_value, kinds, parts))


@cache
def _kinds(action: type[Action]) -> tuple[Any, ...]:
    hints = get_type_hints(action)
    return tuple(hints[name] for name in action.__struct_fields__)


@cache
def _shape(action: type[Action]) -> str:
    """Of an action of numbers alone; else nothing."""
    kinds = _kinds(action)
    return ":".join([action.code, *("%d" for _ in kinds)]) if {*kinds} <= {int, bool} else ""


def _field_text(value: object) -> str:
    if isinstance(value, int):
        return str(int(value))
    text = str(value)
    if ":" in text:
        raise ValueError("a field of an action must not hold ':'")
    return text


def _field_value(kind: Any, text: str) -> Any:
    if kind is bool:
        return text == "1"
    if kind is int and len(text) > 18:  # noqa: PLR2004 (beyond 64 bits: forged)
        raise ValueError("number too long")
    return kind(text)


class Choice(Struct, frozen=True):
    """Something to choose. `data` is an encoded action, or `url` opens a page. `key`: the letter to type."""

    label: str
    data: str = ""
    url: str = ""
    key: str = ""


def choice(label: Text | str, action: Action, key: str = "") -> Choice:
    """A choice that does `action`."""
    return Choice(label if isinstance(label, str) else label.plain, action.encode(), key=key)


def link(label: Text | str, url: str) -> Choice:
    """A choice that opens a page."""
    return Choice(as_text(label).plain, url=url)


class Picture(Struct, frozen=True):
    """A PNG with a description for those who cannot see it."""

    png: bytes
    alt: str


class FileOut(Struct, frozen=True):
    """A file to hand over."""

    name: str
    data: bytes


class Expects(Struct, frozen=True):
    """What the person is in the middle of after this answer: a step's name and what it needs to know."""

    step: str
    data: dict[str, Any] = field(default_factory=dict)


class Say(Struct, frozen=True):
    """One message. Channels keep to their limits; callers keep to five short lines and three buttons.

    `instead`: replace the message acted on where that can be. `toast`: a short note on a press.
    `expects`: the next step; None ends what the person was in the middle of, unless `keeps_step`.
    """

    text: Text = field(default_factory=Text)
    choices: tuple[tuple[Choice, ...], ...] = ()
    picture: Picture | None = None
    file: FileOut | None = None
    toast: str = ""
    instead: bool = False
    expects: Expects | None = None
    keeps_step: bool = False

    def __post_init__(self) -> None:
        if not (self.text or self.picture or self.file or self.toast):
            raise ValueError("an empty message")


def rows(*choices: Choice, per_row: int = 1) -> tuple[tuple[Choice, ...], ...]:
    """Choices in rows of `per_row`."""
    return tuple(choices[i : i + per_row] for i in range(0, len(choices), per_row))
