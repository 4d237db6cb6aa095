"""From `Say` to messages of an Official Account: buttons where they fit, a list to type from where not.

There are no styles, no edits and no toasts: an edit becomes a new message, a toast begins the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.channels.lists import lists_of
from bot.channels.parts import is_blank, length, split
from bot.channels.zalo_oa.wire import CHOSEN, GROUP
from bot.language import Choice, Picture, Say
from bot.limits import ZALO_OA_BUTTONS, ZALO_OA_PAYLOAD, ZALO_OA_TEXT, ZALO_OA_TITLE
from locales.text import Text, as_text, join

SAYS_NOTHING = "…"  # a message with buttons must have a text
PERSON_PATH = "/v3.0/oa/message/cs"
GROUP_PATH = "/v3.0/oa/group/message"


class Message(Struct, frozen=True):
    """One message. `picture` is uploaded first; a message with a picture has no buttons."""

    text: str
    buttons: tuple[dict[str, Any], ...] = ()
    picture: Picture | None = None


class _Shown(Struct, frozen=True):
    """A `Say` with its choices as buttons, or as a list below its text."""

    text: Text
    buttons: tuple[dict[str, Any], ...] = ()
    picture: Picture | None = None
    toast: str = ""


def messages_of(says: Sequence[Say], chat: str) -> list[Message]:
    """All messages that say this in a chat; files must have become links before."""
    pressable = not chat.startswith(GROUP)
    shown = [_shown(say, choices, pressable) for say, choices in zip(says, lists_of(says), strict=True)]
    return [message for one in _with_toasts_as_text(shown) for message in _messages(one)]


def path_to(chat: str) -> str:
    """Where a message to this chat is posted."""
    return GROUP_PATH if chat.startswith(GROUP) else PERSON_PATH


def body_of(chat: str, message: Message, attachment_id: str = "") -> dict[str, Any]:
    """The call's body. The form of buttons is the one that two independent clients use."""
    content: dict[str, Any] = {"text": message.text} if message.text else {}
    if attachment_id:
        element = {"media_type": "image", "attachment_id": attachment_id}
        content["attachment"] = _template({"template_type": "media", "elements": [element]})
    elif message.buttons:
        content["attachment"] = _template({"buttons": list(message.buttons)})
    recipient = {"group_id": chat.removeprefix(GROUP)} if chat.startswith(GROUP) else {"user_id": chat}
    return {"recipient": recipient, "message": content}


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": "template", "payload": payload}


def _shown(say: Say, choices: Text, pressable: bool) -> _Shown:
    """Buttons where they fit; else the list, of which only the newest of an answer can be typed."""
    buttons = _buttons([choice for row in say.choices for choice in row]) if pressable else None
    text = say.text if buttons is not None else _above(say.text, choices)
    return _Shown(text, buttons or (), say.picture, "" if say.toast in say.text.plain else say.toast)


def _with_toasts_as_text(shown: Sequence[_Shown]) -> list[_Shown]:
    told: list[_Shown] = []
    waiting: list[Text] = []
    for one in shown:
        waiting += [as_text(one.toast)] if one.toast else []
        if one.text or one.picture or one.buttons:
            text = join([*waiting, one.text] if one.text else waiting)
            told.append(replace(one, text=text))
            waiting = []
    return [*told, _Shown(join(waiting))] if waiting else told


def _messages(shown: _Shown) -> list[Message]:
    picture, text = shown.picture, shown.text
    if picture is None:
        return _text_messages(text, shown.buttons)
    if not shown.buttons and length(text.plain) <= ZALO_OA_TEXT:
        return [Message(_alt(picture) if is_blank(text) else text.plain, picture=picture)]
    words, below = ("", as_text(_alt(picture))) if is_blank(text) else (_alt(picture), text)
    return [Message(words, picture=picture), *_text_messages(below, shown.buttons)]


def _alt(picture: Picture) -> str:
    """Its description; nothing when there is nothing to see in it."""
    return split(as_text(picture.alt), ZALO_OA_TEXT)[0].plain if picture.alt.strip() else ""


def _text_messages(text: Text, buttons: tuple[dict[str, Any], ...]) -> list[Message]:
    parts = [part.plain for part in split(text, ZALO_OA_TEXT)]
    shown = [part for part in parts if part.strip()]
    if not shown:
        return [Message(SAYS_NOTHING, buttons)] if buttons else []
    return [*(Message(part) for part in shown[:-1]), Message(shown[-1], buttons)]


def _above(text: Text, choices: Text) -> Text:
    return join([part for part in (text, choices) if part], "\n\n")


def _buttons(choices: Sequence[Choice]) -> tuple[dict[str, Any], ...] | None:
    """The choices as buttons; None when they do not fit."""
    if len(choices) > ZALO_OA_BUTTONS or not all(map(_fits, choices)):
        return None
    return tuple(_button(choice) for choice in choices)


def _fits(choice: Choice) -> bool:
    carried = CHOSEN + choice.data if choice.data else choice.url
    short = (
        length(choice.label) <= ZALO_OA_TITLE and len(carried.encode("utf-8", "replace")) <= ZALO_OA_PAYLOAD
    )
    return short and bool(choice.label.strip()) and carried.startswith(("http", CHOSEN))


def _button(choice: Choice) -> dict[str, Any]:
    if choice.data:
        return {"title": choice.label, "type": "oa.query.hide", "payload": CHOSEN + choice.data}
    return {"title": choice.label, "type": "oa.open.url", "payload": {"url": choice.url}}
