"""Methods about the bot itself, its chats and its files."""

import re
from typing import Any

from simulator.telegram.call import Call
from simulator.telegram.checks import DOWNLOAD
from simulator.telegram.errors import bad
from simulator.telegram.objects import bot_user, chat_member, file_object, me, person_user, private_chat
from simulator.telegram.utf16 import length16

MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LIMITS = {"name": 64, "description": 512, "short_description": 120}
_DESCRIPTION = range(1, 257)
_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
_CHAT_SCOPES = {"chat", "chat_administrators", "chat_member"}


def get_me(call: Call) -> Any:
    return me(call.bot)


def yes(call: Call) -> Any:
    return True


def get_file(call: Call) -> Any:
    file = call.world.files.get(call.args.text("file_id"))
    if file is None or file.owner != call.bot.username:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if file.size > DOWNLOAD:
        raise bad("file is too big")
    return file_object(file) | {"file_path": file.path}


def get_chat(call: Call) -> Any:
    person = call.telegram.known_chat(call.bot, call.args.text("chat_id").strip())
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return private_chat(person) | {
        "accent_color_id": person.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, True),
    }


def get_chat_member(call: Call) -> Any:
    person = call.telegram.known_chat(call.bot, call.args.text("chat_id").strip())
    wanted = call.args.number("user_id")
    if wanted == call.bot.id:
        status = "kicked" if call.bot.username in person.blocked else "member"
        return chat_member(bot_user(call.bot), status)
    if wanted == person.id:
        return chat_member(person_user(person), "member")
    raise bad("user not found" if wanted not in call.world.people else "member not found")


def _scope(call: Call) -> str:
    scope = call.args.json("scope", "BotCommandScope") or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    language = call.args.text("language_code")
    if kind in _SCOPES:
        return f"{kind}/{language}"
    if kind in _CHAT_SCOPES:
        person = call.telegram.known_chat(call.bot, str(scope.get("chat_id", "")))
        return f"{kind}:{person.id}/{language}"
    raise bad("can't parse BotCommandScope: Unsupported type specified")


def set_my_commands(call: Call) -> Any:
    commands = call.args.json("commands", "commands")
    if not isinstance(commands, list):
        raise bad("can't parse commands: expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_scope(call)] = [_command(one) for one in commands]
    call.world.keep_bot(call.bot)
    return True


def _command(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or "command" not in one or "description" not in one:
        raise bad("can't parse BotCommand: Can't find field \"command\"")
    name, description = str(one["command"]).removeprefix("/"), str(one["description"]).strip()
    if not _COMMAND.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if length16(description) not in _DESCRIPTION:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def get_my_commands(call: Call) -> Any:
    return call.bot.commands.get(_scope(call), [])


def delete_my_commands(call: Call) -> Any:
    call.bot.commands.pop(_scope(call), None)
    call.world.keep_bot(call.bot)
    return True


def _set_text(call: Call, field: str) -> Any:
    value = call.args.text(field)
    if length16(value) > _LIMITS[field]:
        raise bad(f"bot {field.replace('_', ' ')} is too long")
    call.bot.texts[f"{field}/{call.args.text('language_code')}"] = value
    call.world.keep_bot(call.bot)
    return True


def _get_text(call: Call, field: str) -> Any:
    language = call.args.text("language_code")
    found = call.bot.texts.get(f"{field}/{language}") or call.bot.texts.get(f"{field}/")
    return {field: found or (call.bot.title if field == "name" else "")}


def set_my_name(call: Call) -> Any:
    return _set_text(call, "name")


def set_my_description(call: Call) -> Any:
    return _set_text(call, "description")


def set_my_short_description(call: Call) -> Any:
    return _set_text(call, "short_description")


def get_my_name(call: Call) -> Any:
    return _get_text(call, "name")


def get_my_description(call: Call) -> Any:
    return _get_text(call, "description")


def get_my_short_description(call: Call) -> Any:
    return _get_text(call, "short_description")


def set_chat_menu_button(call: Call) -> Any:
    button = call.args.json("menu_button", "MenuButton") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"default", "commands", "web_app"}:
        raise bad("can't parse MenuButton: MenuButton has unsupported type")
    chat_id = call.args.text("chat_id").strip()
    if chat_id:
        call.telegram.known_chat(call.bot, chat_id)
    call.bot.menu_buttons[chat_id] = button
    call.world.keep_bot(call.bot)
    return True


def get_chat_menu_button(call: Call) -> Any:
    buttons = call.bot.menu_buttons
    return buttons.get(call.args.text("chat_id").strip()) or buttons.get("") or {"type": "commands"}


def menu_for(
    commands: dict[str, list[dict[str, Any]]], person_id: int, language: str
) -> list[dict[str, Any]]:
    """The command menu one person sees: the narrowest scope wins, own language before none."""
    for scope in (f"chat:{person_id}", "all_private_chats", "default"):
        for code in (language, ""):
            if f"{scope}/{code}" in commands:
                return commands[f"{scope}/{code}"]
    return []
