"""People's acts towards Zalo accounts, in the shape of the other platform's acts."""

from typing import Any, Protocol

from simulator.errors import Refused
from simulator.models import Bot, Person, Post
from simulator.views import button_view, buttons_of
from simulator.zalo.bot_acts import BotActs, leads_to
from simulator.zalo.ids import ZALO_OA
from simulator.zalo.oa_acts import OaActs
from simulator.zalo.platform import Zalo


class Hand(Protocol):
    """One person's acts towards one kind of account."""

    def say(self, person: Person, text: str) -> list[int]: ...
    def start(self, person: Person, payload: str = "") -> int: ...
    def file(self, person: Person, kind: str, name: str, data: bytes, caption: str, mime: str) -> int: ...
    def place(self, person: Person, latitude: float, longitude: float) -> int: ...
    def block(self, person: Person, *, blocked: bool) -> None: ...
    def tap(self, person: Person, post: Post, row: int, column: int) -> dict[str, Any]: ...
    def forge(self, person: Person, message_id: int, data: str) -> dict[str, Any]: ...
    def raw(self, update: dict[str, Any] | str) -> int: ...


class ZaloActs:
    def __init__(self, zalo: Zalo) -> None:
        self._zalo = zalo
        self._world = zalo.world

    def hand(self, bot: Bot) -> Hand:
        if bot.platform == ZALO_OA:
            return OaActs(self._zalo.oas[bot.username])
        return BotActs(self._zalo.bots[bot.username])

    def say(self, person: Person, bot: Bot, text: str) -> list[int]:
        return self.hand(bot).say(person, text)

    def start(self, person: Person, bot: Bot, payload: str = "") -> int:
        return self.hand(bot).start(person, payload)

    def scan(self, person: Person, link: str) -> int | None:
        """Open the chat a link of Zalo leads to; None when it leads to none here."""
        for bot in self._world.bots.values():
            if bot.platform != "telegram" and leads_to(bot, link.strip()):
                return self.start(person, bot)
        return None

    def file(
        self, person: Person, bot: Bot, kind: str, name: str, data: bytes, caption: str, mime: str
    ) -> int:
        return self.hand(bot).file(person, kind, name, data, caption, mime)

    def place(self, person: Person, bot: Bot, latitude: float, longitude: float) -> int:
        return self.hand(bot).place(person, latitude, longitude)

    def edit(self, _person: Person, _bot: Bot, _message_id: int, _text: str) -> None:
        raise Refused("on Zalo nobody edits a message", 409)

    def block(self, person: Person, bot: Bot, *, blocked: bool) -> None:
        self.hand(bot).block(person, blocked=blocked)

    def tap(self, person: Person, bot: Bot, post: Post, row: int, column: int) -> dict[str, Any]:
        return self.hand(bot).tap(person, post, row, column)

    def tap_label(self, person: Person, bot: Bot, post: Post, label: str) -> dict[str, Any]:
        for row, buttons in enumerate(buttons_of(post)):
            for column, button in enumerate(buttons):
                if button_view(button)["text"] == label:
                    return self.tap(person, bot, post, row, column)
        raise Refused(f"there is no button {label[:64]!r}", 404)

    def newest_with(self, person: Person, bot: Bot, label: str) -> Post:
        """The newest message that has a button with this label."""
        posts = self._world.chat(bot.username, person.id).posts
        for post in reversed(list(posts.values())):
            if any(button["text"] == label for row in buttons_of(post) for button in row):
                return post
        raise Refused(f"no message has a button {label[:64]!r}", 404)

    def forge(self, person: Person, bot: Bot, message_id: int, data: str) -> dict[str, Any]:
        return self.hand(bot).forge(person, message_id, data)
