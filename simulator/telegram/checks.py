"""Limits of the platform (telegram.md A3, Bot API 10.3) and the refusals for what exceeds them."""

from typing import Any

from simulator.telegram.arguments import Arguments
from simulator.telegram.entities import Entity, formatted
from simulator.telegram.errors import bad
from simulator.telegram.utf16 import length16

TEXT = 4_096  # UTF-16 units after parsing
CAPTION = 1_024
DATA = 64  # bytes
TOAST = 200
UPLOAD = 50 * 1024 * 1024
PHOTO = 10 * 1024 * 1024
DOWNLOAD = 20 * 1024 * 1024
PHOTO_SIDES = 10_000  # width + height
PHOTO_RATIO = 20
BUTTONS = 100
MARKUP_BYTES = 10_240

_ACTIONS = {
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay", "disabled",
}  # fmt: skip
_URL_STARTS = ("http://", "https://", "tg://", "ton://", "tonsite://")


def message_text(args: Arguments) -> tuple[str, list[Entity]]:
    """`text` of a message, 1-4096 after parsing."""
    if not args.text("text"):
        raise bad("message text is empty")
    text, entities = formatted(args, "text", "entities")
    if not text:
        raise bad("text must be non-empty")
    if length16(text) > TEXT:
        raise bad("message is too long")
    return text, entities


def caption_text(args: Arguments) -> tuple[str, list[Entity]]:
    """`caption`, 0-1024 after parsing."""
    text, entities = formatted(args, "caption", "caption_entities")
    if length16(text) > CAPTION:
        raise bad("message caption is too long")
    return text, entities


def reply_markup(args: Arguments, *, inline_only: bool = False) -> dict[str, Any] | None:
    """`reply_markup` checked; None when there is none. Edits take inline keyboards only."""
    markup = args.json("reply_markup", "reply keyboard markup")
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline keyboard", _inline_button)
        return _fitting({"inline_keyboard": rows}) if rows else None
    if inline_only:
        raise bad("inline keyboard expected")
    if "keyboard" in markup:
        return _fitting({**markup, "keyboard": _rows(markup["keyboard"], "keyboard", _reply_button)})
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    raise bad("inline keyboard expected" if inline_only else "unsupported reply markup")


def _rows(value: Any, what: str, read: Any) -> list[list[Any]]:
    if not isinstance(value, list):
        raise bad(f"can't parse {what}: rows must be an Array")
    if not all(isinstance(row, list) for row in value):
        raise bad(f"{what} row must be an Array")
    rows = [[read(button) for button in row] for row in value]
    return [row for row in rows if row]


def _fitting(markup: dict[str, Any]) -> dict[str, Any]:
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(len(row) for row in rows) > BUTTONS or len(str(markup).encode()) > MARKUP_BYTES:
        raise bad("reply markup is too long")
    return markup


def _inline_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad("can't parse inline keyboard button: Can't find field \"text\"")
    if not button["text"].strip():
        raise bad("can't parse inline keyboard button: text must be non-empty")
    actions = [name for name in button if name in _ACTIONS and button[name] is not None]
    if not actions:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad("can't parse inline keyboard button: exactly one action must be specified")
    action = _action(actions[0], button[actions[0]])
    looks = {
        name: button[name] for name in ("style", "icon_custom_emoji_id") if isinstance(button.get(name), str)
    }
    return {"text": button["text"], **looks, actions[0]: action}


def _action(name: str, value: Any) -> Any:
    """What the button does, checked; a number is taken as text."""
    if name not in {"callback_data", "url"}:
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad(f'can\'t parse inline keyboard button: Field "{name}" must be of type String')
    text = str(value)
    if name == "callback_data" and not 1 <= len(text.encode()) <= DATA:
        raise bad("BUTTON_DATA_INVALID")
    if name == "url":
        _check_url(text)
    return text


def _check_url(url: str) -> None:
    if not url.startswith(_URL_STARTS) and ("." not in url or " " in url):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _reply_button(button: Any) -> Any:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    if not button["text"].strip():
        raise bad("can't parse keyboard button: text must be non-empty")
    return button


def photo_fits(width: int, height: int) -> bool:
    """Width and height together at most 10000, one at most 20 times the other."""
    return width + height <= PHOTO_SIDES and max(width, height) <= PHOTO_RATIO * min(width, height)
