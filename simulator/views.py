"""What the page sees: messages, people and bots in the shapes of the people door."""

from typing import Any

from simulator.clock import iso
from simulator.models import Bot, Chat, Person, Post, StoredFile


def file_view(file: StoredFile | None) -> dict[str, Any] | None:
    if file is None:
        return None
    seen = {"file_id": file.file_id, "name": file.name, "size": file.size, "mime": file.mime}
    return seen | ({"width": file.width, "height": file.height} if file.width else {})


def button_view(button: dict[str, Any]) -> dict[str, Any]:
    seen = {"text": button["text"]}
    if "callback_data" in button:
        return seen | {"kind": "callback", "data": button["callback_data"]}
    if "url" in button:
        return seen | {"kind": "url", "url": button["url"]}
    return seen | {"kind": "other"}


def buttons_of(post: Post) -> list[list[dict[str, Any]]]:
    """The inline keyboard under a message, as the platform knows it."""
    return (post.markup or {}).get("inline_keyboard", [])  # type: ignore[no-any-return]


def post_view(post: Post) -> dict[str, Any]:
    """A message for the page."""
    captioned = post.file is not None
    view: dict[str, Any] = {
        "id": post.id,
        "from": "bot" if post.by_bot else "person",
        "date": iso(post.date),
        "edited": None if post.edited is None else iso(post.edited),
        "text": None if captioned else post.text,
        "entities": [] if captioned else post.entities,
        "caption": post.text if captioned else None,
        "caption_entities": post.entities if captioned else [],
        "kind": post.kind,
        "file": file_view(post.file),
        "buttons": [[button_view(b) for b in row] for row in buttons_of(post)],
        "reply_to": post.reply_to,
        "read": post.read,
    }
    return view | ({"location": post.location} if post.location else {})


def person_view(person: Person, bots: list[Bot], unread: int) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "large": person.large,
        "language": person.language,
        "shown": person.shown,
        "note": person.note,
        "bot": person.bot,
        "started": {bot.username: bot.username in person.started for bot in bots},
        "blocked": {bot.username: bot.username in person.blocked for bot in bots},
        "unread": unread,
    }


def unread_in(chat: Chat) -> int:
    return sum(1 for post in chat.posts.values() if post.by_bot and not post.read)


def keyboard_key(key: Any) -> dict[str, Any]:
    """A key of the reply keyboard: {"text", "kind": "text|location|contact"}."""
    if isinstance(key, str):
        return {"text": key, "kind": "text"}
    kinds = [kind for kind in ("location", "contact") if key.get(f"request_{kind}")]
    return {"text": key["text"], "kind": kinds[0] if kinds else "text"}
