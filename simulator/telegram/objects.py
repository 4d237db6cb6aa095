"""Objects as the platform sends them. Moments become whole Unix seconds."""

from typing import Any
from zlib import crc32

from simulator.models import Bot, Person, Post, StoredFile, Tap
from simulator.world import World

Json = dict[str, Any]


def person_user(person: Person) -> Json:
    return {"id": person.id, "is_bot": False, "first_name": person.name, "language_code": person.language}


def bot_user(bot: Bot) -> Json:
    name = bot.texts.get("name/") or bot.title
    return {"id": bot.id, "is_bot": True, "first_name": name, "username": bot.username}


def me(bot: Bot) -> Json:
    flags = (
        "can_read_all_group_messages", "supports_guest_queries", "supports_inline_queries",
        "can_connect_to_business", "has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics",
        "can_manage_bots", "supports_join_request_queries",
    )  # fmt: skip
    return bot_user(bot) | {"can_join_groups": True} | dict.fromkeys(flags, False)


def private_chat(person: Person) -> Json:
    return {"id": person.id, "type": "private", "first_name": person.name}


def file_object(file: StoredFile) -> Json:
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}


def _photo(file: StoredFile) -> Json:
    return {"photo": [file_object(file) | {"width": file.width or 0, "height": file.height or 0}]}


def _document(file: StoredFile) -> Json:
    return {"document": file_object(file) | {"file_name": file.name, "mime_type": file.mime}}


def _voice(file: StoredFile) -> Json:
    return {"voice": file_object(file) | {"duration": file.duration, "mime_type": file.mime}}


def _sticker(file: StoredFile) -> Json:
    size = {"width": file.width or 512, "height": file.height or 512}
    return {
        "sticker": file_object(file) | size | {"type": "regular", "is_animated": False, "is_video": False}
    }


_MEDIA = {"photo": _photo, "document": _document, "voice": _voice, "sticker": _sticker}


def message(world: World, post: Post, *, with_reply: bool = True) -> Json:
    """Message, without the fields that only groups and channels know."""
    person, bot = world.people[post.person], world.bots[post.bot]
    sender = bot_user(bot) if post.by_bot else person_user(person)
    seen = {"message_id": post.id, "from": sender, "chat": private_chat(person), "date": int(post.date)}
    if post.edited is not None:
        seen["edit_date"] = int(post.edited)
    if post.reply_to is not None and with_reply:
        replied = world.find(post.bot, post.person, post.reply_to)
        seen |= {"reply_to_message": message(world, replied, with_reply=False)} if replied else {}
    if post.album:
        seen["media_group_id"] = post.album
    return seen | post.extras | _content(post) | ({"reply_markup": post.markup} if post.markup else {})


def _content(post: Post) -> Json:
    if post.location:
        return {"location": post.location}
    if post.file is None:
        return {"text": post.text or ""} | ({"entities": post.entities} if post.entities else {})
    seen = _MEDIA[post.file.kind](post.file)
    seen |= {"caption": post.text} if post.text else {}
    return seen | ({"caption_entities": post.entities} if post.entities else {})


def callback_query(world: World, tap: Tap, data: str) -> Json:
    """CallbackQuery; of a message that is gone only chat and number are told."""
    person = world.people[tap.person]
    post = world.find(tap.bot, tap.person, tap.message_id)
    gone = {"chat": private_chat(person), "message_id": tap.message_id, "date": 0}
    return {
        "id": tap.id,
        "from": person_user(person),
        "message": message(world, post) if post else gone,
        "chat_instance": str(crc32(f"{tap.bot}/{tap.person}".encode())),
        "data": data,
    }


def chat_member(person_or_bot: Json, status: str) -> Json:
    seen = {"status": status, "user": person_or_bot}
    return seen | ({"until_date": 0} if status == "kicked" else {})


def my_chat_member(world: World, person: Person, bot: Bot, *, blocked: bool) -> Json:
    """ChatMemberUpdated of a private chat: the person blocked or unblocked the bot."""
    old, new = ("member", "kicked") if blocked else ("kicked", "member")
    return {
        "chat": private_chat(person),
        "from": person_user(person),
        "date": int(world.clock.now()),
        "old_chat_member": chat_member(bot_user(bot), old),
        "new_chat_member": chat_member(bot_user(bot), new),
    }


def webhook_info(bot: Bot, pending: int) -> Json:
    hook = bot.webhook
    info: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": pending}
    if hook.url:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
    if hook.last_error_at is not None:
        info |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error or ""}
    if bot.allowed_updates is not None:
        info["allowed_updates"] = bot.allowed_updates
    return info
