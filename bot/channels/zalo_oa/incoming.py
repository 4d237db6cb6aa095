"""From a raw event of an Official Account to `Said`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.channels.zalo_oa.wire import CHOSEN, WireEvent, chat_of, event_in, is_group, number_of, user_of
from bot.language import FileIn, Kind, Said

_SLASH = re.compile(r"/(?P<name>[A-Za-z0-9_]+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_SENT = re.compile(r"user_send_(?:group_)?(?P<what>\w+)")
_KINDS = {
    "image": Kind.PHOTO,
    "file": Kind.FILE,
    "audio": Kind.VOICE,
    "location": Kind.PLACE,
    "sticker": Kind.STICKER,
    "gif": Kind.STICKER,
    "video": Kind.STICKER,  # as on Telegram: what we have no use for
    "business_card": Kind.STICKER,
}
_OTHER = {
    "follow": Kind.START,
    "unfollow": Kind.BLOCKED,
    "user_click_chatnow": Kind.OTHER,
    "user_submit_info": Kind.OTHER,  # nobody was asked for it
}


def read_event(channel: str, raw: str, received_at: datetime) -> Said:
    """The event as `Said`; ValueError with a reason when it cannot be understood."""
    event = event_in(raw)
    chat, user = chat_of(event), user_of(event)
    if not (chat and user):
        raise ValueError(f"the event {event.event_name[:40]!r} does not say who or where")
    kind, text, data = _what(event)
    return Said(
        key=f"{channel}:{number_of(event, raw)}",
        channel=channel,
        chat=chat,
        user=user,
        at=_moment(event.timestamp, received_at),
        kind=kind,
        text=text,
        private=not is_group(event),
        addressed=not is_group(event),  # it hears everything that is said in its groups
        data=data,
        file=_file(event) if kind is Kind.FILE else None,
    )


def _what(event: WireEvent) -> tuple[Kind, str, str]:
    """Kind, text, and what a pressed choice carries."""
    if event.event_name in _OTHER:
        return _OTHER[event.event_name], "", ""
    sent = _SENT.fullmatch(event.event_name)
    text = (event.message.text if event.message else None) or ""
    if sent is None or event.message is None:
        raise ValueError(f"an event of a kind we do not know: {event.event_name[:40]!r}")
    if sent["what"] in {"text", "link"}:
        return _typed_or_chosen(text)
    if sent["what"] not in _KINDS:
        raise ValueError(f"an event of a kind we do not know: {event.event_name[:40]!r}")
    return _KINDS[sent["what"]], text, ""


def _typed_or_chosen(text: str) -> tuple[Kind, str, str]:
    """A pressed button arrives as a text that begins as our payloads do."""
    if text.startswith(CHOSEN):
        return Kind.CHOICE, "", text.removeprefix(CHOSEN)
    command = _SLASH.fullmatch(text.strip())
    if command is None:
        return Kind.TEXT, text, ""
    rest = (command["rest"] or "").strip()
    if command["name"].lower() == "start":
        return Kind.START, rest, ""
    return Kind.TEXT, f"{command['name'].replace('_', ' ')} {rest}".strip(), ""


def _file(event: WireEvent) -> FileIn:
    """The first file of a message; ValueError when its address is missing."""
    attachments = (event.message.attachments if event.message else None) or []
    for attachment in attachments:
        payload: Any = attachment.payload
        if isinstance(payload, dict) and isinstance(payload.get("url"), str):
            return FileIn(payload["url"], str(payload.get("name") or "tệp"), _size(payload.get("size")))
    raise ValueError("a file without an address")


def _size(given: Any) -> int:
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0  # noqa: PLR2004


def _moment(stamp: str | int, received_at: datetime) -> datetime:
    """When it was said: the platform's own milliseconds, never later than when it reached us."""
    text = str(stamp)
    if not (text.isascii() and text.isdigit() and len(text) <= 15):  # noqa: PLR2004 (beyond any year)
        return received_at
    seconds = int(text) / 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < received_at.timestamp() else received_at
