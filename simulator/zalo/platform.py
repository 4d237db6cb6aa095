"""All Zalo accounts of this world, of both interfaces."""

import msgspec

from simulator.errors import Refused
from simulator.models import Bot, Pending, Platform
from simulator.telegram.wire import Wire
from simulator.world import World
from simulator.zalo import bot_account
from simulator.zalo.bot_account import ZaloBot
from simulator.zalo.ids import ZALO_BOT
from simulator.zalo.state import BotState
from simulator.zalo.waiting import ROW as UPDATES

CDN = "/zalo-cdn"


class Zalo:
    """`base_url` is where this simulator answers: files that people send lie there."""

    def __init__(self, world: World, base_url: str, wire: Wire) -> None:
        self.world = world
        self.wire = wire
        self._files = base_url + CDN
        self.bots: dict[str, ZaloBot] = {}
        self.tokens: dict[str, ZaloBot] = {}  # the same object all along: the door has it
        self._bot_states = {s.username: s for s in world.store.rows(bot_account.ROW, BotState)}
        stored: dict[str, list[Pending]] = {}
        for update in world.store.rows(UPDATES, Pending):
            stored.setdefault(update.bot, []).append(update)
        for bot in world.bots.values():
            self.join(bot, stored.get(bot.username, []))

    def join(self, bot: Bot, stored: list[Pending] | None = None) -> None:
        """Take up an account of Zalo; those of other platforms are left alone."""
        if bot.platform == ZALO_BOT:
            known = self.bots.get(bot.username)
            if known is None:
                state = self._bot_states.get(bot.username) or BotState(username=bot.username)
                known = ZaloBot(self.world, bot, state, stored or [], self._files)
                self.bots[bot.username] = known
            self.tokens.clear()
            self.tokens.update({account.bot.token: account for account in self.bots.values()})

    def account(self, bot: Bot) -> ZaloBot:
        """Raises Refused for a bot of another platform."""
        known = self.bots.get(bot.username)
        if known is None:
            raise Refused(f"{bot.username} is not on Zalo")
        return known

    def standing(self, bot: Bot) -> tuple[str, int] | None:
        """How updates leave now (webhook, polling, none), and how many wait."""
        known = self.bots.get(bot.username)
        return (known.mode(), len(known.waiting.items)) if known else None

    def open(self) -> None:
        """Take up delivery where it was; needs a running loop."""
        for account in self.bots.values():
            account.pusher.restart()

    async def close(self) -> None:
        for account in self.bots.values():
            account.poller.end(for_good=True)
            await account.pusher.close()
            await account.later.close()


def platform_of(name: str) -> Platform:
    """Raises Refused."""
    try:
        known: Platform = msgspec.convert(name, Platform)
    except msgspec.ValidationError:
        raise Refused("platform is telegram, zalo_bot or zalo_oa") from None
    return known
