"""The few fields of a Telegram update that we use. Anything else may be missing, new or odd."""

from __future__ import annotations

from typing import Any

import msgspec


class WireChat(msgspec.Struct):
    """Chat."""

    id: int
    type: str = "private"


class WireUser(msgspec.Struct):
    """User."""

    id: int
    username: str = ""


class WireReply(msgspec.Struct):
    """Message: only who wrote what is replied to."""

    from_: WireUser | None = msgspec.field(default=None, name="from")


class WireFile(msgspec.Struct):
    """Document."""

    file_id: str
    file_name: str = ""
    file_size: int = 0


class WireMember(msgspec.Struct):
    """ChatMember: only whether we may write."""

    status: str


class WireMessage(msgspec.Struct):
    """Message."""

    message_id: int
    chat: WireChat
    date: int = 0
    from_: WireUser | None = msgspec.field(default=None, name="from")
    text: str | None = None
    caption: str | None = None
    document: WireFile | None = None
    photo: Any = None
    voice: Any = None
    video: Any = None
    audio: Any = None
    sticker: Any = None
    location: Any = None
    new_chat_members: Any = None
    left_chat_member: Any = None
    reply_to_message: WireReply | None = None


class WireTap(msgspec.Struct):
    """CallbackQuery; its message may be an InaccessibleMessage (date 0) or missing."""

    id: str
    from_: WireUser = msgspec.field(name="from")
    data: str = ""
    message: WireMessage | None = None


class WireMembership(msgspec.Struct):
    """ChatMemberUpdated."""

    chat: WireChat
    from_: WireUser = msgspec.field(name="from")
    new_chat_member: WireMember
    date: int = 0


class WireUpdate(msgspec.Struct):
    """Update."""

    update_id: int
    message: WireMessage | None = None
    edited_message: WireMessage | None = None
    callback_query: WireTap | None = None
    my_chat_member: WireMembership | None = None


class _LaneChat(msgspec.Struct):
    id: int | None = None


class _LaneBody(msgspec.Struct):
    chat: _LaneChat | None = None
    from_: _LaneChat | None = msgspec.field(default=None, name="from")
    message: _LaneMessage | None = None


class _LaneMessage(msgspec.Struct):
    chat: _LaneChat | None = None


class _LaneUpdate(msgspec.Struct):
    update_id: int | None = None
    message: _LaneBody | None = None
    edited_message: _LaneBody | None = None
    callback_query: _LaneBody | None = None
    my_chat_member: _LaneBody | None = None


DECODE_UPDATE = msgspec.json.Decoder(WireUpdate).decode
_ANY = msgspec.json.Decoder(msgspec.Raw).decode
_DECODE_LANE = msgspec.json.Decoder(_LaneUpdate).decode
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
NO_LANE = "-"


def number_and_lane(raw: bytes | str) -> tuple[int | None, str]:
    """An update's number, and the chat whose order it keeps (a tap: its message's). ValueError: it is odd."""
    update = _DECODE_LANE(raw)
    body = update.message or update.edited_message or update.callback_query or update.my_chat_member
    if body is None:
        return update.update_id, NO_LANE
    chat = body.chat or (body.message.chat if body.message else None) or body.from_
    return update.update_id, str(chat.id) if chat and chat.id is not None else NO_LANE


def is_json(body: bytes) -> bool:
    """Whether the whole body is one JSON value in UTF-8."""
    try:
        body.decode()
        _ANY(body)
    except (ValueError, RecursionError):
        return False
    return True
