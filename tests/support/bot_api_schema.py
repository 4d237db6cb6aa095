"""Calls and objects checked against the Bot API as data (tests/data/telegram-bot-api.json).

The file has chapters in items[], methods and types in children[], fields in annotations[]. It knows no return
types and no unions: those are `RETURNS` below and the bulleted lists in the descriptions.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "data" / "telegram-bot-api.json"

RETURNS = {
    "getMe": "User",
    "getUpdates": "Array of Update",
    "setWebhook": "True",
    "deleteWebhook": "True",
    "getWebhookInfo": "WebhookInfo",
    "logOut": "True",
    "close": "True",
    "sendMessage": "Message",
    "sendPhoto": "Message",
    "sendDocument": "Message",
    "sendVoice": "Message",
    "sendMediaGroup": "Array of Message",
    "sendChatAction": "True",
    "editMessageText": "Message",
    "editMessageCaption": "Message",
    "editMessageMedia": "Message",
    "editMessageReplyMarkup": "Message",
    "deleteMessage": "True",
    "deleteMessages": "True",
    "answerCallbackQuery": "True",
    "getFile": "File",
    "getChat": "ChatFullInfo",
    "getChatMember": "ChatMember",
    "setMyCommands": "True",
    "getMyCommands": "Array of BotCommand",
    "deleteMyCommands": "True",
    "setMyName": "True",
    "getMyName": "BotName",
    "setMyDescription": "True",
    "getMyDescription": "BotDescription",
    "setMyShortDescription": "True",
    "getMyShortDescription": "BotShortDescription",
    "setChatMenuButton": "True",
    "getChatMenuButton": "MenuButton",
}

_PLAIN: dict[str, Any] = {
    "Integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "Float": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "String": lambda v: isinstance(v, str),
    "Boolean": lambda v: isinstance(v, bool),
    "True": lambda v: v is True,
    "InputFile": lambda v: isinstance(v, str | bytes),
}
_MEMBER = re.compile(r"^ ?- (\w+)$", re.MULTILINE)
_BETWEEN = re.compile(r", | or | and |/")


class Schema:
    """Methods and types by name; every check answers a list of problems, empty when all is well."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        children = [child for item in source["items"] for child in item["children"]]
        self.version: str = source["api"]["version"]
        self.methods = {c["name"]: _fields(c) for c in children if c["category"] == "methods"}
        self.types = {c["name"]: _fields(c) for c in children if c["category"] == "types"}
        self.unions = {
            c["name"]: _MEMBER.findall(c["description"])
            for c in children
            if c["category"] == "types" and not c["annotations"] and _MEMBER.search(c["description"])
        }

    def problems_of_call(self, method: str, arguments: Mapping[str, Any]) -> list[str]:
        """A call as the manual wants it: known names, nothing required left out, right types."""
        if method not in self.methods:
            return [f"{method}: no such method"]
        return self._problems_of_fields(method, self.methods[method], arguments)

    def problems_of_result(self, method: str, result: Any) -> list[str]:
        return self.problems(RETURNS[method], result, method)

    def problems(self, kind: str, value: Any, where: str = "") -> list[str]:
        """What keeps `value` from being of type `kind`, each with its path."""
        where = where or kind
        if kind.startswith("Array of "):
            return self._problems_of_array(kind.removeprefix("Array of "), value, where)
        if kind in _PLAIN:
            return [] if _PLAIN[kind](value) else [f"{where}: {value!r:.60} is no {kind}"]
        members = self.unions.get(kind) or [part for part in _BETWEEN.split(kind) if part]
        if members != [kind]:
            return self._problems_of_union(members, value, where)
        if not isinstance(value, Mapping):
            return [f"{where}: {value!r:.60} is no {kind}"]
        return self._problems_of_fields(where, self.types[kind], value)

    def _problems_of_array(self, kind: str, value: Any, where: str) -> list[str]:
        if not isinstance(value, list | tuple):
            return [f"{where}: {value!r:.60} is no Array"]
        return [p for i, one in enumerate(value) for p in self.problems(kind, one, f"{where}[{i}]")]

    def _problems_of_union(self, members: list[str], value: Any, where: str) -> list[str]:
        fewest: list[str] | None = None
        for member in members:
            found = self.problems(member, value, where)
            if not found:
                return []
            fewest = found if fewest is None or len(found) < len(fewest) else fewest
        return fewest or []

    def _problems_of_fields(
        self, where: str, fields: Mapping[str, tuple[str, bool]], value: Mapping[str, Any]
    ) -> list[str]:
        unknown = [f"{where}.{name}: unknown" for name in value if name not in fields]
        missing = [
            f"{where}.{name}: missing" for name, (_, must) in fields.items() if must and name not in value
        ]
        if unknown or missing:
            return unknown + missing  # looking deeper into what it cannot be takes time without end
        return [
            problem
            for name, given in value.items()
            for problem in self.problems(fields[name][0], given, f"{where}.{name}")
        ]

    def problems_of_wire(self, method: str, arguments: Mapping[str, Any]) -> list[str]:
        """A call as it came over the wire, where libraries write numbers and objects as text."""
        fields = self.methods.get(method, {})
        named = {name: v for name, v in arguments.items() if name in fields or not _is_file(v)}
        read = {name: _from_wire(fields.get(name, ("String", False))[0], v) for name, v in named.items()}
        return self.problems_of_call(method, read)


def _is_file(value: Any) -> bool:
    """A file part as the simulator's journal notes it; attached ones have names of their own."""
    return isinstance(value, Mapping) and set(value) == {"file", "size"}


def _from_wire(kind: str, value: Any) -> Any:
    if _is_file(value):
        return "a file"
    if not isinstance(value, str) or kind in {"String", "InputFile or String"}:
        return value
    try:
        return json.loads(value.lower() if kind in {"Boolean", "True"} else value)
    except ValueError:
        return value


def _fields(child: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    return {a["name"]: (a["type"], a["required"]) for a in child["annotations"]}


@lru_cache
def bot_api() -> Schema:
    """The schema, read once a process."""
    return Schema(json.loads(FILE.read_text("utf-8")))
