"""Methods that change or remove a message, and the answer to a pressed button."""

from typing import Any

from simulator.models import Post
from simulator.telegram import errors
from simulator.telegram.arguments import Arguments, whole
from simulator.telegram.call import Call
from simulator.telegram.checks import TOAST, caption_text, message_text, reply_markup
from simulator.telegram.errors import bad
from simulator.telegram.objects import message
from simulator.telegram.utf16 import length16

DELETABLE = 48 * 3600.0  # seconds
DELETE_AT_ONCE = range(1, 101)


def _changed(call: Call, post: Post, **new: Any) -> Any:
    """Apply what differs; nothing different is refused."""
    new["markup"] = reply_markup(call.args, inline_only=True)
    if all(getattr(post, name) == value for name, value in new.items()):
        raise bad(errors.NOT_MODIFIED)
    for name, value in new.items():
        setattr(post, name, value)
    post.edited = call.world.clock.now()
    call.world.keep_post(post, "edited")
    return message(call.world, post)


def edit_message_text(call: Call) -> Any:
    post = call.own_post("edit")
    if post.file is not None:
        raise bad("there is no text in the message to edit")
    text, entities = message_text(call.args)
    return _changed(call, post, text=text, entities=entities)


def edit_message_caption(call: Call) -> Any:
    post = call.own_post("edit")
    if post.file is None:
        raise bad("there is no caption in the message to edit")
    text, entities = caption_text(call.args)
    return _changed(call, post, text=text or None, entities=entities)


def edit_message_reply_markup(call: Call) -> Any:
    return _changed(call, call.own_post("edit"))


def edit_message_media(call: Call) -> Any:
    post = call.own_post("edit")
    item = call.args.json("media", "input media")
    if not isinstance(item, dict) or item.get("type") not in {"photo", "document"}:
        raise bad("can't parse InputMedia: media type is not supported here")
    text, entities = caption_text(Arguments(item))
    file = call.media(item["type"], str(item.get("media", "")))
    return _changed(call, post, kind=item["type"], file=file, text=text or None, entities=entities)


def _delete(call: Call, person_id: int, message_id: int) -> bool:
    post = call.world.find(call.bot.username, person_id, message_id)
    if post is None:
        return False
    if call.world.clock.now() - post.date > DELETABLE:
        raise bad("message can't be deleted for everyone")
    call.world.drop_post(post)
    return True


def delete_message(call: Call) -> Any:
    if not call.args.text("message_id"):
        raise bad("message identifier is not specified")
    person = call.telegram.known_chat(call.bot, call.args.text("chat_id").strip())
    if not _delete(call, person.id, call.args.number("message_id")):
        raise bad("message to delete not found")
    return True


def delete_messages(call: Call) -> Any:
    """Those that cannot be found are skipped."""
    person = call.telegram.known_chat(call.bot, call.args.text("chat_id").strip())
    numbers = call.args.json("message_ids", "message identifiers")
    if not isinstance(numbers, list) or len(numbers) not in DELETE_AT_ONCE:
        raise bad("message identifiers are not specified")
    for number in numbers:
        _delete(call, person.id, whole(number))
    return True


def answer_callback_query(call: Call) -> Any:
    text = call.args.text("text")
    if length16(text) > TOAST:
        raise bad("MESSAGE_TOO_LONG")
    tap = call.telegram.answer_tap(call.bot, call.args.text("callback_query_id"))
    call.world.events.tell(
        "toast",
        person=tap.person,
        bot=tap.bot,
        text=text,
        alert=call.args.flag("show_alert"),
        callback_id=tap.id,
    )
    return True
