"""What people do on their phones towards a Zalo bot, and what the bot hears of it: less than elsewhere."""

import re
from typing import Any

from simulator.errors import Refused
from simulator.models import Bot, Person, Post
from simulator.telegram.entities import split_text
from simulator.zalo.bot_account import UNSUPPORTED, ZaloBot
from simulator.zalo.ids import GROUP

TEXT = 2000
_LINK = re.compile(r"https?://\S+")
_NO_BUTTONS = Refused("Zalo bots have no buttons", 409)
_KINDS = {"photo": "message.image.received", "sticker": "message.sticker.received",
          "voice": "message.voice.received", "document": UNSUPPORTED}  # fmt: skip
_TYPES = {"photo": "CHAT_PHOTO", "voice": "CHAT_VOICE"}


class BotActs:
    """The acts of the people door for one bot."""

    def __init__(self, account: ZaloBot) -> None:
        self._account = account
        self._world = account.world

    def say(self, person: Person, text: str) -> list[int]:
        """A text that is nothing but a link gets a preview, and the bot then no content (zalo.md 2.5)."""
        self._may_write(person)
        if not text.strip():
            raise Refused("a phone does not send an empty message")
        pieces = [piece for piece in split_text(text, TEXT) if piece.strip()]
        return [self._say(person, person, piece).id for piece in pieces]

    def _say(self, chat: Person, author: Person, text: str) -> Post:
        post = self._account.chats.person_says(chat, text)
        if _LINK.fullmatch(text.strip()):
            self._account.tell(UNSUPPORTED, post, author)
        else:
            self._account.tell("message.text.received", post, author, message_type="CHAT_MESSAGE", text=text)
        return post

    def group(self, title: str) -> Person:
        """A new group chat; it stands among the people, with a role no person has."""
        group = Person(self._world.next_person_id(), title, GROUP, shown=False)
        self._world.keep_person(group)
        return group

    def say_in_group(self, author: Person, group: Person, text: str, *, mention: bool) -> int:
        """The bot hears only what names it, or answers it (zalo.md 2.6)."""
        if group.role != GROUP:
            raise Refused("this is no group", 404)
        if mention:
            return self._say(group, author, f"@{self._account.bot.title} {text}").id
        return self._account.chats.person_says(group, text).id

    def start(self, person: Person, payload: str = "") -> int:
        """Opens the chat. Zalo tells the bot nothing of it, and carries no payload (zalo.md 2.8)."""
        if payload:
            raise Refused("a Zalo link carries no payload: the person types the code")
        self.block(person, blocked=False)
        name = self._account.bot.username
        if name not in person.started:
            person.started.add(name)
            self._world.keep_person(person)
        return 0

    def file(self, person: Person, kind: str, name: str, data: bytes, caption: str, mime: str) -> int:
        self._may_write(person)
        if kind not in _KINDS:
            raise Refused(f"unknown kind of file: {kind[:40]!r}")
        if not data:
            raise Refused("the file is empty")
        file = self._account.chats.keep(kind, name or kind, data, mime)
        post = self._account.chats.person_says(person, caption, kind, file=file)
        content: dict[str, Any] = {"message_type": _TYPES[kind]} if kind in _TYPES else {}
        url = f"{self._account.base}/{file.file_id}"
        if kind == "photo":
            content |= {self._account.switches.photo_field: url} | ({"caption": caption} if caption else {})
        elif kind == "sticker":
            content |= {"sticker": file.unique_id, "url": url}
        elif kind == "voice":
            content["voice_url"] = url
        self._account.tell(_KINDS[kind], post, person, **content)
        return post.id

    def place(self, person: Person, latitude: float, longitude: float) -> int:
        """A place is not delivered (zalo.md section 4)."""
        self._may_write(person)
        where = {"latitude": latitude, "longitude": longitude}
        return self._account.chats.person_says(person, "", "location", location=where).id

    def block(self, person: Person, *, blocked: bool) -> None:
        """The bot hears nothing of it."""
        name = self._account.bot.username
        if (name in person.blocked) != blocked:
            (person.blocked.add if blocked else person.blocked.discard)(name)
            self._world.keep_person(person)
            self._world.events.tell("blocked", person=person.id, bot=name, blocked=blocked)

    def tap(self, _person: Person, _post: Post, _row: int, _column: int) -> dict[str, Any]:
        raise _NO_BUTTONS

    def forge(self, _person: Person, _message_id: int, _data: str) -> dict[str, Any]:
        raise _NO_BUTTONS

    def raw(self, update: dict[str, Any] | str) -> int:
        """Anything at all, as an update."""
        body = update.encode() if isinstance(update, str) else update
        return self._account.waiting.put("raw", body).id

    def _may_write(self, person: Person) -> None:
        if self._account.bot.username in person.blocked:
            raise Refused("this person has blocked the bot: unblock first")


def leads_to(bot: Bot, link: str) -> bool:
    """https://bot.zaloplatforms.com/bots/<id> and https://zalo.me/<id> (zalo.md 2.8, 3.12)."""
    number = bot.token.partition(":")[0]
    return re.fullmatch(rf"https://(bot\.zaloplatforms\.com/bots|zalo\.me)/{number}(\?.*)?", link) is not None
