"""A Zalo Official Account: up to five buttons, whose press arrives as a text; longer lists are typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from msgspec.structs import replace

from bot.channels.zalo_oa.incoming import read_event
from bot.channels.zalo_oa.outgoing import Message, body_of, messages_of
from bot.channels.zalo_oa.wire import CHOSEN, arrival_of
from bot.language import Kind, Said, Say
from locales.text import as_text, join
from tests.support.phones.phone import Act
from tests.support.phones.seen import Button, Shown, assert_conveyed
from tests.support.phones.zalo_bot import PUBLISHED, fetched
from tests.support.platform_rules import check_zalo_oa

ACCOUNT = "579000000000000000"
FILES = "https://file.zdn.vn/"
_SENT = {
    Kind.PHOTO: ("user_send_image", {"type": "image", "payload": {"url": "https://photo.zdn.vn/a.jpg"}}),
    Kind.VOICE: ("user_send_audio", {"type": "audio", "payload": {"url": "https://voice.zdn.vn/a.aac"}}),
    Kind.STICKER: ("user_send_sticker", {"type": "sticker", "payload": {"id": "1a"}}),
    Kind.PLACE: (
        "user_send_location",
        {"type": "location", "payload": {"coordinates": {"latitude": "10.8", "longitude": "106.6"}}},
    ),
}


class ZaloOaPhone:
    """See `tests.support.phones.phone.Phone`."""

    carries_payloads = False

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def person(self, number: int) -> str:
        """Long decimal numbers."""
        return f"49123456789{number:08}"

    def reads(self, user: str, act: Act, number: int, at: datetime) -> Said | None:
        """See `Phone.reads`."""
        stamp = {"app_id": "3600000000000000000", "timestamp": str(int(at.timestamp() * 1000))}
        raw = json.dumps({**stamp, **_event(user, act, f"9b1c{number:08x}")})
        arrival = arrival_of(raw)
        assert arrival is not None and arrival.lane == user
        return read_event(self.channel, arrival.raw, at)

    def file(self, ref: str) -> str:
        """The last part of its address."""
        return unquote(ref.removeprefix(FILES))

    def shows(self, chat: str, says: Sequence[Say], said: Said | None = None) -> list[Shown]:
        """See `Phone.shows`."""
        addresses = [f"{PUBLISHED}/{n}" if say.file else "" for n, say in enumerate(says, start=1)]
        linked = [_with_link(say, address) for say, address in zip(says, addresses, strict=True)]
        shown = [_shown(message, chat) for message in messages_of(linked, chat)]
        links = [
            fetched(address, say.file.data, shown)
            for say, address in zip(says, addresses, strict=True)
            if say.file
        ]
        assert_conveyed(says, [*shown, *links])
        return shown


def _event(user: str, act: Act, number: str) -> dict[str, Any]:
    if act.kind is Kind.BLOCKED:
        return {"event_name": "unfollow", "oa_id": ACCOUNT, "follower": {"id": user}}
    if act.kind in {Kind.START, Kind.UNBLOCKED}:
        return {"event_name": "follow", "oa_id": ACCOUNT, "follower": {"id": user}}
    event, content = _sent(act)
    message = {"msg_id": number, **content}
    return {"event_name": event, "sender": {"id": user}, "recipient": {"id": ACCOUNT}, "message": message}


def _sent(act: Act) -> tuple[str, dict[str, Any]]:
    if act.kind is Kind.TEXT:
        return "user_send_text", {"text": act.text}
    if act.kind is Kind.CHOICE:
        return "user_send_text", {"text": CHOSEN + act.data}
    if act.kind is Kind.FILE:
        payload = {"url": FILES + quote(act.file, safe=""), "name": act.file, "size": str(act.size)}
        return "user_send_file", {"attachments": [{"type": "file", "payload": payload}]}
    if act.kind in _SENT:
        event, attachment = _SENT[act.kind]
        return event, {"attachments": [attachment]}
    raise ValueError(f"nobody does this: {act.kind}")


def _with_link(say: Say, address: str) -> Say:
    """As the channel does it: a file becomes a link."""
    if say.file is None:
        return say
    line = as_text(f"{say.file.name}: {address}")
    return replace(say, text=join([say.text, line]) if say.text else line, file=None)


def _shown(message: Message, chat: str) -> Shown:
    body = body_of(chat, message, "uploaded" if message.picture else "")
    check_zalo_oa(body)
    payload = body["message"].get("attachment", {}).get("payload", {})
    buttons = tuple(_button(button) for button in payload.get("buttons", []))
    return Shown(body["message"].get("text", ""), buttons, picture="elements" in payload)


def _button(button: dict[str, Any]) -> Button:
    if button["type"] == "oa.open.url":
        return Button(button["title"], url=button["payload"]["url"])
    return Button(button["title"], button["payload"].removeprefix(CHOSEN))
