"""What each platform takes: a call against the manual; an AssertionError says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.parts import length
from bot.channels.telegram.outgoing import Call as TelegramCall
from bot.channels.zalo_bot.limits import CAPTION, TEXT
from bot.channels.zalo_bot.outgoing import Call as ZaloCall
from bot.limits import (
    TELEGRAM_CALLBACK_BYTES,
    TELEGRAM_CAPTION,
    TELEGRAM_TEXT,
    TELEGRAM_TOAST,
    ZALO_OA_BUTTONS,
    ZALO_OA_PAYLOAD,
    ZALO_OA_TEXT,
    ZALO_OA_TITLE,
)
from tests.support.bot_api_schema import bot_api

STYLES = {"b", "i", "u", "s"}


def check_telegram(call: TelegramCall) -> None:
    """Names, types (tests/data/telegram-bot-api.json) and limits, also of what is made otherwise."""
    named = {} if call.upload is None else {call.upload.parameter: "a file"}
    assert bot_api().problems_of_wire(call.method, {**call.parameters, **named}) == []
    most = TELEGRAM_TOAST if call.method == "answerCallbackQuery" else TELEGRAM_TEXT
    for name, limit in (("text", most), ("caption", TELEGRAM_CAPTION)):
        if name in call.parameters:
            _has_length(call.parameters[name], limit)
    _entities(call.parameters.get("text", ""), call.parameters.get("entities", []))
    _entities(call.parameters.get("caption", ""), call.parameters.get("caption_entities", []))
    for row in call.parameters.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            assert button["text"].strip()
            if "callback_data" in button:
                assert 1 <= len(button["callback_data"].encode()) <= TELEGRAM_CALLBACK_BYTES
            else:
                assert button["url"].startswith(("https://", "http://", "tg://"))
    if call.otherwise is not None:
        check_telegram(call.otherwise)


def check_zalo_bot(call: ZaloCall) -> None:
    """Only what the platform documents, also of what is made otherwise."""
    given = dict(call.parameters)
    assert isinstance(given.pop("chat_id"), str)
    if call.method == "sendPhoto":
        assert given.pop("photo").startswith(("https://", "http://"))
        _has_length(given.pop("caption", "…"), CAPTION)
    else:
        assert call.method == "sendMessage"
        text = given.pop("text")
        _has_length(text, TEXT)
        for style in given.pop("text_styles", []):
            assert set(style) == {"start", "len", "st"}
            assert 0 <= style["start"] < style["start"] + style["len"] <= length(text)
            assert style["st"] and set(style["st"]) <= STYLES
    assert not given, "a parameter that no page documents"
    if call.otherwise is not None:
        check_zalo_bot(call.otherwise)


def check_zalo_oa(body: Mapping[str, Any]) -> None:
    """A consultation or group message as its body is posted."""
    assert set(body) == {"recipient", "message"}
    ((kind, person),) = body["recipient"].items()
    assert kind in {"user_id", "group_id"}
    assert isinstance(person, str) and person
    content = dict(body["message"])
    attachment = content.pop("attachment", None)
    if attachment is None or "buttons" in attachment["payload"]:
        _has_length(content["text"], ZALO_OA_TEXT)
    _has_length(content.pop("text", "…"), ZALO_OA_TEXT)
    assert not content
    if attachment is not None:
        assert (set(attachment), attachment["type"]) == ({"type", "payload"}, "template")
        _oa_payload(attachment["payload"], in_group=kind == "group_id")


def _oa_payload(payload: Mapping[str, Any], *, in_group: bool) -> None:
    if "buttons" not in payload:
        assert payload["template_type"] == "media"
        (element,) = payload["elements"]
        assert element["media_type"] == "image" and element["attachment_id"]
        return
    assert set(payload) == {"buttons"} and not in_group
    assert 1 <= len(payload["buttons"]) <= ZALO_OA_BUTTONS
    for button in payload["buttons"]:
        assert set(button) == {"title", "type", "payload"}
        _has_length(button["title"], ZALO_OA_TITLE)
        if button["type"] == "oa.open.url":
            carried = button["payload"]["url"]
            assert carried.startswith(("https://", "http://"))
        else:
            assert button["type"] == "oa.query.hide"
            carried = button["payload"]
            assert carried.startswith("#")
        assert len(carried.encode()) <= ZALO_OA_PAYLOAD


def _has_length(text: str, limit: int) -> None:
    assert text.strip(), "nothing to see"
    assert 1 <= length(text) <= limit


def _entities(text: str, entities: Sequence[Mapping[str, Any]]) -> None:
    for entity in entities:
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= length(text)
