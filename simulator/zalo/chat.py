"""What both Zalo interfaces do with a chat: messages of the program and of the person, pictures."""

import asyncio
from collections.abc import Callable
from typing import Any

from simulator.models import Bot, Person, Post, StoredFile
from simulator.telegram.entities import finish
from simulator.world import World
from simulator.zalo.fetching import NotFetched, fetch

Entity = dict[str, Any]


class Chats:
    """The posts of one account's chats."""

    def __init__(self, world: World, bot: Bot) -> None:
        self._world = world
        self._bot = bot

    def bot_says(self, person: Person, text: str, kind: str = "text", **more: Any) -> Post:
        """Shows a message on the person's phone; `entities` among `more` stand as they are."""
        entities = more.pop("entities", None)
        if entities is None:
            text, entities = finish(text, [])
        return self._post(person, kind, text, entities, by_bot=True, **more)

    def person_says(self, person: Person, text: str, kind: str = "text", **more: Any) -> Post:
        text, entities = finish(text, [])
        if self._bot.username not in person.started:
            person.started.add(self._bot.username)
            self._world.keep_person(person)
        return self._post(person, kind, text, entities, by_bot=False, **more)

    def _post(
        self, person: Person, kind: str, text: str, entities: list[Entity], *, by_bot: bool, **more: Any
    ) -> Post:
        post = Post(
            id=self._world.next_message_id(self._bot),
            bot=self._bot.username,
            person=person.id,
            by_bot=by_bot,
            date=self._world.clock.now(),
            kind=kind,
            text=text or None,
            entities=entities,
            **more,
        )
        self._world.keep_post(post, "message")
        return post

    def keep(self, kind: str, name: str, data: bytes, mime: str = "") -> StoredFile:
        return self._world.files.keep(self._bot.username, kind, name, data, mime)

    def blacken(self, post: Post) -> None:
        """The picture is gone: a black field is left (zalo.md 2.4, sendPhoto)."""
        post.file = None
        post.extras["black"] = True
        self._world.keep_post(post, "edited")


class Later:
    """Things that happen after a call was answered."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def look_again(self, url: str, seconds: float, told: Callable[[bool], None]) -> None:
        """Fetch the address once more after so many real seconds, and tell whether it was there."""
        task = asyncio.get_running_loop().create_task(self._look(url, seconds, told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self, url: str, seconds: float, told: Callable[[bool], None]) -> None:
        await asyncio.sleep(seconds)
        try:
            await fetch(url)
        except NotFetched:
            told(False)  # noqa: FBT003 - the answer to "was it there"
        else:
            told(True)  # noqa: FBT003

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
