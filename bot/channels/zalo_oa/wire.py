"""The few fields of an Official Account's event that we use. Anything else may be missing, new or odd."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from db.inbox import Arrival

NO_LANE = "-"
GROUP = "group."  # a chat of this form is a group of the Official Account
CHOSEN = "#mb:"  # a query payload must begin with '#'; the rest tells it from a '#word' that people type
LONGEST_ID = 64
GROUP_EVENT = "user_send_group_"
# Echoes of what we sent and notes that it was read: nothing follows from them, they are not stored.
PASSED_OVER = ("oa_send_", "user_received_message", "user_seen_message")
Id = str | int
_ID = re.compile(r"[!-~]+")


class WireParty(msgspec.Struct):
    """A person, the account itself, or a group."""

    id: Id = ""


class WireAttachment(msgspec.Struct):
    """Something that came with a message."""

    type: str = ""
    payload: Any = None


class WireMessage(msgspec.Struct):
    """Message."""

    msg_id: Id = ""
    text: str | None = None
    attachments: list[WireAttachment] | None = None


class WireEvent(msgspec.Struct):
    """One call of the webhook. `timestamp`: milliseconds, as text."""

    event_name: str = ""
    timestamp: Id = ""
    sender: WireParty | None = None
    recipient: WireParty | None = None
    follower: WireParty | None = None
    group_id: Id = ""
    message: WireMessage | None = None


class _WireStamp(msgspec.Struct):
    timestamp: Any = ""


_DECODE = msgspec.json.Decoder(WireEvent).decode
_DECODE_STAMP = msgspec.json.Decoder(_WireStamp).decode


def event_in(raw: bytes | str) -> WireEvent:
    """The event; ValueError with a reason when it has not the form of one."""
    try:
        return _DECODE(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from None


def timestamp_in(raw: bytes) -> str:
    """The event's own time as it is signed, whatever the rest looks like; "" when there is none."""
    try:
        stamp = _DECODE_STAMP(raw).timestamp
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    return str(stamp) if isinstance(stamp, str | int) else ""


def arrival_of(raw: str) -> Arrival | None:
    """An event as it is stored; None for those from which nothing follows.

    One without a usable number of its own gets a fingerprint: a repetition has the same letters.
    """
    try:
        event = event_in(raw)
    except ValueError:
        return Arrival(_fingerprint(raw), NO_LANE, raw)
    if event.event_name.startswith(PASSED_OVER):
        return None
    return Arrival(number_of(event, raw), chat_of(event) or NO_LANE, raw)


def number_of(event: WireEvent, raw: str) -> str:
    """What tells one event from another."""
    return usable(event.message.msg_id if event.message else "") or _fingerprint(raw)


def user_of(event: WireEvent) -> str:
    """Who did it, or "" when the event does not say so in a usable way."""
    who = event.sender or event.follower
    return usable(who.id) if who else ""


def chat_of(event: WireEvent) -> str:
    """Where it happened, or ""."""
    if not is_group(event):
        return user_of(event)
    group = usable(event.group_id or (event.recipient.id if event.recipient else ""))
    return GROUP + group if group else ""


def is_group(event: WireEvent) -> bool:
    """Whether it happened in a group."""
    return event.event_name.startswith(GROUP_EVENT)


def usable(given: Id) -> str:
    """An id as text, or "" when it cannot be one."""
    text = str(given)
    return text if len(text) <= LONGEST_ID and _ID.fullmatch(text) else ""


def _fingerprint(raw: str) -> str:
    return "x" + hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:32]
