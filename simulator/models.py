"""What the simulator remembers: bots, people, chats, messages, files. Moments are Unix seconds (float)."""

from typing import Any, Literal

import msgspec

Json = dict[str, Any]
Platform = Literal["telegram", "zalo_bot", "zalo_oa"]


class Person(msgspec.Struct):
    """Somebody with a phone. `started` and `blocked` hold usernames of bots; `note`: a slip of paper.

    `bot`: the account to which the phone on the page is bound; empty: the first there is. `large`: type.
    """

    id: int
    name: str
    role: str = ""
    large: bool = False
    language: str = "vi"
    shown: bool = True
    note: str = ""
    bot: str = ""
    started: set[str] = msgspec.field(default_factory=set)
    blocked: set[str] = msgspec.field(default_factory=set)


class Webhook(msgspec.Struct):
    """Where a bot wants its updates; `url` is empty while there is none."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error_at: int | None = None
    last_error: str | None = None
    gone_since: float | None = None


class Bot(msgspec.Struct):
    """One account of a platform. `texts` keeps name and descriptions by (field, language).

    An Official Account's token is OA_ID:APP_ID:APP_SECRET:OA_SECRET:REFRESH_TOKEN, the first of these.
    """

    token: str
    username: str
    title: str
    platform: Platform = "telegram"
    last_message_id: int = 0
    last_update_id: int = 0
    webhook: Webhook = msgspec.field(default_factory=Webhook)
    allowed_updates: list[str] | None = None
    commands: dict[str, list[Json]] = msgspec.field(default_factory=dict)
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    menu_buttons: dict[str, Json] = msgspec.field(default_factory=dict)

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])


class StoredFile(msgspec.Struct):
    """A file either side sent. `owner` is the bot whose file_id this is; bytes lie in the file folder."""

    file_id: str
    unique_id: str
    owner: str
    kind: str
    name: str
    size: int
    mime: str
    path: str
    width: int | None = None
    height: int | None = None
    duration: int = 0


class Post(msgspec.Struct, kw_only=True):
    """One message of one private chat. `text` is the caption when there is a file."""

    id: int
    bot: str
    person: int
    by_bot: bool
    date: float
    kind: str = "text"
    edited: float | None = None
    text: str | None = None
    entities: list[Json] = msgspec.field(default_factory=list)
    file: StoredFile | None = None
    location: Json | None = None
    markup: Json | None = None
    reply_to: int | None = None
    album: str | None = None
    extras: Json = msgspec.field(default_factory=dict)
    read: bool = False


class Chat(msgspec.Struct):
    """What one person and one bot have said. `keyboard` is the reply keyboard on the person's phone."""

    bot: str
    person: int
    keyboard: list[list[Json]] | None = None
    posts: dict[int, Post] = msgspec.field(default_factory=dict)


class Tap(msgspec.Struct):
    """A pressed button that waits for its answer."""

    id: str
    bot: str
    person: int
    message_id: int
    at: float
    answered: bool = False


class Pending(msgspec.Struct):
    """An update that waits for the bot. `body` is JSON as it will be sent; `key` orders deliveries.

    `shown_id` is the update_id inside the body: another than `id` only for updates put in by hand.
    `needs` is how often a fault wants it delivered before it may be confirmed.
    """

    id: int
    bot: str
    kind: str
    key: str
    expires: float
    body: bytes
    shown_id: int | None = None
    delivered: bool = False
    deliveries: int = 0
    needs: int = 0
    person: int = 0
    message_id: int = 0
