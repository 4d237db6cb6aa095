"""Small bots of the Zalo Bot Platform on the simulator: names, tokens, addresses, and who writes to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.process import SimulatorProcess

Json = dict[str, Any]
UNLIMITED = {"quota": False}


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person writes: the channel account, and their chat there."""

    channel: str
    chat: str


@dataclass(frozen=True, slots=True)
class SmallBot:
    """`name` is the channel account's."""

    name: str
    username: str
    token: str

    @property
    def on_the_command_line(self) -> str:
        """As the simulator wants it."""
        return f"{self.token}:{self.username}:Bot Thử sức"


def small_bots(count: int) -> list[SmallBot]:
    """So many."""
    return [
        SmallBot(f"zalo-{n}", f"bot_thu_suc_{n}", f"80000000{n:02}:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-{n}")
        for n in range(1, count + 1)
    ]


def settle_in(simulator: SimulatorProcess, bots: Sequence[SmallBot]) -> None:
    """The simulator will know these bots and no other."""
    simulator.bots, simulator.zalo_bots = [], [bot.on_the_command_line for bot in bots]


def channel_of(bot: SmallBot, base: str, mode: str, per_second: int, messages: int) -> Json:
    """The channel account in the configuration. `base`: the simulator's address."""
    own: Json = {"name": bot.name, "kind": "zalo_bot", "api_base": f"{base}/zalo-bot", "mode": mode}
    return {**own, "per_second": per_second, "people": 0, "messages": messages}


def tokens_of(bots: Sequence[SmallBot]) -> dict[str, str]:
    """The environment that holds them."""
    return {f"MUNGBA_{bot.name.upper().replace('-', '_')}_TOKEN": bot.token for bot in bots}


@dataclass
class Seats:
    """Everybody's bot and chat; people are dealt to the bots in turn."""

    bots: list[SmallBot]
    of: dict[int, Seat] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)  # by chat
    username: dict[str, str] = field(default_factory=dict)  # of a channel account

    def deal(self, users: Sequence[int]) -> dict[str, list[int]]:
        """Who writes to which bot (its username)."""
        self.username = {bot.name: bot.username for bot in self.bots}
        return {bot.username: list(users[n :: len(self.bots)]) for n, bot in enumerate(self.bots)}

    def met(self, username: str, ids: dict[str, str]) -> None:
        """The chats that the platform gave these people with this bot."""
        channel = next(bot.name for bot in self.bots if bot.username == username)
        for user, chat in ids.items():
            self.of[int(user)] = Seat(channel, chat)
            self.people[chat] = int(user)

    def bot_of(self, user: int) -> str:
        """The username of the bot that this person writes to."""
        return self.username[self.of[user].channel]
