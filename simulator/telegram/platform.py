"""The platform as one object: the world, and what Telegram keeps beside it for each bot."""

import secrets
from collections.abc import Awaitable, Callable

from simulator.floods import Floods
from simulator.models import Bot, Pending, Person, Tap
from simulator.telegram import errors
from simulator.telegram.errors import bad, forbidden
from simulator.telegram.polling import Poller
from simulator.telegram.updates import TAP_LIFE, Queue
from simulator.telegram.webhooks import Deliverer
from simulator.telegram.wire import Wire
from simulator.world import World

FIRST_UPDATE = 310_000_000  # update ids begin at some positive number


class Telegram:
    """Queues, pollers, webhooks and unanswered taps of all bots."""

    def __init__(self, world: World, floods: Floods) -> None:
        self.world = world
        self.floods = floods
        self.wire = Wire()
        self.at_close: list[Callable[[], Awaitable[None]]] = []
        self.queues: dict[str, Queue] = {}
        self.pollers: dict[str, Poller] = {}
        self.deliverers: dict[str, Deliverer] = {}
        self.webhook_set_at: dict[str, float] = {}
        self.taps: dict[str, Tap] = {tap.id: tap for tap in world.store.rows("tap", Tap)}
        waiting: dict[str, list[Pending]] = {}
        for update in world.store.rows("update", Pending):
            waiting.setdefault(update.bot, []).append(update)
        for bot in world.bots.values():
            self.join(bot, waiting.get(bot.username, []))

    def join(self, bot: Bot, waiting: list[Pending] | None = None) -> None:
        """Give a bot its queue; a bot that has one keeps it."""
        if bot.username in self.queues:
            return
        bot.last_update_id = bot.last_update_id or FIRST_UPDATE
        queue = self.queues[bot.username] = Queue(self.world, bot, waiting or [])
        self.pollers[bot.username] = Poller(self.world, queue)
        deliverer = self.deliverers[bot.username] = Deliverer(self.world, queue)
        queue.changed = deliverer.take

    def mode(self, bot: Bot) -> str:
        if bot.webhook.url:
            return "webhook"
        return "polling" if self.pollers[bot.username].seen() else "none"

    def reachable(self, bot: Bot, chat_id: str) -> Person:
        """The person a bot may write to now. Raises Refusal as the platform would."""
        person = self.known_chat(bot, chat_id)
        if bot.username in person.blocked:
            raise forbidden("bot was blocked by the user")
        if bot.username not in person.started:
            raise forbidden("bot can't initiate conversation with a user")
        return person

    def known_chat(self, bot: Bot, chat_id: str) -> Person:
        if not chat_id:
            raise bad("chat_id is empty")
        try:
            number = int(chat_id)
        except ValueError:
            raise bad(errors.CHAT_NOT_FOUND) from None
        if number == bot.id:
            raise forbidden("the bot can't send messages to itself")
        person = self.world.people.get(number)
        if person is None:
            raise bad(errors.CHAT_NOT_FOUND)
        return person

    def new_tap(self, bot: Bot, person: Person, message_id: int) -> Tap:
        self._forget_old_taps()
        tap = Tap(str(secrets.randbits(62)), bot.username, person.id, message_id, self.world.clock.now())
        self.taps[tap.id] = tap
        self.world.store.put("tap", tap.id, tap)
        return tap

    def _forget_old_taps(self) -> None:
        limit = self.world.clock.now() - 2 * TAP_LIFE
        while self.taps and (oldest := next(iter(self.taps.values()))).at < limit:
            del self.taps[oldest.id]
            self.world.store.drop("tap", oldest.id)

    def answer_tap(self, bot: Bot, tap_id: str) -> Tap:
        """The tap that may be answered: once, and within 150 s of the simulated clock. Raises Refusal."""
        tap = self.taps.get(tap_id)
        if (
            tap is None
            or tap.bot != bot.username
            or tap.answered
            or self.world.clock.now() - tap.at > TAP_LIFE
        ):
            raise bad(errors.QUERY_TOO_OLD)
        tap.answered = True
        self.world.store.put("tap", tap.id, tap)
        return tap

    async def close(self) -> None:
        self.wire.close()
        for close in self.at_close:
            await close()
        for poller in self.pollers.values():
            poller.end("")
        for deliverer in self.deliverers.values():
            await deliverer.close()
