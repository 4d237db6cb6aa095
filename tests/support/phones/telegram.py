"""Telegram: buttons that are pressed, messages that are edited, links that carry a payload."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.outgoing import Call, answer_calls, send_calls
from bot.language import Kind, Said, Say
from tests.support.bot_api_schema import bot_api
from tests.support.phones.phone import Act
from tests.support.phones.seen import Button, Shown, assert_conveyed
from tests.support.platform_rules import check_telegram

_FILE = {"file_id": "f", "file_unique_id": "u"}
_SEEN: dict[Kind, dict[str, Any]] = {
    Kind.PHOTO: {"photo": [{**_FILE, "width": 90, "height": 90}]},
    Kind.VOICE: {"voice": {**_FILE, "duration": 3}},
    Kind.STICKER: {
        "sticker": {
            **_FILE,
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
        }
    },
    Kind.PLACE: {"location": {"latitude": 10.8, "longitude": 106.6}},
}


class TelegramPhone:
    """See `tests.support.phones.phone.Phone`."""

    carries_payloads = True

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self._messages = count(1)
        self._plain: set[str] = set()  # messages of text only: those that can be edited

    def person(self, number: int) -> str:
        """Numbers."""
        return str(1000 + number)

    def reads(self, user: str, act: Act, number: int, at: datetime) -> Said | None:
        """See `Phone.reads`."""
        update = {"update_id": number, **_update(user, act, number, int(at.timestamp()))}
        assert bot_api().problems("Update", update) == []
        return read_update(self.channel, json.dumps(update), at)

    def file(self, ref: str) -> str:
        """A file's id is its name here."""
        return ref

    def shows(self, chat: str, says: Sequence[Say], said: Said | None = None) -> list[Shown]:
        """See `Phone.shows`."""
        calls = answer_calls(said, says) if said else [c for say in says for c in send_calls(chat, say)]
        for call in calls:
            check_telegram(call)
        toast = "".join(c.parameters.get("text", "") for c in calls if c.method == "answerCallbackQuery")
        shown = [self._shown(call) for call in calls if call.counts]
        assert_conveyed(says, shown, toast)
        return shown

    def _shown(self, call: Call) -> Shown:
        if call.method == "editMessageText" and call.parameters["message_id"] not in self._plain:
            assert call.otherwise is not None, "only a text can become another text"
            return self._shown(call.otherwise)
        message = str(call.parameters.get("message_id") or next(self._messages))
        if call.upload is None:
            self._plain.add(message)
        return Shown(
            call.parameters.get("text") or call.parameters.get("caption") or "",
            _buttons(call.parameters.get("reply_markup", {})),
            picture=call.method == "sendPhoto",
            file=call.upload.data if call.upload and call.method == "sendDocument" else None,
            message=message,
        )


def _buttons(markup: dict[str, Any]) -> tuple[Button, ...]:
    flat = [button for row in markup.get("inline_keyboard", []) for button in row]
    return tuple(Button(b["text"], b.get("callback_data", ""), b.get("url", "")) for b in flat)


def _update(user: str, act: Act, number: int, date: int) -> dict[str, Any]:
    chat = {"id": int(user), "type": "private"}
    author = {"id": int(user), "is_bot": False, "first_name": "Ai đó"}
    message = {"message_id": number, "date": date, "chat": chat, "from": author}
    if act.kind is Kind.CHOICE:
        tapped: dict[str, Any] = {"id": f"tap-{number}", "from": author, "chat_instance": "1"}
        if act.message:
            tapped["message"] = {**message, "message_id": int(act.message)}
        return {"callback_query": {**tapped, "data": act.data}}
    if act.kind in {Kind.BLOCKED, Kind.UNBLOCKED}:
        return {"my_chat_member": _membership(chat, author, date, gone=act.kind is Kind.BLOCKED)}
    return {"message": {**message, **_content(act)}}


def _content(act: Act) -> dict[str, Any]:
    if act.kind is Kind.TEXT:
        return {"text": act.text}
    if act.kind is Kind.START:
        return {"text": f"/start {act.text}".rstrip()}
    if act.kind is Kind.FILE:
        return {"document": {**_FILE, "file_id": act.file, "file_name": act.file, "file_size": act.size}}
    if act.kind in _SEEN:
        return _SEEN[act.kind]
    raise ValueError(f"nobody does this: {act.kind}")


def _membership(chat: dict[str, Any], author: dict[str, Any], date: int, *, gone: bool) -> dict[str, Any]:
    bot = {"id": 1, "is_bot": True, "first_name": "Mùng Ba"}
    member = {"status": "member", "user": bot}
    banned = {"status": "kicked", "user": bot, "until_date": 0}
    old, new = (member, banned) if gone else (banned, member)
    return {"chat": chat, "from": author, "date": date, "old_chat_member": old, "new_chat_member": new}
