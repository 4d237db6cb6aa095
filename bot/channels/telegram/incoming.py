"""From a raw Telegram update to `Said`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from bot.channels.telegram.wire import DECODE_UPDATE, WireMembership, WireMessage, WireTap
from bot.language import FileIn, Kind, Said

AT_ONCE = 2.0  # seconds
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]+)(?:@\w+)?(?:\s+(?P<rest>.*))?", re.DOTALL)


def read_update(channel: str, raw: str, received_at: datetime, username: str = "") -> Said:
    """The update as `Said`; ValueError with a reason when it cannot be understood.

    `username`: the bot's own, by which it is mentioned in a group.
    """
    try:
        update = DECODE_UPDATE(raw)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    key = f"{channel}:{update.update_id}"
    if update.message is not None:
        return _message(channel, key, update.message, received_at, username)
    if update.callback_query is not None:
        return _tap(channel, key, update.callback_query, received_at)
    if update.my_chat_member is not None:
        return _membership(channel, key, update.my_chat_member, received_at)
    if update.edited_message is not None:
        return _edited(channel, key, update.edited_message, received_at)
    raise ValueError("an update of a kind we did not ask for")


def _message(channel: str, key: str, message: WireMessage, received_at: datetime, username: str) -> Said:
    private = message.chat.type == "private"
    addressed = private or _is_addressed(message, username)
    if not private and message.text is not None:
        message.text = _without_mention(message.text, username)
    kind, text = _kind_and_text(message)
    return Said(
        key=key,
        channel=channel,
        chat=str(message.chat.id),
        user=str(message.from_.id if message.from_ else message.chat.id),
        at=_moment(message.date, received_at),
        kind=kind,
        text=text,
        private=private,
        addressed=addressed,
        message="",
        file=_file(message),
    )


def _is_addressed(message: WireMessage, username: str) -> bool:
    """In a group: a command (for us or for nobody), a mention, or a reply to a message of ours."""
    if not username:
        return True
    text = (message.text or message.caption or "").strip().lower()
    if text.startswith("/"):
        name = text.split(maxsplit=1)[0]
        return "@" not in name or name.endswith(f"@{username.lower()}")
    reply = message.reply_to_message
    answered = reply.from_.username.lower() if reply and reply.from_ else ""
    return answered == username.lower() or _mention(username).search(text) is not None


def _without_mention(text: str, username: str) -> str:
    """What is said without the mention; that of a command is part of the command."""
    if not username or text.lstrip().startswith("/"):
        return text
    return _mention(username).sub("", text).strip()


def _mention(username: str) -> re.Pattern[str]:
    return re.compile(rf"\s*@{re.escape(username)}\b", re.IGNORECASE)


def _kind_and_text(message: WireMessage) -> tuple[Kind, str]:
    if message.text is not None:
        return _command_or_text(message.text)
    caption = message.caption or ""
    found = (
        (message.document, Kind.FILE),
        (message.photo, Kind.PHOTO),
        (message.voice or message.audio, Kind.VOICE),
        (message.sticker, Kind.STICKER),
        (message.location, Kind.PLACE),
        (message.new_chat_members, Kind.JOINED),
        (message.left_chat_member, Kind.LEFT),
    )
    return next((kind for part, kind in found if part), Kind.STICKER), caption


def _command_or_text(text: str) -> tuple[Kind, str]:
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return Kind.TEXT, text
    if command["name"].lower() == "start":
        return Kind.START, (command["rest"] or "").strip()
    return Kind.TEXT, f"{command['name'].replace('_', ' ')} {command['rest'] or ''}".strip()


def _file(message: WireMessage) -> FileIn | None:
    document = message.document
    if document is None:
        return None
    return FileIn(ref=document.file_id, name=document.file_name or "tệp", size=document.file_size)


def _tap(channel: str, key: str, tap: WireTap, received_at: datetime) -> Said:
    message = tap.message
    return Said(
        key=key,
        channel=channel,
        chat=str(message.chat.id if message else tap.from_.id),
        user=str(tap.from_.id),
        at=received_at,
        kind=Kind.CHOICE,
        private=message is None or message.chat.type == "private",
        data=tap.data,
        message=str(message.message_id) if message else "",
        press=tap.id,
    )


def _membership(channel: str, key: str, change: WireMembership, received_at: datetime) -> Said:
    gone = change.new_chat_member.status in {"kicked", "left"}
    return Said(
        key=key,
        channel=channel,
        chat=str(change.chat.id),
        user=str(change.from_.id),
        at=_moment(change.date, received_at),
        kind=Kind.BLOCKED if gone else Kind.UNBLOCKED,
        private=change.chat.type == "private",
    )


def _edited(channel: str, key: str, message: WireMessage, received_at: datetime) -> Said:
    return Said(
        key=key,
        channel=channel,
        chat=str(message.chat.id),
        user=str(message.from_.id if message.from_ else message.chat.id),
        at=received_at,
        kind=Kind.OTHER,
        private=message.chat.type == "private",
    )


def _moment(unix: int, received_at: datetime) -> datetime:
    """When it was said: the platform's own date, never later than when it reached us.

    The platform counts whole seconds. What came at once was said when it came, so that a letter typed after
    a tap is never dated before it.
    """
    if not 0 < unix < received_at.timestamp() - AT_ONCE:  # also what no calendar can hold
        return received_at
    return datetime.fromtimestamp(unix, UTC)
