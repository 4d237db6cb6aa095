"""From a raw update of the Zalo Bot Platform to `Said`."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.channels.zalo_bot.wire import Json, arrival_of, chat_of, id_of, message_of, part, text_of, unwrapped
from bot.language import Kind, Said

_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_MILLISECONDS_FROM = 1e11  # as seconds that would be the year 5138
_NEVER = 4e12  # milliseconds: the year 2096
_GROUP = "GROUP"
KINDS = {
    "message.text.received": Kind.TEXT,
    "message.link.received": Kind.TEXT,
    "message.image.received": Kind.PHOTO,
    "message.sticker.received": Kind.STICKER,
    "message.voice.received": Kind.VOICE,
    "message.unsupported.received": Kind.FILE,  # documents above all; never with content
}


def read_update(channel: str, raw: str, received_at: datetime, bot_name: str = "") -> Said:
    """The update as `Said`; ValueError with a reason when it cannot be understood.

    `bot_name`: the display name, which stands in what is said to the bot in a group.
    """
    try:
        update = unwrapped(msgspec.json.decode(raw))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    message = message_of(update)
    if message is None:
        raise ValueError(f"no message in an event '{_event(update)[:60]}'")
    return _said(channel, update, message, received_at, bot_name)


def _said(channel: str, update: Json, message: Json, received_at: datetime, bot_name: str) -> Said:
    author = part(message, "from")
    chat = chat_of(message)
    user = id_of(author) or chat
    if not chat:
        raise ValueError("neither a chat nor an author with a usable id")
    kind = _kind(_event(update), message, author)
    private = text_of(part(message, "chat") or {}, "chat_type").upper() != _GROUP
    text = text_of(message, "text") or text_of(message, "caption")
    return Said(
        key=f"{channel}:{arrival_of(update).update_id}",
        channel=channel,
        chat=chat,
        user=user,
        at=_moment(message.get("date"), received_at),
        kind=kind,
        text=_addressed(text, "" if private else bot_name),
        private=private,
    )


def _event(update: Any) -> str:
    return text_of(update, "event_name") if isinstance(update, dict) else ""


def _kind(event: str, message: Json, author: Json | None) -> Kind:
    """By the event's name; by what is there when the name is new or missing."""
    if author is not None and author.get("is_bot") is True:
        return Kind.OTHER
    if event in KINDS:
        return KINDS[event]
    if event.startswith("message.reaction"):
        return Kind.OTHER
    found = (("text", Kind.TEXT), ("photo_url", Kind.PHOTO), ("photo", Kind.PHOTO), ("voice_url", Kind.VOICE))
    return next((kind for name, kind in found if text_of(message, name)), Kind.OTHER)


def _addressed(text: str, bot_name: str) -> str:
    """What is said without the mention of the bot; a command of another messenger is its words."""
    text = unicodedata.normalize("NFC", text)
    mention = "@" + unicodedata.normalize("NFC", bot_name)
    if bot_name and mention in text:
        before, _, after = text.partition(mention)
        text = f"{before.strip()} {after.strip()}"
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return text.strip()
    return f"{command['name'].replace('_', ' ')} {command['rest'] or ''}".strip()


def _moment(date: Any, received_at: datetime) -> datetime:
    """When it was said (milliseconds of the platform), never later than when it reached us."""
    if isinstance(date, str) and date.isascii() and date.isdigit() and len(date) < 18:  # noqa: PLR2004
        date = int(date)
    if isinstance(date, bool) or not isinstance(date, (int, float)) or not 0 < date < _NEVER:
        return received_at
    unix = date / 1000 if date >= _MILLISECONDS_FROM else float(date)
    return min(datetime.fromtimestamp(unix, UTC), received_at)
