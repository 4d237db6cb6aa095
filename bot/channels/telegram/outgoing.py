"""From `Say` to Bot API calls. Styles travel as entities, so no letter can break a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from bot.channels.parts import fits, is_blank, length, split
from bot.language import Choice, Said, Say
from bot.limits import TELEGRAM_CAPTION, TELEGRAM_TEXT, TELEGRAM_TOAST
from locales.text import Text, as_text

SAYS_NOTHING = "…"  # a message with choices must have a text, and a choice a label


class Upload(Struct, frozen=True):
    """Bytes that go with a call, under this parameter name."""

    parameter: str
    name: str
    data: bytes


class Call(Struct, frozen=True):
    """One Bot API call. `otherwise` is made when the message to edit is gone."""

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    upload: Upload | None = None
    otherwise: Call | None = None

    @property
    def counts(self) -> bool:
        """Whether the platform counts it as a message (answers to taps are free)."""
        return self.method != "answerCallbackQuery"


def answer_calls(said: Said, says: Sequence[Say]) -> list[Call]:
    """All calls that answer one update; a tap is always answered, first of all."""
    calls = [call for say in says for call in _say_calls(said.chat, say, said)]
    if said.press:
        toast = next((say.toast for say in says if say.toast), "")
        calls.insert(0, _toast_call(said.press, toast))
    return calls


def only_edits(said: Said, says: Sequence[Say]) -> bool:
    """Whether `answer_calls` makes no new message."""
    if not said.message:
        return not says
    return all(
        say.instead and say.picture is None and say.file is None and fits(say.text.plain, TELEGRAM_TEXT)
        for say in says
    )


def send_calls(chat: str, say: Say, replaced: str = "") -> list[Call]:
    """All calls that tell somebody who did not speak; `replaced`: a message of ours to be updated."""
    calls = _say_calls(chat, say, None)
    if replaced and len(calls) == 1 and calls[0].method == "sendMessage":
        return [_edit_call(chat, replaced, calls[0])]
    return calls


def _say_calls(chat: str, say: Say, said: Said | None) -> list[Call]:
    say = _toast_as_text(say, pressed=bool(said and said.press))
    if say.file is not None:
        upload = Upload("document", say.file.name, say.file.data)
        return _with_caption("sendDocument", chat, say, upload)
    if say.picture is not None:
        return _with_caption("sendPhoto", chat, say, Upload("photo", "hinh.png", say.picture.png))
    parts = [part for part in split(say.text, TELEGRAM_TEXT) if not is_blank(part)]
    if not parts and not say.choices:
        return []
    parts = parts or [as_text(SAYS_NOTHING)]
    calls = [_text_call(chat, part) for part in parts[:-1]]
    last = _text_call(chat, parts[-1], _keyboard(say.choices))
    if say.instead and said and said.message and not calls:
        return [_edit_call(chat, said.message, last)]
    return [*calls, last]


def _toast_as_text(say: Say, *, pressed: bool) -> Say:
    """A toast that nothing was pressed for is said as text."""
    if say.toast and not pressed and is_blank(say.text):
        return replace(say, text=as_text(say.toast))
    return say


def _text_call(chat: str, text: Text, keyboard: dict[str, Any] | None = None) -> Call:
    parameters: dict[str, Any] = {"chat_id": chat, "text": text.plain}
    if entities := entities_of(text):
        parameters["entities"] = entities
    if keyboard:
        parameters["reply_markup"] = keyboard
    parameters["link_preview_options"] = {"is_disabled": True}
    return Call("sendMessage", parameters)


def _edit_call(chat: str, message: str, send: Call) -> Call:
    return Call("editMessageText", {**send.parameters, "message_id": message}, otherwise=send)


def _with_caption(method: str, chat: str, say: Say, upload: Upload) -> list[Call]:
    parameters: dict[str, Any] = {"chat_id": chat}
    if not fits(say.text.plain, TELEGRAM_CAPTION):
        return [Call(method, parameters, upload), *_say_calls(chat, _text_only(say), None)]
    if not is_blank(say.text):
        parameters["caption"] = say.text.plain
        if entities := entities_of(say.text):
            parameters["caption_entities"] = entities
    if keyboard := _keyboard(say.choices):
        parameters["reply_markup"] = keyboard
    return [Call(method, parameters, upload)]


def _text_only(say: Say) -> Say:
    return replace(say, picture=None, file=None, instead=False)


def _toast_call(press: str, toast: str) -> Call:
    parameters = {"callback_query_id": press}
    if toast.strip():
        parameters["text"] = toast[:TELEGRAM_TOAST]
    return Call("answerCallbackQuery", parameters)


def _keyboard(choices: Sequence[Sequence[Choice]]) -> dict[str, Any] | None:
    if not choices:
        return None
    return {"inline_keyboard": [[_button(choice) for choice in row] for row in choices]}


def _button(choice: Choice) -> dict[str, str]:
    what = {"url": choice.url} if choice.url else {"callback_data": choice.data}
    return {"text": choice.label if choice.label.strip() else SAYS_NOTHING, **what}


def entities_of(text: Text) -> list[dict[str, Any]]:
    """Styles as entities; offsets and lengths count UTF-16 units."""
    entities: list[dict[str, Any]] = []
    units = len if length(text.plain) == len(text.plain) else length
    offset = 0
    for span in text.spans:
        size = units(span.text)
        if (span.bold or span.italic or span.code) and span.text.strip():
            for kind, on in (("bold", span.bold), ("italic", span.italic), ("code", span.code)):
                if on:
                    entities.append({"type": kind, "offset": offset, "length": size})
        offset += size
    return entities
