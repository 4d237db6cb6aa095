"""One call of one method: who calls, with what, and the helpers every method needs."""

from dataclasses import dataclass

from simulator.models import Bot, Person, Post, StoredFile
from simulator.telegram.arguments import Arguments, whole
from simulator.telegram.checks import PHOTO, UPLOAD, photo_fits
from simulator.telegram.errors import Refusal, bad, too_many
from simulator.telegram.objects import message
from simulator.telegram.platform import Telegram
from simulator.world import World

_NAMELESS = {"photo": "photo.jpg", "voice": "voice.ogg", "document": "file"}


@dataclass
class Call:
    telegram: Telegram
    bot: Bot
    args: Arguments

    @property
    def world(self) -> World:
        return self.telegram.world

    def addressee(self) -> Person:
        """The person behind `chat_id`, reachable and inside the flood limits. Raises Refusal."""
        person = self.telegram.reachable(self.bot, self.args.text("chat_id").strip())
        wait = self.telegram.floods.retry_after(self.bot.username, person.id, self.world.clock.now())
        if wait:
            raise too_many(wait)
        return person

    def own_post(self, what: str) -> Post:
        """The bot's own message named by chat_id and message_id. Raises Refusal."""
        if not self.args.text("message_id") and not self.args.text("inline_message_id"):
            raise bad("message identifier is not specified")
        person = self.addressee()
        post = self.world.find(self.bot.username, person.id, self.args.number("message_id"))
        if post is None:
            raise bad(f"message to {what} not found")
        if not post.by_bot:
            raise bad(f"message can't be {what}ed")
        return post

    def reply_to(self, person: Person) -> int | None:
        """The message answered to, by `reply_parameters` or the old `reply_to_message_id`."""
        given = self.args.json("reply_parameters", "reply parameters")
        named = whole(given.get("message_id")) if isinstance(given, dict) else 0
        wanted = named or self.args.number("reply_to_message_id")
        if not wanted:
            return None
        if self.world.find(self.bot.username, person.id, wanted):
            return wanted
        lenient = self.args.flag("allow_sending_without_reply")
        if lenient or (isinstance(given, dict) and given.get("allow_sending_without_reply")):
            return None
        raise bad("message to be replied not found")

    def media(self, kind: str, value: str) -> StoredFile:
        """A file by file_id, by upload (the value's own field or `attach://name`). Raises Refusal."""
        name = value.removeprefix("attach://") if value.startswith("attach://") else kind
        upload = self.args.uploads.get(name)
        if upload is not None:
            return self._upload(kind, upload.name, upload.data, upload.mime)
        if not value:
            raise bad(f"there is no {kind} in the request")
        if value.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        known = self.world.files.get(value)
        if known is None or known.owner != self.bot.username:
            raise bad("wrong file identifier/HTTP URL specified")
        if known.kind != kind:
            raise bad(f"can't use file of type {known.kind.title()} as {kind.title()}")
        return known

    def _upload(self, kind: str, name: str, data: bytes, mime: str) -> StoredFile:
        if not data:
            raise bad("file must be non-empty")
        if len(data) > UPLOAD:
            raise Refusal(413, "Request Entity Too Large")
        if kind == "photo" and len(data) > PHOTO:
            size = f"of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO} bytes"
            raise bad(f"file {size}")
        file = self.world.files.keep(self.bot.username, kind, name or _NAMELESS[kind], data, mime)
        if kind == "photo":
            if not file.width or not file.height:
                raise bad("IMAGE_PROCESS_FAILED")
            if not photo_fits(file.width, file.height):
                raise bad("PHOTO_INVALID_DIMENSIONS")
        return file

    def sent(self, post: Post) -> dict[str, object]:
        """Put the message into the chat and answer with it."""
        self.world.keep_post(post, "message")
        return message(self.world, post)

    def new_post(self, person: Person, kind: str, number: int | None = None) -> Post:
        """A message by the bot, numbered now unless a number is given."""
        number = self.world.next_message_id(self.bot) if number is None else number
        return Post(
            id=number,
            bot=self.bot.username,
            person=person.id,
            by_bot=True,
            date=self.world.clock.now(),
            kind=kind,
        )
