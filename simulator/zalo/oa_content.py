"""The message of a consultation call: text, picture, file, three forms of buttons (zalo.md 3.3)."""

from dataclasses import dataclass, field
from typing import Any

from simulator.models import StoredFile
from simulator.pictures import picture_size
from simulator.telegram.utf16 import length16
from simulator.zalo.fetching import NotFetched, fetch
from simulator.zalo.oa_account import DAY, ZaloOa
from simulator.zalo.oa_errors import OaRefusal

Json = dict[str, Any]

TEXT, TITLE, SUBTITLE, PAYLOAD = 2000, 100, 500, 1000
_QUERIES = {"oa.query.show", "oa.query.hide"}
_FORMS = {None: "1", "list": "2", "button": "3"}
REQUEST = "request_user_info"


@dataclass
class Content:
    """What the phone will show; `buttons` one below the other."""

    text: str = ""
    kind: str = "text"
    file: StoredFile | None = None
    buttons: list[Json] = field(default_factory=list)


def _object(value: Any, name: str) -> Json:
    if not isinstance(value, dict):
        raise OaRefusal(-201, f"{name} is invalid")
    return value


def _text(value: Any, name: str, top: int, least: int = 0) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or (least and not text.strip()):
        raise OaRefusal(-201, f"{name} is invalid")
    if length16(text) > top:
        raise OaRefusal(-210, f"{name} is longer than {top}")
    return text


async def read_content(account: ZaloOa, message: Any) -> Content:
    """Raises OaRefusal."""
    message = _object(message, "message")
    attachment = message.get("attachment")
    text = _text(message.get("text"), "text", TEXT, 0 if attachment else 1)
    if attachment is None:
        return Content(text)
    attachment = _object(attachment, "attachment")
    payload = _object(attachment.get("payload"), "payload")
    if attachment.get("type") == "file":
        return Content(text, "document", _uploaded(account, payload.get("token")))
    if attachment.get("type") != "template":
        raise OaRefusal(-201, "attachment type is invalid")
    return await _template(account, text, payload)


async def _template(account: ZaloOa, text: str, payload: Json) -> Content:
    kind = payload.get("template_type")
    if kind == "media":
        return await _media(account, text, _elements(payload)[0])
    if kind == REQUEST:
        element = _elements(payload)[0]
        label = _text(element.get("title"), "title", TITLE, 1)
        return Content(
            _element_text(element), buttons=[{"text": label, "callback_data": "", "type": REQUEST}]
        )
    if kind not in _FORMS:
        raise OaRefusal(-233, "template_type")
    if account.switches.button_forms not in {"any", _FORMS[kind]}:
        raise OaRefusal(-201, "attachment is invalid")
    if kind == "list":
        text = "\n\n".join(_element_text(element) for element in _elements(payload))
    elif kind == "button":
        text = _text(payload.get("text"), "text", TEXT, 1)
    elif not text.strip():
        raise OaRefusal(-201, "text is invalid")
    return Content(text, buttons=_buttons(account, payload.get("buttons"), needed=kind != "list"))


def _elements(payload: Json) -> list[Json]:
    elements = payload.get("elements")
    if not isinstance(elements, list) or not elements:
        raise OaRefusal(-201, "elements is invalid")
    return [_object(element, "element") for element in elements]


def _element_text(element: Json) -> str:
    title = _text(element.get("title"), "title", TITLE, 1)
    lines = [title, _text(element.get("subtitle"), "subtitle", SUBTITLE)]
    return "\n".join(line for line in lines if line)


def _buttons(account: ZaloOa, given: Any, *, needed: bool) -> list[Json]:
    if given is None and not needed:
        return []
    if not isinstance(given, list) or not given:
        raise OaRefusal(-201, "buttons is invalid")
    if len(given) > account.switches.most_buttons:
        raise OaRefusal(-210, f"more than {account.switches.most_buttons} buttons")
    return [_button(account, _object(button, "button")) for button in given]


def _button(account: ZaloOa, button: Json) -> Json:
    title, kind, payload = (
        _text(button.get("title"), "title", TITLE, 1),
        button.get("type"),
        button.get("payload"),
    )
    if kind in _QUERIES:
        data = _text(payload, "payload", PAYLOAD, 1)
        if account.switches.hash_needed and not data.startswith("#"):
            raise OaRefusal(-201, "payload is invalid")
        return {"text": title, "callback_data": data, "type": kind}
    if kind == "oa.open.url":
        url = _text(_object(payload, "payload").get("url"), "url", PAYLOAD, 1)
        if not url.startswith(("https://", "http://")):
            raise OaRefusal(-201, "url is invalid")
        return {"text": title, "url": url}
    if kind in {"oa.open.sms", "oa.open.phone"}:
        _text(_object(payload, "payload").get("phone_code"), "phone_code", TITLE, 1)
        return {"text": title}
    raise OaRefusal(-201, "button type is invalid")


async def _media(account: ZaloOa, text: str, element: Json) -> Content:
    kind = element.get("media_type")
    if kind == "sticker":
        _text(element.get("attachment_id"), "attachment_id", PAYLOAD, 1)
        return Content(text, "sticker")
    if kind not in {"image", "gif"}:
        raise OaRefusal(-201, "media_type is invalid")
    if element.get("attachment_id"):
        return Content(text, "photo", _uploaded(account, element["attachment_id"]))
    return Content(text, "photo", await _fetched(account, element.get("url")))


async def _fetched(account: ZaloOa, url: Any) -> StoredFile:
    try:
        data = await fetch(_text(url, "url", PAYLOAD, 1))
    except NotFetched as problem:
        raise OaRefusal(-200, str(problem)) from None
    if picture_size(data) is None:
        raise OaRefusal(-200, "no picture")
    return account.chats.keep("photo", "photo", data)


def _uploaded(account: ZaloOa, upload_id: Any) -> StoredFile:
    made = account.state.uploads.get(upload_id) if isinstance(upload_id, str) else None
    file = account.world.files.get(upload_id) if made is not None else None
    if made is None or file is None:
        raise OaRefusal(-100)
    if account.world.clock.now() - made > account.switches.attachment_days * DAY:
        raise OaRefusal(-100)
    return file
