"""One Official Account: its tokens, whom it may write to at which price, how its events leave (zalo.md 3)."""

import hashlib
import secrets
from typing import Any, NamedTuple

import msgspec

from simulator.errors import Refused
from simulator.loopback import leads_to_this_machine
from simulator.models import Bot, Pending, Person, Webhook
from simulator.world import World
from simulator.zalo.chat import Chats
from simulator.zalo.ids import Ids, decimal_id
from simulator.zalo.oa_errors import OaRefusal
from simulator.zalo.pushing import Manner, Pusher, posted
from simulator.zalo.state import OaState
from simulator.zalo.switches import OaSwitches, changed
from simulator.zalo.waiting import Waiting

ROW = "zalo_oa"
SIGNATURE = "X-ZEvent-Signature"
ANSWER_TIME = 2.0  # seconds
PAUSES = (30.0, 300.0, 900.0, 1800.0, 3600.0)  # source O1
HOUR, DAY = 3600.0, 86_400.0
FREE = 48 * HOUR
LAST = 7 * DAY
REFRESH_LIFE = 90 * DAY
_OK = 200
_OLD_TOKENS = 200


class Keys(NamedTuple):
    """The parts of an account's token in the simulator."""

    oa_id: str
    app_id: str
    app_secret: str
    oa_secret: str
    first_refresh: str


def keys_of(bot: Bot) -> Keys:
    """Raises Refused."""
    parts = bot.token.split(":")
    if len(parts) != len(Keys._fields) or not all(parts):
        raise Refused("an Official Account's token is OA_ID:APP_ID:APP_SECRET:OA_SECRET:REFRESH_TOKEN")
    return Keys(*parts)


def mac(app_id: str, body: bytes, timestamp: str, key: str) -> str:
    """The signature of an event: SHA-256 over all of these, no HMAC (zalo.md 3.9)."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + key.encode()).hexdigest()


class ZaloOa:
    """`base` is where files that people send can be fetched."""

    def __init__(self, world: World, bot: Bot, state: OaState, stored: list[Pending], base: str) -> None:
        self.world, self.bot, self.state, self.base = world, bot, state, base
        self.keys = keys_of(bot)
        self.ids = Ids(world, bot)
        self.chats = Chats(world, bot)
        self.waiting = Waiting(world, bot, stored)
        self.pusher = Pusher(world, self.waiting, self._manner, self._dress, self._lost)
        self.waiting.arrived = self._arrived
        if not state.refresh:
            state.refresh, state.refresh_made = self.keys.first_refresh, world.clock.now()
            self.keep()

    @property
    def switches(self) -> OaSwitches:
        return self.state.switches

    def turn(self, wish: dict[str, Any]) -> None:
        """Turn switches. Raises Refused."""
        self.state.switches = changed(self.state.switches, wish)
        self.keep()

    def keep(self) -> None:
        self.world.store.put(ROW, self.bot.username, self.state)

    # Tokens

    def renewed(self, refresh: str) -> dict[str, str]:
        """A new pair; the old refresh token is used up with this. Raises OaRefusal."""
        state, now = self.state, self.world.clock.now()
        if refresh != state.refresh or now - state.refresh_made > REFRESH_LIFE:
            raise OaRefusal(-14020)
        state.used = [*state.used[-_OLD_TOKENS:], refresh]
        state.refresh, state.refresh_made = secrets.token_urlsafe(48), now
        access = secrets.token_urlsafe(48)
        state.access = {k: end for k, end in state.access.items() if now - end < DAY} | {
            access: now + self.switches.access_seconds
        }
        self.keep()
        seconds = str(self.switches.access_seconds)
        return {"access_token": access, "refresh_token": state.refresh, "expires_in": seconds}

    # Whom it may write to

    def reachable(self, user_id: str) -> Person:
        """Raises OaRefusal for strangers and for those who left."""
        person = self.ids.person(user_id)
        if person is None:
            raise OaRefusal(-201, "user_id is invalid")
        if person.id in self.state.left:
            raise OaRefusal(-213)
        return person

    def price(self, person: Person) -> str:
        """The kind of quota that a message to this person now takes (zalo.md 3.5). Raises OaRefusal."""
        last = self.state.interactions.get(person.id)
        if last is None:
            raise OaRefusal(self.switches.never)
        since = self.world.clock.now() - last
        if since > LAST:
            raise OaRefusal(self.switches.late)
        if since <= FREE:
            return "reply"
        if self.switches.charged_left <= 0:
            raise OaRefusal(-321)
        return "purchase_quota"

    def pay(self, quota: str) -> dict[str, str]:
        """Count one message out, and say what is left of its quota."""
        self.state.sent += 1
        left, total = 8, 8  # still told, though without meaning since 2026
        if quota == "purchase_quota":
            self.state.switches.charged_left -= 1
            self.state.charged += 1
            left, total = self.switches.charged_left, self.switches.charged_left + self.state.charged
        self.keep()
        return {"quota_type": quota, "remain": str(left), "total": str(total)}

    def interacted(self, person: Person) -> None:
        self.state.interactions[person.id] = self.world.clock.now()
        self.keep()

    def meet(self, person: Person) -> str:
        """As if this person had followed and written just now; the id."""
        self.state.left = [other for other in self.state.left if other != person.id]
        if person.id not in self.state.followers:
            self.state.followers.append(person.id)
        self.interacted(person)
        return self.ids.of(person.id)

    # Events

    def tell(self, event: str, person: Person, message_id: int = 0, **content: Any) -> None:
        """An event of `person` to the account; with `follower` or other content in place of a message."""
        keys = self.keys
        body = {
            "app_id": keys.app_id,
            "oa_id": keys.oa_id,
            "user_id_by_app": self.app_user(person),
            "event_name": event,
            "timestamp": str(round(self.world.clock.now() * 1000)),
            **content,
        }
        if "follower" not in content and "sender" not in content:
            body |= {"sender": {"id": self.ids.of(person.id)}, "recipient": {"id": keys.oa_id}}
        self.waiting.put(event, body, person.id, message_id)

    def app_user(self, person: Person) -> str:
        """This person's id towards the app."""
        return decimal_id("app", self.keys.app_id, person.id)

    def _arrived(self, update: Pending) -> None:
        if self.bot.webhook.url:
            self.pusher.take(update)
        else:
            self.waiting.remove(update, "updates_expired")
            self._lost(update)

    def _manner(self) -> Manner:
        faults, name = self.world.faults, self.bot.username
        again = faults.of_kind("duplicates", name)
        times = int(again.settings.get("times", 2)) if again else self.switches.webhook_times
        disorder = self.switches.webhook_disorder or faults.of_kind("disorder", name) is not None
        return Manner(self.bot.webhook.url, times, disorder, PAUSES, ANSWER_TIME)

    def _dress(self, update: Pending) -> tuple[bytes, dict[str, str]]:
        keys, how = self.keys, self.switches.signature
        if how == "missing":
            return update.body, {}
        secret = keys.oa_secret if how == "right" else keys.app_secret
        signed = mac(keys.app_id, update.body, _timestamp(update.body), secret)
        return update.body, {SIGNATURE: f"mac={signed}"}

    def _lost(self, _update: Pending) -> None:
        self.state.lost += 1
        self.keep()
        if self.bot.webhook.url and self.switches.webhook_off_after_tries:
            self.bot.webhook = Webhook()
            self.world.keep_bot(self.bot)

    async def point_to(self, url: str, *, check: bool = True) -> None:
        """Set the webhook as on Zalo's page: an unsigned POST there must be answered 200 (source O20)."""
        if url and not leads_to_this_machine(url):
            raise Refused("the simulator calls nobody but this machine")
        status = await posted(url, b"{}", {}, ANSWER_TIME) if url and check else _OK
        if status != _OK:
            raise Refused(f"the address must answer 200 to an unsigned POST, not {status}", 409)
        self.bot.webhook = Webhook(url)
        self.world.keep_bot(self.bot)
        self.pusher.restart()

    def mode(self) -> str:
        return "webhook" if self.bot.webhook.url else "none"

    def view(self) -> dict[str, Any]:
        """For scripts: switches, and how far things are. Tokens stay out."""
        state = self.state
        return {
            "switches": msgspec.structs.asdict(state.switches),
            "sent": state.sent,
            "charged": state.charged,
            "refreshes": len(state.used),
            "followers": list(state.followers),
            "left": list(state.left),
            "lost": state.lost,
            "webhook": self.bot.webhook.url,
            "oa_id": self.keys.oa_id,
        }

    async def close(self) -> None:
        await self.pusher.close()


def _timestamp(body: bytes) -> str:
    """The timestamp inside a body, "" when there is none to find."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    return str(value.get("timestamp", "")) if isinstance(value, dict) else ""
