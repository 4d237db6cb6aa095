"""One simulated world: bots, people and what they say to each other. Rules of a platform are not here."""

from typing import Any

from simulator.clock import Clock, iso
from simulator.errors import Refused
from simulator.events import Events
from simulator.faults import Faults
from simulator.files import Files
from simulator.journal import Journal
from simulator.models import Bot, Chat, Person, Platform, Post
from simulator.store import Store
from simulator.verdict import Verdict
from simulator.views import person_view, post_view, unread_in

FIRST_PERSON = 5_100_000_001


class World:
    """The state of everything, loaded from the store at start and written back behind."""

    def __init__(self, store: Store, pause_scale: float = 1.0) -> None:
        self.store = store
        self.pause_scale = pause_scale
        self.clock = Clock()
        self.events = Events()
        self.journal = Journal()
        self.faults = Faults(self.clock)
        self.verdict = Verdict()
        self.files = Files(store)
        self.people: dict[int, Person] = {p.id: p for p in store.rows("person", Person)}
        self._last_person = max(self.people, default=0)
        self.bots: dict[str, Bot] = {b.username: b for b in store.rows("bot", Bot)}
        self.by_token: dict[str, Bot] = {
            b.token: b for b in self.bots.values() if b.platform == "telegram"
        }  # the other platforms keep their own
        self.chats: dict[tuple[str, int], Chat] = {}
        self._load_chats()

    def _load_chats(self) -> None:
        for chat in self.store.rows("chat", Chat):
            self.chats[chat.bot, chat.person] = chat
        for post in self.store.rows("post", Post):
            self.chat(post.bot, post.person).posts[post.id] = post
        for offset in self.store.rows("offset", float):
            self.clock.move(offset)

    def moved_clock(self) -> None:
        """Remember the clock's offset and tell the page."""
        self.store.put("offset", "clock", self.clock.offset)
        self.events.tell("clock", **self.clock_view())

    def clock_view(self) -> dict[str, Any]:
        due = self.clock.follower.next_due
        now = iso(self.clock.now())
        return {"now": now, "offset": self.clock.offset, "next_due": None if due is None else iso(due)}

    def add_bot(self, token: str, username: str, title: str, platform: Platform = "telegram") -> Bot:
        """A bot that is known already keeps its state; a changed token or title is taken over.

        Raises Refused where it is of another platform.
        """
        known = self.bots.get(username)
        if known is not None and known.platform != platform:
            raise Refused(f"{username} is of the platform {known.platform}")
        bot = known or Bot(token, username, title, platform)
        if known is not None:
            self.by_token.pop(known.token, None)
            known.token, known.title = token, title
        self.bots[username] = bot
        if platform == "telegram":
            self.by_token[token] = bot
        self.keep_bot(bot)
        return bot

    def keep_bot(self, bot: Bot) -> None:
        self.store.put("bot", bot.username, bot)

    def bot(self, username: str | None) -> Bot:
        """The named bot; without a name the only or first one. Raises Refused."""
        if not username and self.bots:
            return next(iter(self.bots.values()))
        wanted = str(username).lstrip("@").lower()
        for name, bot in self.bots.items():
            if name.lower() == wanted:
                return bot
        raise Refused(f"there is no bot called {str(username)[:40]!r}", 404)

    def person(self, person_id: object) -> Person:
        known = self.people.get(person_id) if isinstance(person_id, int) else None
        if known is None:
            raise Refused(f"there is no person {str(person_id)[:40]!r}", 404)
        return known

    def keep_person(self, person: Person, *, tell: bool = True) -> None:
        self.people[person.id] = person
        self._last_person = max(self._last_person, person.id)
        self.store.put("person", person.id, person)
        if tell:
            self.events.tell("person", person=self.person_view(person))

    def next_person_id(self) -> int:
        self._last_person = max(self._last_person, FIRST_PERSON - 1) + 1
        return self._last_person

    def person_view(self, person: Person) -> dict[str, Any]:
        bots = list(self.bots.values())
        unread = sum(
            unread_in(self.chats[b.username, person.id])
            for b in bots
            if (b.username, person.id) in self.chats
        )
        return person_view(person, bots, unread)

    def chat(self, bot: str, person: int) -> Chat:
        chat = self.chats.get((bot, person))
        if chat is None:
            chat = self.chats[bot, person] = Chat(bot, person)
        return chat

    def set_keyboard(self, chat: Chat, rows: list[list[dict[str, Any]]] | None) -> None:
        chat.keyboard = rows
        self.store.put("chat", f"{chat.bot}/{chat.person}", Chat(chat.bot, chat.person, rows))
        self.events.tell("keyboard", person=chat.person, bot=chat.bot, rows=rows)

    def find(self, bot: str, person: int, message_id: int) -> Post | None:
        chat = self.chats.get((bot, person))
        return chat.posts.get(message_id) if chat else None

    def next_message_id(self, bot: Bot) -> int:
        bot.last_message_id += 1
        self.keep_bot(bot)
        return bot.last_message_id

    def keep_post(self, post: Post, event: str | None = None) -> None:
        """Remember a new or changed message; `event` names what the page is told."""
        self.chat(post.bot, post.person).posts[post.id] = post
        self.store.put("post", _post_key(post), post)
        if event:
            self.events.tell(event, person=post.person, bot=post.bot, message=post_view(post))

    def received(self, bot: str, text: str, *, exact: bool) -> dict[int, int]:
        """How many messages of the bot each person has whose text or caption holds, or is, `text`."""
        counts: dict[int, int] = {}
        for (username, person), chat in self.chats.items():
            if username == bot:
                own = [post.text or "" for post in chat.posts.values() if post.by_bot]
                count = own.count(text) if exact else sum(text in words for words in own)
                if count:
                    counts[person] = count
        return counts

    def drop_post(self, post: Post) -> None:
        self.chat(post.bot, post.person).posts.pop(post.id, None)
        self.store.drop("post", _post_key(post))
        self.events.tell("deleted", person=post.person, bot=post.bot, message_id=post.id)

    def mark_read(self, chat: Chat) -> None:
        """The person has looked at everything the bot said."""
        unread = [post for post in chat.posts.values() if post.by_bot and not post.read]
        for post in unread:
            post.read = True
            self.keep_post(post)
        if unread and chat.person in self.people:
            self.events.tell("person", person=self.person_view(self.people[chat.person]))


def _post_key(post: Post) -> str:
    return f"{post.bot}/{post.person}/{post.id:010}"
