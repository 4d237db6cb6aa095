"""A bot of the Zalo Bot Platform: everything is typed, nothing is edited, files come without content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.channels.zalo_bot.incoming import read_update
from bot.channels.zalo_bot.outgoing import Call, calls_of
from bot.channels.zalo_bot.wire import arrival_of
from bot.language import Kind, Said, Say
from tests.support.phones.phone import Act
from tests.support.phones.seen import Shown, assert_conveyed
from tests.support.platform_rules import check_zalo_bot

PUBLISHED = "https://mungba.example/tep"
BOT_NAME = "Bot Mùng Ba"
_EVENTS: dict[Kind, tuple[str, dict[str, Any]]] = {
    Kind.TEXT: ("message.text.received", {"message_type": "CHAT_MESSAGE"}),
    Kind.START: ("message.text.received", {"message_type": "CHAT_MESSAGE", "text": "bắt đầu"}),
    Kind.PHOTO: ("message.image.received", {"photo_url": "https://photo-stal-1.zdn.vn/a/b.jpg"}),
    Kind.VOICE: ("message.voice.received", {"voice_url": "https://voice.zdn.vn/a.aac"}),
    Kind.STICKER: ("message.sticker.received", {"sticker": "1a", "url": "https://zalo-api.zadn.vn/s"}),
    Kind.FILE: ("message.unsupported.received", {}),
}
_UNTOLD = {Kind.BLOCKED, Kind.UNBLOCKED, Kind.PLACE}  # the platform tells nothing of these


class ZaloBotPhone:
    """See `tests.support.phones.phone.Phone`."""

    carries_payloads = False

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def person(self, number: int) -> str:
        """20 hexadecimal letters."""
        return f"b81c40f7d25a{number:08x}"

    def reads(self, user: str, act: Act, number: int, at: datetime) -> Said | None:
        """See `Phone.reads`. There is no button: what is pressed can only be old or forged."""
        if act.kind in _UNTOLD:
            return None
        if act.kind not in _EVENTS:
            raise ValueError(f"nobody does this: {act.kind}")
        event, content = _EVENTS[act.kind]
        body: dict[str, Any] = {
            "message_id": f"4c09e7a1b3d8{number:08x}",
            "date": int(at.timestamp() * 1000),
            "from": {"id": user, "display_name": "Ai đó", "is_bot": False},
            "chat": {"id": user, "chat_type": "PRIVATE"},
            **content,
        }
        if act.kind is Kind.TEXT:
            body["text"] = act.text
        update = {"event_name": event, "message": body}
        wrapped = {"ok": True, "result": update, "error_code": 0}
        arrival = arrival_of(wrapped if number % 2 else update)
        assert arrival.lane == user
        return read_update(self.channel, arrival.raw, at, BOT_NAME)

    def file(self, ref: str) -> str:
        """No file has a reference."""
        raise LookupError(ref)

    def shows(self, chat: str, says: Sequence[Say], said: Said | None = None) -> list[Shown]:
        """See `Phone.shows`."""
        files = [say.file.data if say.file else None for say in says]
        addresses = [
            f"{PUBLISHED}/{n}" if say.file or say.picture else "" for n, say in enumerate(says, start=1)
        ]
        calls = calls_of(chat, says, addresses)
        for call in calls:
            check_zalo_bot(call)
        shown = [_shown(call) for call in calls]
        links = [
            fetched(address, data, shown) for address, data in zip(addresses, files, strict=True) if data
        ]
        assert_conveyed(says, [*shown, *links])
        return shown


def _shown(call: Call) -> Shown:
    text = call.parameters.get("text") or call.parameters.get("caption") or ""
    return Shown(text, picture=call.method == "sendPhoto")


def fetched(address: str, data: bytes, shown: Sequence[Shown]) -> Shown:
    """The file behind a link that stands in a message."""
    assert any(address in one.text for one in shown), "the link to a file is lost"
    return Shown("", file=data)
