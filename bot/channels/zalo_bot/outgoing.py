"""From `Say` to calls of the Zalo Bot Platform.

Styles travel as places in the text, so no letter can break a message; messages of one answer that are
text only are joined, because a free bot has 3,000 messages a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field

from bot.channels.lists import lists_of
from bot.channels.parts import length, split, trimmed
from bot.channels.zalo_bot.limits import CAPTION, TEXT
from bot.language import Say
from locales.text import Span, Text, as_text, join

PARAGRAPH = "\n\n"


class Call(Struct, frozen=True):
    """One call. `otherwise` is made when this one is refused."""

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    otherwise: Call | None = None


class _Message(Struct, frozen=True):
    """What becomes one message: a text, or a picture (its address) with a text below."""

    text: Text
    picture: str = ""
    alt: str = ""


def calls_of(chat: str, says: Sequence[Say], addresses: Sequence[str]) -> list[Call]:
    """All calls that say it. `addresses`: where the picture or file of each message is fetched, or ""."""
    told = zip(says, lists_of(says), addresses, strict=True)
    messages = [_message(say, choices, address) for say, choices, address in told]
    return [call for message in _joined(messages) for call in _calls(chat, message)]


def _message(say: Say, choices: Text, address: str) -> _Message:
    toast = say.toast if say.toast not in say.text.plain else ""
    file = f"{say.file.name}\n{address}" if say.file else ""
    said = join([as_text(toast), say.text] if toast and say.text else [as_text(toast) + say.text])
    text = _paragraphs([said, choices, as_text(file)])
    if say.picture is not None:
        return _Message(text, "" if say.file else address, say.picture.alt)
    return _Message(text)


def _paragraphs(parts: Iterable[Text]) -> Text:
    return join([part for part in map(trimmed, parts) if part], PARAGRAPH)


def _joined(messages: Sequence[_Message]) -> list[_Message]:
    """Neighbours without a picture as one message, as far as they fit."""
    joined: list[_Message] = []
    for message in messages:
        if joined and not (message.picture or joined[-1].picture):
            both = _paragraphs([joined[-1].text, message.text])
            if length(both.plain) <= TEXT:
                joined[-1] = _Message(both)
                continue
        joined.append(message)
    return joined


def _calls(chat: str, message: _Message) -> list[Call]:
    if not message.picture:
        return _text_calls(chat, message.text)
    caption = message.text.plain
    if length(caption) > CAPTION:
        return [_photo_call(chat, message, ""), *_text_calls(chat, message.text)]
    return [_photo_call(chat, message, caption)]


def _photo_call(chat: str, message: _Message, caption: str) -> Call:
    """The picture; its words alone when it is refused."""
    parameters = {"chat_id": chat, "photo": message.picture}
    if caption:
        parameters["caption"] = caption
    instead = _text_calls(chat, split(as_text(caption or message.alt), TEXT)[0])
    return Call("sendPhoto", parameters, instead[0] if instead else None)


def _text_calls(chat: str, text: Text) -> list[Call]:
    parts = (trimmed(part) for part in split(text, TEXT))
    return [_text_call(chat, part) for part in parts if part]


def _text_call(chat: str, text: Text) -> Call:
    plain = Call("sendMessage", {"chat_id": chat, "text": text.plain})
    styles = styles_of(text)
    if not styles:
        return plain
    return Call("sendMessage", {**plain.parameters, "text_styles": styles}, plain)


def styles_of(text: Text) -> list[dict[str, Any]]:
    """Styles by place; places and lengths count UTF-16 units. What is to be typed is bold."""
    styles: list[dict[str, Any]] = []
    start = 0
    for span in text.spans:
        size = length(span.text)
        if marks := _marks(span):
            styles.append({"start": start, "len": size, "st": marks})
        start += size
    return styles


def _marks(span: Span) -> list[str]:
    if not span.text.strip():
        return []
    return [mark for mark, on in (("b", span.bold or span.code), ("i", span.italic)) if on]
