"""The page's story: the month, played by the people of this world at a pace that can be watched.

The players are the same as the walk's and use the same doors, over HTTP against this very process.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

from simulator.doors.reading import json_body
from simulator.errors import Refused
from simulator.models import Bot, Person
from simulator.month.accounts import Account
from simulator.month.cast import Player, Post
from simulator.security import Guard
from simulator.world import World

log = logging.getLogger(__name__)
Json = dict[str, Any]
ENDED_EARLY = "Dừng giữa chừng: trợ lý chưa trả lời"
_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_POSTS = {"bí thư": Post.SECRETARY, "phó bí thư": Post.COMMITTEE, "chi ủy viên": Post.COMMITTEE}


class Show:
    """Starts and stops the story, and says how far it is."""

    def __init__(self, world: World, guard: Guard) -> None:
        self._world = world
        self._guard = guard
        self._task: asyncio.Task[None] | None = None
        self._told: Json = {"text": ""}

    @property
    def _runs(self) -> bool:
        return self._task is not None and not self._task.done()

    def view(self) -> Json | None:
        """What the page shows: nothing while the people on it cannot join."""
        shown = [person for person in self._world.people.values() if person.shown]
        able = bool(shown) and bool(self._world.bots) and all(p.note or p.started for p in shown)
        return self._told if self._runs or able else None

    def with_story(self, state: Callable[[Request], Awaitable[Json]]) -> Callable[[Request], Awaitable[Json]]:
        """The state of the world with the story in it."""

        async def told(request: Request) -> Json:
            return {**await state(request), "story": self.view()}

        return told

    async def change(self, request: Request) -> Json:
        """{"action": "start" | "stop"}."""
        action = (await json_body(request)).get("action")
        if action == "stop":
            await self._stop()
        elif action != "start":
            raise Refused("say start or stop")
        elif not self._runs:
            if self.view() is None:
                raise Refused("somebody on the page has no slip with a code", 409)
            self._task = asyncio.create_task(self._play())
        return {"story": self.view()}

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._tell(0, 0, "")

    def _tell(self, done: int, total: int, text: str) -> None:
        self._told = {"step": done, "done": done, "total": total, "text": text}
        self._world.events.tell("story", **self._told)

    async def _play(self) -> None:
        from simulator.month.watched import watch  # brings httpx, which the simulator itself does not need

        bots = list(self._world.bots.values())
        players = [player_of(person, bots) for person in self._world.people.values()]
        try:
            await watch(f"http://127.0.0.1:{self._guard.port}", self._guard.key, players, self._tell)
        except Exception:
            log.warning("the story ended early", exc_info=True)
            self._tell(self._told.get("done", 0), self._told.get("total", 1), ENDED_EARLY)


def player_of(person: Person, bots: list[Bot]) -> Player:
    """A person of this world as a player: code from the slip, post and branch from 'post · branch'."""
    bot = next((bot for bot in bots if bot.username == person.bot), bots[0])
    code = _CODE.search(person.note)
    post, _, branch = person.role.partition(" · ")
    return Player(
        person.id,
        person.name,
        branch or post,
        code[0] if code else "",
        posts_of(post),
        person.shown,
        (Account(bot.platform, bot.username),),
    )


def posts_of(post: str) -> frozenset[Post]:
    """What a post means in the play."""
    said = post.strip().lower()
    if not said or said.startswith("đảng viên"):
        return frozenset()
    if said.startswith("lãnh đạo"):
        return frozenset({Post.LEADER})
    return frozenset({_POSTS.get(said, Post.OTHER)})
