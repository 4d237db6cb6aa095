"""The queue of one bot: what waits, for how long, and what is forgotten (telegram.md A4)."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import msgspec

from simulator.faults import Fault
from simulator.models import Bot, Pending
from simulator.world import World

LIFE = 24 * 3600.0  # seconds
TAP_LIFE = 150.0
SHORT_LIVED = {"callback_query", "shipping_query", "pre_checkout_query"}
MOST_REPEATED = 100  # updates delivered several times together
BATCH_BYTES = 4 * 1024 * 1024
KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection",
    "business_message", "edited_business_message", "deleted_business_messages", "message_reaction",
    "message_reaction_count", "inline_query", "chosen_inline_result", "callback_query", "shipping_query",
    "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member",
    "chat_join_request", "chat_boost", "removed_chat_boost",
)  # fmt: skip
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
_RAW = "raw"

_encode = msgspec.json.encode


class Queue:
    """Updates in the order of their numbers; `changed` is called when one arrives."""

    def __init__(self, world: World, bot: Bot, waiting: list[Pending]) -> None:
        self._world = world
        self.bot = bot
        self.items: dict[int, Pending] = {p.id: p for p in sorted(waiting, key=lambda p: p.id)}
        self.changed: Callable[[Pending], None] = lambda _: None
        self._arrived: asyncio.Event = asyncio.Event()

    def allows(self, kind: str) -> bool:
        allowed = self.bot.allowed_updates
        if kind == _RAW:
            return True
        return kind in allowed if allowed is not None else kind not in _NOT_BY_DEFAULT

    def allow(self, kinds: list[str] | None) -> None:
        """Remember the wanted kinds; a list with no known name in it means the default ones."""
        if kinds is not None:
            known = [kind for kind in kinds if kind in KINDS]
            self.bot.allowed_updates = known or None
            self._world.keep_bot(self.bot)

    def add(self, kind: str, key: str, content: dict[str, Any], person: int = 0, message_id: int = 0) -> None:
        """Queue one update unless its kind is not wanted at this time."""
        if self.allows(kind):
            number = self._next_number()
            body = _encode({"update_id": number, kind: content})
            life = TAP_LIFE if kind in SHORT_LIVED else LIFE
            expires = self._world.clock.now() + life
            self._put(
                Pending(
                    number,
                    self.bot.username,
                    kind,
                    key,
                    expires,
                    body,
                    number,
                    person=person,
                    message_id=message_id,
                )
            )

    def add_raw(self, update: dict[str, Any] | str) -> int:
        """Queue whatever it is. A text goes out as it stands, once; an object may lack a number."""
        number, shown = self._next_number(), None
        if isinstance(update, dict):
            shown = update.setdefault("update_id", number)
            if isinstance(shown, int) and shown > number:
                number = self.bot.last_update_id = shown
        body = update.encode() if isinstance(update, str) else _encode(update)
        kind = next((k for k in KINDS if isinstance(update, dict) and k in update), _RAW)
        life = TAP_LIFE if kind in SHORT_LIVED else LIFE
        shown = shown if isinstance(shown, int) else None
        expires = self._world.clock.now() + life
        self._put(Pending(number, self.bot.username, kind, f"raw:{number}", expires, body, shown))
        return number

    def _next_number(self) -> int:
        self.bot.last_update_id += 1
        self._world.keep_bot(self.bot)
        return self.bot.last_update_id

    def _put(self, update: Pending) -> None:
        self.items[update.id] = update
        self._world.store.put("update", _key(update), update)
        self._world.journal.totals["updates_queued"] += 1
        self._arrived.set()
        self.changed(update)

    def remove(self, update: Pending, total: str) -> None:
        """Forget one; `total` is the counter it goes to."""
        if self.items.pop(update.id, None) is not None:
            self._world.store.drop("update", _key(update))
            self._world.journal.totals[total] += 1

    def upset(self) -> int:
        """How often a fault wants each update delivered, at least; 0 while all goes in order."""
        faults = self._world.faults
        again = faults.of_kind("duplicates", self.bot.username)
        least = 1 if self.shuffling() else 0
        return max(least, int(again.settings.get("times", 2)) if again else 0)

    def shuffling(self) -> Fault | None:
        """The fault that puts updates out of order, if there is one."""
        return self._world.faults.of_kind("disorder", self.bot.username)

    def confirm(self, update: Pending) -> bool:
        """The bot is done with it; False when a fault wants it delivered again."""
        update.needs = max(update.needs, self.upset())
        if update.deliveries < update.needs:
            return False
        self.remove(update, "updates_confirmed")
        return True

    def delivered(self, update: Pending) -> None:
        """The bot has been sent this update: on the phone it now counts as read."""
        update.delivered = True
        update.deliveries += 1
        self._world.journal.totals["updates_delivered"] += 1
        post = self._world.find(self.bot.username, update.person, update.message_id)
        if post is not None and not post.by_bot and not post.read:
            post.read = True
            self._world.keep_post(post)

    def expire(self) -> None:
        now = self._world.clock.now()
        for update in [u for u in self.items.values() if u.expires <= now]:
            self.remove(update, "updates_expired")

    def confirm_below(self, offset: int) -> None:
        """Everything with a smaller number is done with; a raw text is, once it was sent.

        What a fault has mixed up stays until it was delivered as often as the fault wants.
        """
        for update in list(self.items.values()):
            foreign = update.shown_id != update.id and update.delivered
            if update.id < offset or (foreign and (update.shown_id is None or update.shown_id < offset)):
                if update.deliveries >= update.needs:
                    self.remove(update, "updates_confirmed")
            elif update.id > offset and not foreign:
                break

    def keep_last(self, count: int) -> None:
        """A negative offset: all but the last `count` are forgotten."""
        for update in list(self.items.values())[: max(0, len(self.items) - count)]:
            self.remove(update, "updates_confirmed")

    def clear(self) -> None:
        for update in list(self.items.values()):
            self.remove(update, "updates_confirmed")

    def first(self, limit: int) -> list[Pending]:
        """The earliest updates, at most `limit` and about 4 MB."""
        batch: list[Pending] = []
        size = 0
        for update in self._in_turn():
            size += len(update.body)
            if len(batch) == limit or (batch and size > BATCH_BYTES):
                break
            batch.append(update)
        return batch

    def _in_turn(self) -> Iterable[Pending]:
        least, shuffling = self.upset(), self.shuffling()
        if not least:
            return self.items.values()
        window = int(shuffling.settings.get("window", 200)) if shuffling else MOST_REPEATED
        waiting = list(islice(self.items.values(), window))
        for update in waiting:
            update.needs = max(update.needs, least)
        if shuffling:
            shuffling.random.shuffle(waiting)
        return waiting

    async def arrival(self, seconds: float) -> None:
        """Wait until something is there, at most so long (real time)."""
        if self.items:  # it came before this wait had begun
            return
        self._arrived.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            return


def _key(update: Pending) -> str:
    return f"{update.bot}/{update.id:012}"
