"""Methods that put a new message into a chat."""

import secrets
from typing import Any

from simulator.models import Person, Post
from simulator.telegram.arguments import Arguments
from simulator.telegram.call import Call
from simulator.telegram.checks import caption_text, message_text, reply_markup
from simulator.telegram.errors import bad
from simulator.telegram.objects import message
from simulator.views import keyboard_key

ALBUM = range(2, 11)
_PREVIEW = ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text")
_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def send_message(call: Call) -> Any:
    person = call.addressee()
    text, entities = message_text(call.args)
    markup = reply_markup(call.args)
    reply = call.reply_to(person)
    post = call.new_post(person, "text")
    post.text, post.entities, post.reply_to = text, entities, reply
    post.extras = _extras(call.args)
    return _deliver(call, person, post, markup)


def _extras(args: Arguments) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    preview = args.json("link_preview_options", "link preview options")
    if isinstance(preview, dict):
        kept = {name: True for name in _PREVIEW if preview.get(name) is True}
        kept |= {"url": preview["url"]} if isinstance(preview.get("url"), str) else {}
        extras |= {"link_preview_options": kept} if kept else {}
    if args.flag("protect_content"):
        extras["has_protected_content"] = True
    return extras


def _deliver(call: Call, person: Person, post: Post, markup: dict[str, Any] | None) -> Any:
    if markup and "inline_keyboard" in markup:
        post.markup = markup
    answer = call.sent(post)
    chat = call.world.chat(call.bot.username, person.id)
    if markup and "keyboard" in markup:
        call.world.set_keyboard(chat, [[keyboard_key(key) for key in row] for row in markup["keyboard"]])
    elif markup and markup.get("remove_keyboard") and chat.keyboard is not None:
        call.world.set_keyboard(chat, None)
    return answer


def _send_file(call: Call, kind: str) -> Any:
    person = call.addressee()
    text, entities = caption_text(call.args)
    markup = reply_markup(call.args)
    reply = call.reply_to(person)
    file = call.media(kind, call.args.text(kind))
    if kind == "voice":
        file.duration = call.args.number("duration")
    post = call.new_post(person, kind)
    post.text, post.entities, post.file, post.reply_to = text or None, entities, file, reply
    return _deliver(call, person, post, markup)


def send_photo(call: Call) -> Any:
    return _send_file(call, "photo")


def send_document(call: Call) -> Any:
    return _send_file(call, "document")


def send_voice(call: Call) -> Any:
    return _send_file(call, "voice")


def send_media_group(call: Call) -> Any:
    person = call.addressee()
    items = call.args.json("media", "media")
    if not isinstance(items, list):
        raise bad("media must be an Array")
    if len(items) not in ALBUM:
        raise bad("album must include 2-10 items")
    reply = call.reply_to(person)
    posts = [_album_item(call, person, item) for item in items]
    album = str(secrets.randbits(53))
    kinds = {post.kind for post in posts}
    if len(kinds) > 1:
        raise bad("document can't be mixed with other media types")
    for post in posts:
        post.album, post.reply_to = album, reply
        post.id = call.world.next_message_id(call.bot)
        call.world.keep_post(post, "message")
    return [message(call.world, post) for post in posts]


def _album_item(call: Call, person: Person, item: Any) -> Post:
    if not isinstance(item, dict) or item.get("type") not in {"photo", "document"}:
        raise bad("media type is not supported here")
    text, entities = caption_text(Arguments(item))
    file = call.media(item["type"], str(item.get("media", "")))
    post = call.new_post(person, item["type"], number=0)
    post.text, post.entities, post.file = text or None, entities, file
    return post


def send_chat_action(call: Call) -> Any:
    person = call.telegram.reachable(call.bot, call.args.text("chat_id").strip())
    if call.args.text("action") not in _ACTIONS:
        raise bad("wrong parameter action in request")
    call.world.events.tell("typing", person=person.id, bot=call.bot.username)
    return True
