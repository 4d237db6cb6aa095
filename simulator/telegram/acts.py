"""What people do on their phones, and the updates that come of it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.errors import Refused
from simulator.models import Bot, Person, Post, Tap
from simulator.telegram.checks import CAPTION, TEXT
from simulator.telegram.entities import finish, split_text
from simulator.telegram.objects import callback_query, message, my_chat_member
from simulator.telegram.platform import Telegram
from simulator.views import button_view, buttons_of

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
FILE_KINDS = ("document", "photo", "voice", "sticker")


class Acts:
    """Every act checks first what a real phone would not let a person do."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._world = telegram.world

    def say(self, person: Person, bot: Bot, text: str) -> list[int]:
        """Message numbers: several when a phone would have split the text."""
        self._may_write(person, bot)
        if not text.strip():
            raise Refused("a phone does not send an empty message")
        self._mark_started(person, bot)
        return [
            self._send(person, bot, "text", piece).id for piece in split_text(text, TEXT) if piece.strip()
        ]

    def start(self, person: Person, bot: Bot, payload: str = "") -> int:
        """Press Start or open a deep link; whoever had blocked the bot unblocks it so."""
        if payload and not _PAYLOAD.fullmatch(payload):
            raise Refused("a deep link carries 1-64 of A-Z a-z 0-9 _ -")
        self.block(person, bot, blocked=False)
        self._mark_started(person, bot)
        return self._send(person, bot, "text", f"/start {payload}".strip()).id

    def scan(self, person: Person, link: str) -> int:
        """Open https://t.me/BOT?start=PAYLOAD or tg://resolve?domain=BOT&start=PAYLOAD."""
        parts = urlsplit(link.strip())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.scheme == "tg" and parts.netloc == "resolve":
            name = query.get("domain", "")
        elif parts.netloc.lower() in {"t.me", "telegram.me"}:
            name = parts.path.strip("/")
        else:
            raise Refused("this link leads to no bot")
        return self.start(person, self._world.bot(name or "?"), query.get("start", ""))

    def file(
        self, person: Person, bot: Bot, kind: str, name: str, data: bytes, caption: str, mime: str
    ) -> int:
        self._may_write(person, bot)
        if kind not in FILE_KINDS:
            raise Refused(f"unknown kind of file: {kind[:40]!r}")
        if not data:
            raise Refused("the file is empty")
        file = self._world.files.keep(bot.username, kind, name or kind, data, mime)
        if kind == "photo" and not file.width:
            raise Refused("this is no PNG, JPEG, GIF or WebP picture")
        self._mark_started(person, bot)
        return self._send(person, bot, kind, caption[:CAPTION], file=file).id

    def place(self, person: Person, bot: Bot, latitude: float, longitude: float) -> int:
        self._may_write(person, bot)
        self._mark_started(person, bot)
        where = {"latitude": latitude, "longitude": longitude}
        return self._send(person, bot, "location", "", location=where).id

    def edit(self, person: Person, bot: Bot, message_id: int, text: str) -> None:
        self._may_write(person, bot)
        post = self._world.find(bot.username, person.id, message_id)
        if post is None or post.by_bot or post.kind != "text":
            raise Refused("only one's own text can be edited", 404)
        post.text, post.entities = finish(text[:TEXT], [])
        post.edited = self._world.clock.now()
        self._world.keep_post(post, "edited")
        content = message(self._world, post)
        self._queue(bot).add("edited_message", f"chat:{person.id}", content, person.id, post.id)

    def block(self, person: Person, bot: Bot, *, blocked: bool) -> None:
        if (bot.username in person.blocked) == blocked:
            return
        (person.blocked.add if blocked else person.blocked.discard)(bot.username)
        self._world.keep_person(person)
        self._world.events.tell("blocked", person=person.id, bot=bot.username, blocked=blocked)
        content = my_chat_member(self._world, person, bot, blocked=blocked)
        self._queue(bot).add("my_chat_member", f"own:{person.id}", content)

    def tap(self, person: Person, bot: Bot, post: Post, row: int, column: int) -> dict[str, Any]:
        """Press a button: {"callback_id"}, or {"url"} when it is a link and no bot hears of it."""
        self._may_write(person, bot)
        try:
            button = buttons_of(post)[row][column] if min(row, column) >= 0 else None
        except IndexError:
            button = None
        if button is None:
            raise Refused("there is no such button", 404)
        if "url" in button:
            return {"url": button["url"]}
        if "callback_data" not in button:
            raise Refused("this button sends nothing to the bot")
        return {"callback_id": self._press(person, bot, post.id, button["callback_data"], button["text"]).id}

    def tap_label(self, person: Person, bot: Bot, post: Post, label: str) -> dict[str, Any]:
        for row, buttons in enumerate(buttons_of(post)):
            for column, button in enumerate(buttons):
                if button_view(button)["text"] == label:
                    return self.tap(person, bot, post, row, column)
        raise Refused(f"there is no button {label[:64]!r}", 404)

    def forge(self, person: Person, bot: Bot, message_id: int, data: str) -> dict[str, Any]:
        """A press as a modified client can make it: any data, any message."""
        self._may_write(person, bot)
        return {"callback_id": self._press(person, bot, message_id, data, "").id}

    def newest_with(self, person: Person, bot: Bot, label: str) -> Post:
        """The newest message that has a button with this label."""
        posts = self._world.chat(bot.username, person.id).posts
        for post in reversed(list(posts.values())):
            if any(button["text"] == label for row in buttons_of(post) for button in row):
                return post
        raise Refused(f"no message has a button {label[:64]!r}", 404)

    def _press(self, person: Person, bot: Bot, message_id: int, data: str, label: str) -> Tap:
        tap = self._telegram.new_tap(bot, person, message_id)
        place = {"person": person.id, "bot": bot.username, "message_id": message_id}
        self._world.events.tell("tap", **place, label=label, callback_id=tap.id)
        self._queue(bot).add("callback_query", f"tap:{person.id}", callback_query(self._world, tap, data))
        return tap

    def _queue(self, bot: Bot) -> Any:
        return self._telegram.queues[bot.username]

    def _may_write(self, person: Person, bot: Bot) -> None:
        if bot.username in person.blocked:
            raise Refused("this person has blocked the bot: unblock first")

    def _mark_started(self, person: Person, bot: Bot) -> None:
        if bot.username not in person.started:
            person.started.add(bot.username)
            self._world.keep_person(person)

    def _send(self, person: Person, bot: Bot, kind: str, text: str, **more: Any) -> Post:
        number = self._world.next_message_id(bot)
        text, entities = finish(text, [])
        post = Post(
            id=number,
            bot=bot.username,
            person=person.id,
            by_bot=False,
            date=self._world.clock.now(),
            kind=kind,
            text=text or None,
            entities=entities,
            **more,
        )
        self._world.keep_post(post, "message")
        self._queue(bot).add("message", f"chat:{person.id}", message(self._world, post), person.id, number)
        return post
