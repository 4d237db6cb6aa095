"""Updates of the Zalo Bot Platform as plain values: wrapped like an answer or bare, fields odd or missing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bot.channels.zalo_bot.limits import STORED_ID
from db.inbox import Arrival

NO_LANE = "-"
Json = dict[str, Any]


def unwrapped(body: Any) -> Any:
    """The update itself: the documentation wraps it like an answer, real calls often do not."""
    if isinstance(body, dict) and "event_name" not in body and "message" not in body and "result" in body:
        return body["result"]
    return body


def is_update(body: Any) -> bool:
    """Whether this tells of something; a probe of the door does not."""
    update = unwrapped(body)
    return isinstance(update, dict) and ("event_name" in update or "message" in update)


def message_of(update: Any) -> Json | None:
    """The message of an update that is not wrapped; None where there is none."""
    return part(update, "message")


def part(value: Any, name: str) -> Json | None:
    """The object under a name, or None."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None


def id_of(value: Any, name: str = "id") -> str:
    """An id as text, whatever its shape; "" when there is none that could be kept."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return ""
    text = str(found)
    return text if 0 < len(text) <= STORED_ID and text.isprintable() else ""


def chat_of(message: Json) -> str:
    """The chat to answer in: its author's own where no chat is named. "" when there is no usable id."""
    chat = part(message, "chat")
    named = chat is not None and chat.get("id") is not None
    return id_of(chat) if named else id_of(part(message, "from"))


def text_of(value: Json, *names: str) -> str:
    """The first of these fields that holds text, or ""."""
    return next((value[name] for name in names if isinstance(value.get(name), str)), "")


def arrival_of(body: Any) -> Arrival:
    """An update as it is stored, by its message's id; one without gets a fingerprint instead."""
    update = unwrapped(body)
    raw = json.dumps(update, separators=(",", ":"))
    message = message_of(update)
    key = id_of(message, "message_id") or "x" + hashlib.sha256(raw.encode()).hexdigest()[:32]
    return Arrival(key, (chat_of(message) if message else "") or NO_LANE, raw)
