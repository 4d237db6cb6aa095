"""All methods by name in lower case: the platform reads names in any case."""

from collections.abc import Callable
from typing import Any

from simulator.telegram import methods_bot, methods_edit, methods_send, methods_updates
from simulator.telegram.call import Call

Method = Callable[[Call], Any]


def _camel(function: Method) -> str:
    first, *rest = function.__name__.split("_")
    return first + "".join(word.title() for word in rest)


_FUNCTIONS: tuple[Method, ...] = (
    methods_bot.get_me,
    methods_bot.get_file,
    methods_bot.get_chat,
    methods_bot.get_chat_member,
    methods_bot.set_my_commands,
    methods_bot.get_my_commands,
    methods_bot.delete_my_commands,
    methods_bot.set_my_name,
    methods_bot.get_my_name,
    methods_bot.set_my_description,
    methods_bot.get_my_description,
    methods_bot.set_my_short_description,
    methods_bot.get_my_short_description,
    methods_bot.set_chat_menu_button,
    methods_bot.get_chat_menu_button,
    methods_send.send_message,
    methods_send.send_photo,
    methods_send.send_document,
    methods_send.send_voice,
    methods_send.send_media_group,
    methods_send.send_chat_action,
    methods_edit.edit_message_text,
    methods_edit.edit_message_caption,
    methods_edit.edit_message_media,
    methods_edit.edit_message_reply_markup,
    methods_edit.delete_message,
    methods_edit.delete_messages,
    methods_edit.answer_callback_query,
    methods_updates.set_webhook,
    methods_updates.delete_webhook,
    methods_updates.get_webhook_info,
)

_NAMED: dict[str, Method] = {
    **{_camel(function): function for function in _FUNCTIONS},
    "logOut": methods_bot.yes,
    "close": methods_bot.yes,
}
METHODS = {name.lower(): function for name, function in _NAMED.items()}
NAMES = {name.lower(): name for name in (*_NAMED, "getUpdates")}
