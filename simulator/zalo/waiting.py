"""Updates that wait for an account: kept over restarts, taken by a poll or pushed to a webhook."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import msgspec

from simulator.models import Bot, Pending
from simulator.world import World

ROW = "zalo_update"

_encode = msgspec.json.encode


class Waiting:
    """In the order they came; `arrived` is called for each new one."""

    def __init__(self, world: World, bot: Bot, stored: Iterable[Pending] = ()) -> None:
        self._world = world
        self._bot = bot
        self.items: dict[int, Pending] = {p.id: p for p in sorted(stored, key=lambda p: p.id)}
        self.arrived: Callable[[Pending], None] = lambda _: None

    @property
    def bot(self) -> str:
        return self._bot.username

    def put(self, event: str, body: dict[str, Any] | bytes, person: int = 0, message_id: int = 0) -> Pending:
        """`body` is the bare update; `person` orders deliveries."""
        self._bot.last_update_id += 1
        self._world.keep_bot(self._bot)
        number = self._bot.last_update_id
        content = body if isinstance(body, bytes) else _encode(body)
        update = Pending(number, self._bot.username, event, str(person), 0.0, content)
        update.person, update.message_id = person, message_id
        self.items[number] = update
        self._world.store.put(ROW, _key(update), update)
        self._world.journal.totals["updates_queued"] += 1
        self.arrived(update)
        return update

    def remove(self, update: Pending, total: str = "updates_confirmed") -> None:
        if self.items.pop(update.id, None) is not None:
            self._world.store.drop(ROW, _key(update))
            self._world.journal.totals[total] += 1

    def delivered(self, update: Pending) -> None:
        """The program has been sent this update: on the phone it now counts as read."""
        self._world.journal.totals["updates_delivered"] += 1
        post = self._world.find(self._bot.username, update.person, update.message_id)
        if post is not None and not post.by_bot and not post.read:
            post.read = True
            self._world.keep_post(post)

    def take(self, chance: Random | None = None) -> Pending | None:
        """The earliest one, or any by `chance`; it is forgotten here."""
        update = next(iter(self.items.values()), None)
        if update is not None and chance is not None:
            update = chance.choice(list(self.items.values()))
        if update is not None:
            self.remove(update)
        return update


def _key(update: Pending) -> str:
    return f"{update.bot}/{update.id:012}"
