"""All Zalo accounts of this world, of both interfaces."""

import msgspec

from simulator.errors import Refused
from simulator.models import Bot, Pending, Platform
from simulator.telegram.wire import Wire
from simulator.world import World
from simulator.zalo import bot_account, oa_account
from simulator.zalo.bot_account import ZaloBot
from simulator.zalo.ids import ZALO_BOT, ZALO_OA
from simulator.zalo.oa_account import ZaloOa, keys_of
from simulator.zalo.state import BotState, OaState
from simulator.zalo.waiting import ROW as UPDATES

CDN = "/zalo-cdn"


Account = ZaloBot | ZaloOa


class Zalo:
    """`base_url` is where this simulator answers: files that people send lie there."""

    def __init__(self, world: World, base_url: str, wire: Wire) -> None:
        self.world = world
        self.wire = wire
        self._files = base_url + CDN
        self.bots: dict[str, ZaloBot] = {}
        self.tokens: dict[str, ZaloBot] = {}  # the same object all along: the door has it
        self.oas: dict[str, ZaloOa] = {}
        self._bot_states = {s.username: s for s in world.store.rows(bot_account.ROW, BotState)}
        self._oa_states = {s.username: s for s in world.store.rows(oa_account.ROW, OaState)}
        stored: dict[str, list[Pending]] = {}
        for update in world.store.rows(UPDATES, Pending):
            stored.setdefault(update.bot, []).append(update)
        for bot in world.bots.values():
            self.join(bot, stored.get(bot.username, []))

    def join(self, bot: Bot, stored: list[Pending] | None = None) -> None:
        """Take up an account of Zalo; those of other platforms are left alone. Raises Refused."""
        name = bot.username
        if bot.platform == ZALO_BOT:
            if name not in self.bots:
                state = self._bot_states.get(name) or BotState(username=name)
                self.bots[name] = ZaloBot(self.world, bot, state, stored or [], self._files)
            self.tokens.clear()
            self.tokens.update({account.bot.token: account for account in self.bots.values()})
        elif bot.platform == ZALO_OA and name not in self.oas:
            made = self._oa_states.get(name) or OaState(username=name)
            self.oas[name] = ZaloOa(self.world, bot, made, stored or [], self._files)

    def _all(self) -> list[Account]:
        return [*self.bots.values(), *self.oas.values()]

    def account(self, bot: Bot) -> Account:
        """Raises Refused for a bot of another platform."""
        known = self.bots.get(bot.username) or self.oas.get(bot.username)
        if known is None:
            raise Refused(f"{bot.username} is not on Zalo")
        return known

    def standing(self, bot: Bot) -> tuple[str, int] | None:
        """How updates leave now (webhook, polling, none), and how many wait; None where it is not on Zalo."""
        if bot.platform == "telegram":
            return None
        known = self.account(bot)
        return known.mode(), len(known.waiting.items)

    def open(self) -> None:
        """Take up delivery where it was; needs a running loop."""
        for account in self._all():
            account.pusher.restart()

    async def close(self) -> None:
        for account in self._all():
            await account.close()


def platform_of(name: str, token: str) -> Platform:
    """The named platform, if the token is one of it. Raises Refused."""
    try:
        known: Platform = msgspec.convert(name, Platform)
    except msgspec.ValidationError:
        raise Refused("platform is telegram, zalo_bot or zalo_oa") from None
    if known == ZALO_OA:
        keys_of(Bot(token, "", ""))
    return known
