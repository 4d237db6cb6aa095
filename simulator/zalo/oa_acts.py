"""What people do on their phones towards an Official Account, and its events (zalo.md 3.9)."""

import re
from typing import Any

from simulator.errors import Refused
from simulator.models import Person, Post
from simulator.telegram.entities import split_text
from simulator.views import buttons_of
from simulator.zalo.bot_acts import TEXT
from simulator.zalo.ids import hex_id
from simulator.zalo.oa_account import ZaloOa
from simulator.zalo.oa_calls import phone_of
from simulator.zalo.oa_content import REQUEST

_LINK = re.compile(r"https?://\S+")
_EVENTS = {
    "photo": ("user_send_image", "image"),
    "document": ("user_send_file", "file"),
    "voice": ("user_send_audio", "audio"),
    "sticker": ("user_send_sticker", "sticker"),
}


class OaActs:
    """The acts of the people door for one account."""

    def __init__(self, account: ZaloOa) -> None:
        self._account = account
        self._world = account.world

    def say(self, person: Person, text: str) -> list[int]:
        self._may_write(person)
        if not text.strip():
            raise Refused("a phone does not send an empty message")
        return [self._say(person, piece).id for piece in split_text(text, TEXT) if piece.strip()]

    def _say(self, person: Person, text: str) -> Post:
        post = self._account.chats.person_says(person, text)
        if _LINK.fullmatch(text.strip()):
            link = {"title": "", "description": "", "thumbnail": "", "url": text.strip()}
            self._tell("user_send_link", post, person, text=text, attachments=[_attachment("link", link)])
        else:
            self._tell("user_send_text", post, person, text=text)
        return post

    def _tell(self, event: str, post: Post, person: Person, **message: Any) -> None:
        self._account.interacted(person)
        content = {"msg_id": self._account.ids.message(post.id), **message}
        self._account.tell(event, person, post.id, message=content)

    def start(self, person: Person, payload: str = "") -> int:
        """Opens the chat and follows. No payload is known to reach the account (zalo.md 3.12)."""
        if payload:
            raise Refused("a Zalo link carries no payload: the person types the code")
        name = self._account.bot.username
        if name in person.blocked:
            person.blocked.discard(name)
            self._world.events.tell("blocked", person=person.id, bot=name, blocked=False)
        person.started.add(name)
        self._world.keep_person(person)
        self._follow(person)
        return 0

    def _follow(self, person: Person) -> None:
        state = self._account.state
        state.left = [other for other in state.left if other != person.id]
        if person.id not in state.followers:
            state.followers.append(person.id)
            self._account.tell("follow", person, follower={"id": self._account.ids.of(person.id)})
        self._account.keep()

    def block(self, person: Person, *, blocked: bool) -> None:
        """Stops following, or begins again."""
        name, state = self._account.bot.username, self._account.state
        if not blocked:
            self.start(person)
            return
        if name in person.blocked:
            return
        person.blocked.add(name)
        self._world.keep_person(person)
        self._world.events.tell("blocked", person=person.id, bot=name, blocked=True)
        state.followers = [other for other in state.followers if other != person.id]
        state.left.append(person.id)
        self._account.keep()
        self._account.tell("unfollow", person, follower={"id": self._account.ids.of(person.id)})

    def file(self, person: Person, kind: str, name: str, data: bytes, caption: str, mime: str) -> int:
        self._may_write(person)
        if kind not in _EVENTS:
            raise Refused(f"unknown kind of file: {kind[:40]!r}")
        if not data:
            raise Refused("the file is empty")
        file = self._account.chats.keep(kind, name or kind, data, mime)
        post = self._account.chats.person_says(person, caption, kind, file=file)
        url = f"{self._account.base}/{file.file_id}"
        event, what = _EVENTS[kind]
        payload = {
            "photo": {"url": url, "thumbnail": url},
            "document": {"url": url, "name": file.name, "size": str(file.size), "checksum": "",
                         "type": file.name.rpartition(".")[2]},
            "voice": {"url": url},
            "sticker": {"id": file.unique_id, "url": url},
        }[kind]  # fmt: skip
        text = {"text": caption} if caption else {}
        self._tell(event, post, person, **text, attachments=[_attachment(what, payload)])
        return post.id

    def place(self, person: Person, latitude: float, longitude: float) -> int:
        self._may_write(person)
        where = {"latitude": latitude, "longitude": longitude}
        post = self._account.chats.person_says(person, "", "location", location=where)
        coordinates = {"latitude": str(latitude), "longitude": str(longitude)}
        place = _attachment("location", {"coordinates": coordinates})
        self._tell("user_send_location", post, person, text="", attachments=[place])
        return post.id

    def tap(self, person: Person, post: Post, row: int, column: int) -> dict[str, Any]:
        """{"callback_id"}: the payload goes out as this person's text; {"url"} for a link."""
        try:
            button = buttons_of(post)[row][column] if min(row, column) >= 0 else None
        except IndexError:
            button = None
        if button is None:
            raise Refused("there is no such button", 404)
        if "url" in button:
            return {"url": button["url"]}
        if button.get("type") == REQUEST:
            return self._share(person, post.id)
        if "callback_data" not in button:
            raise Refused("this button sends nothing to the account")
        shown = button.get("type") == "oa.query.show"
        return self._press(person, post.id, button["callback_data"], button["text"], shown=shown)

    def forge(self, person: Person, message_id: int, data: str) -> dict[str, Any]:
        """A press as a modified client can make it."""
        return self._press(person, message_id, data, "", shown=False)

    def _press(self, person: Person, number: int, data: str, label: str, *, shown: bool) -> dict[str, Any]:
        self._may_write(person)
        if shown:
            own = self._account.chats.person_says(person, data).id
        else:
            own = self._world.next_message_id(self._account.bot)
        if self._account.switches.press_counts:
            self._account.interacted(person)
        message = {"msg_id": self._account.ids.message(own), "text": data}
        self._account.tell("user_send_text", person, own, message=message)
        return self._pressed(person, number, label, message["msg_id"])

    def _share(self, person: Person, number: int) -> dict[str, Any]:
        """Gives name and phone, as asked for."""
        self._may_write(person)
        info = {"name": person.name, "phone": phone_of(person), "address": "", "city": "", "district": "",
                "ward": ""}  # fmt: skip
        self._account.interacted(person)
        self._account.tell("user_submit_info", person, info=info)
        return self._pressed(person, number, "", hex_id("info", person.id, number))

    def _pressed(self, person: Person, number: int, label: str, callback: str) -> dict[str, Any]:
        """The page waits for an answer to a press; Zalo has none, so it comes at once and says nothing."""
        place = {"person": person.id, "bot": self._account.bot.username}
        self._world.events.tell("tap", **place, message_id=number, label=label, callback_id=callback)
        self._world.events.tell("toast", **place, text="", alert=False, callback_id=callback)
        return {"callback_id": callback}

    def raw(self, update: dict[str, Any] | str) -> int:
        """Anything at all, signed as it stands."""
        body = update.encode() if isinstance(update, str) else update
        return self._account.waiting.put("raw", body).id

    def _may_write(self, person: Person) -> None:
        if self._account.bot.username in person.blocked:
            raise Refused("this person no longer follows the account: follow first")


def _attachment(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "payload": payload}
