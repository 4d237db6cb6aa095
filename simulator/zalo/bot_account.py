"""One bot of the Bot Platform: whom it knows, what it has used up, how its updates leave (zalo.md 2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from simulator.errors import Refused
from simulator.models import Bot, Pending, Person, Post
from simulator.telegram.errors import Refusal
from simulator.world import World
from simulator.zalo.chat import Chats, Later
from simulator.zalo.ids import GROUP, Ids, hex_id
from simulator.zalo.polling import Poller
from simulator.zalo.pushing import Manner, Pusher
from simulator.zalo.state import BotState
from simulator.zalo.switches import BotSwitches, changed
from simulator.zalo.waiting import Waiting

ROW = "zalo_bot"
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
ANSWER_TIME = 5.0  # seconds; source B7, uncertain
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)  # between tries; not documented
UNSUPPORTED = "message.unsupported.received"
_VIET_NAM = timedelta(hours=7)
_NOT_KNOWN = {400: "Bad Request", 403: "Forbidden", 404: "Not Found"}


class ZaloBot:
    """`base` is where pictures and voices that people send can be fetched."""

    def __init__(self, world: World, bot: Bot, state: BotState, stored: list[Pending], base: str) -> None:
        self.world, self.bot, self.state, self.base = world, bot, state, base
        self.ids = Ids(world, bot)
        self.chats = Chats(world, bot)
        self.later = Later()
        self.waiting = Waiting(world, bot, stored)
        self.poller = Poller(world, self.waiting, lambda: self.state.switches)
        self.pusher = Pusher(world, self.waiting, self._manner, self._dress, self._lost)
        self.waiting.arrived = self._arrived

    @property
    def switches(self) -> BotSwitches:
        return self.state.switches

    @property
    def number(self) -> str:
        """getMe's id: digits as a text."""
        return self.bot.token.partition(":")[0]

    async def point_to(self, _url: str, *, check: bool = True) -> None:
        raise Refused("a bot sets its webhook itself: setWebhook")

    def turn(self, wish: dict[str, Any]) -> None:
        """Turn switches. Raises Refused."""
        self.state.switches = changed(self.state.switches, wish)
        self.keep()

    def keep(self) -> None:
        self.world.store.put(ROW, self.bot.username, self.state)

    # Updates

    def _arrived(self, update: Pending) -> None:
        if self.bot.webhook.url:
            self.pusher.take(update)
        elif self.switches.away_lost and not self.poller.here():
            self.waiting.remove(update, "updates_expired")
            self._lost(update)
        else:
            self.poller.wake()

    def _manner(self) -> Manner:
        switches = self.switches
        faults, name = self.world.faults, self.bot.username
        again = faults.of_kind("duplicates", name)
        times = int(again.settings.get("times", 2)) if again else switches.webhook_times
        disorder = switches.webhook_disorder or faults.of_kind("disorder", name) is not None
        pauses = PAUSES[: max(0, switches.webhook_tries - 1)]
        return Manner(self.bot.webhook.url, times, disorder, pauses, ANSWER_TIME)

    def _dress(self, update: Pending) -> tuple[bytes, dict[str, str]]:
        wrapped = self.switches.webhook_body == "wrapped"
        body = b'{"ok":true,"result":%b}' % update.body if wrapped else update.body
        return body, {SECRET_HEADER: self.bot.webhook.secret, "User-Agent": "Java/17.0.9"}

    def _lost(self, _update: Pending) -> None:
        self.state.lost += 1
        self.keep()

    def mode(self) -> str:
        if self.bot.webhook.url:
            return "webhook"
        return "polling" if self.poller.here(60) else "none"

    # People and quotas

    def chat_id(self, person: int) -> str:
        found = self.world.people.get(person)
        made = self.ids.of(person)
        return GROUP + made if found is not None and found.role == GROUP else made

    def reachable(self, chat_id: str) -> Person:
        """Whom the bot may write to: those it has served (zalo.md 2.7). Raises Refusal."""
        person = self.ids.person(chat_id.removeprefix(GROUP))
        if person is None or self.chat_id(person.id) != chat_id or person.id not in self.state.people:
            code = self.switches.unknown_chat
            raise Refusal(code, _NOT_KNOWN[code])
        return person

    def month(self) -> str:
        return (datetime.fromtimestamp(self.world.clock.now(), UTC) + _VIET_NAM).strftime("%Y-%m")

    def used(self) -> int:
        """Messages of this month that count."""
        if self.state.month != self.month():
            self.state.month, self.state.sent, self.state.received = self.month(), 0, 0
        return self.state.sent + (self.state.received if self.switches.quota_counts_inbound else 0)

    def spend(self) -> None:
        """Count one message out. Raises Refusal 429 when none is left; no word of when to try again."""
        if self.used() >= self.switches.quota_messages and self.switches.quota:
            raise Refusal(429, "Quota exceeded")
        self.state.sent += 1
        self.keep()

    def serves(self, person: Person) -> bool:
        """Whether what this person says reaches the bot: the 51st person gets no service (source B18)."""
        state = self.state
        self.used()
        if person.id not in state.people:
            if self.switches.quota and len(state.people) >= self.switches.quota_people:
                if person.id not in state.turned_away:
                    state.turned_away.append(person.id)
                    self.keep()
                return False
            state.people.append(person.id)
        state.received += 1
        self.keep()
        return True

    def meet(self, person: Person) -> str:
        """As if this person had written long ago; the chat's id."""
        if person.id not in self.state.people:
            self.state.people.append(person.id)
            self.keep()
        return self.chat_id(person.id)

    # Messages in

    def tell(self, event: str, post: Post, author: Person, **content: Any) -> None:
        """Queue one event about a message of `author`, unless the bot does not serve this chat."""
        chat = self.world.people[post.person]
        if not self.serves(chat):
            return
        if author.id in self.switches.protected:
            event, content = UNSUPPORTED, {}
        group = chat.role == GROUP
        message = {
            "message_id": self.ids.message(post.id),
            "date": round(post.date * 1000),
            "from": {"id": self.ids.of(author.id), "display_name": author.name, "is_bot": False},
            "chat": {"id": self.chat_id(chat.id), "chat_type": "GROUP" if group else "PRIVATE"},
            **content,
        }
        body: dict[str, Any] = {"event_name": event, "message": message}
        if event == UNSUPPORTED and not self.switches.unsupported_message:
            del body["message"]
        self.waiting.put(event, body, chat.id, post.id)

    async def close(self) -> None:
        self.poller.end(for_good=True)
        await self.pusher.close()
        await self.later.close()

    def view(self) -> dict[str, Any]:
        """For scripts: switches, and what is used up of the month."""
        used, state = self.used(), self.state
        return {
            "switches": msgspec.structs.asdict(state.switches),
            "month": state.month,
            "used": used,
            "sent": state.sent,
            "received": state.received,
            "people": list(state.people),
            "turned_away": list(state.turned_away),
            "photos": dict(state.photos),
            "lost": state.lost,
            "webhook": self.bot.webhook.url,
            "account_name": account_name(self.bot),
        }


def account_name(bot: Bot) -> str:
    return f"bot.{hex_id('name', bot.username)[:9]}"
