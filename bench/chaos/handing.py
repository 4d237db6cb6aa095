"""How updates are handed over in the flood, and what the platform itself let down on the way.

A Zalo bot that polls is given one update a second and, as some say, never again: what it holds in its hand at
a kill is gone, for which no bot can be blamed. Where the platform waits for our 200 nothing may be gone.
"""

from __future__ import annotations

import bisect
import json
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from bench.chaos.scripts import Person
from bench.machine import Figures
from bench.processes import Json, Stage
from simulator.zalo.ids import hex_id

RATE = 100.0  # updates a second
BOTS = 10  # on Zalo: each polls once a second
POLL_RATE = 0.5  # a second and bot: leaves room to catch up after a kill
PAUSES = 0.5  # Zalo's tries have to outlast a restart
FOR_EVER = 1e6  # seconds
ACKS: dict[str, dict[str, Json]] = {
    "replay": {
        "polling": {"ack": "replay", "replay_seconds": FOR_EVER},
        "webhook": {"webhook_times": 2, "webhook_tries": 8},
    },
    "at_most_once": {"polling": {"ack": "at_most_once"}, "webhook": {"webhook_tries": 8}},
}
AIMED = ("inbox.storing", "inbox.stored")  # handed over and not stored; stored and not lined up


@dataclass(frozen=True)
class Handing:
    """The door and its manner."""

    channel: str = "telegram"
    mode: str = "polling"
    ack: str = "at_most_once"
    bots: int = BOTS

    @property
    def zalo_bots(self) -> int:
        """How many small bots; none on Telegram."""
        return self.bots if self.channel == "zalo_bot" else 0

    @property
    def polls_slowly(self) -> bool:
        """Whether one update a second and bot is all that comes."""
        return self.channel == "zalo_bot" and self.mode == "polling"

    @property
    def rate(self) -> float:
        """Updates a second that people make."""
        return POLL_RATE * self.bots if self.polls_slowly else RATE

    @property
    def switches(self) -> Json:
        """The simulator's, of each bot."""
        return ACKS[self.ack][self.mode]

    @property
    def pauses(self) -> float:
        """What the simulator makes of its pauses."""
        return PAUSES if self.channel == "zalo_bot" else 0.05

    @property
    def aims(self) -> tuple[str, ...]:
        """Points at which every other kill strikes: at random one poll in a hundred would be hit."""
        return AIMED if self.polls_slowly else ()


@dataclass
class Said:
    """The updates of the flood as the platform has them: by bot, in the order it hands them over."""

    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def note(self, bot: str, number: int) -> None:
        """One message of a person to this bot, by the platform's own number."""
        self.numbers[bot].append(number)

    def in_vain(self, polls: Sequence[Json], stored: Container[str]) -> list[tuple[str, int]]:
        """(bot, line of the journal at which it was handed over) of each that is not stored.

        `polls`: lines at which an update was handed over, one after the other and none twice.
        """
        found = []
        for bot, numbers in self.numbers.items():
            lines = [poll["n"] for poll in polls if poll["bot"] == bot]
            handed = dict(zip(sorted(numbers), lines, strict=False))
            gone = [number for number in numbers if hex_id("message", bot, number) not in stored]
            found += [(bot, handed.get(number, 0)) for number in gone]
        return found


def polls_in(journal: Sequence[Json]) -> list[Json]:
    """The polls that brought an update."""
    return [line for line in journal if line["method"] == "getUpdates" and not line["description"]]


def unexcused(in_vain: Sequence[tuple[str, int]], polls: Sequence[Json], kills: Sequence[int]) -> int:
    """How many of these were not in the bot's hand at a kill: it had polled again, or went on living.

    `kills`: the last line of the journal before each new start.
    """
    in_hand = set()
    for bot in {line["bot"] for line in polls}:
        lines = [line["n"] for line in polls if line["bot"] == bot]
        before = (lines[: bisect.bisect_right(lines, kill)][-1:] for kill in kills)
        in_hand |= {(bot, line) for last in before for line in last}
    return sum(one not in in_hand for one in in_vain)


def disordered(at: Stage, people: Sequence[Person]) -> set[int]:
    """Those of whom something is not in the inbox, or stands there in another order than it was typed."""
    stored: dict[int, list[str]] = defaultdict(list)
    for lane, raw in at.bot.rows("SELECT lane, raw FROM inbox ORDER BY id"):
        stored[at.person_of(lane)].append(json.loads(raw)["message"]["text"])
    return {one.user for one in people if stored[one.user] != [typed.text for typed in one.typed]}


async def let_down(
    at: Stage, handing: Handing, said: Said, journal: Sequence[Json], kills: Sequence[int]
) -> Figures:
    """What the platform never handed over again, apart from what the bot is judged by."""
    stored = {update for (update,) in at.bot.rows("SELECT update_id FROM inbox")}
    polls = polls_in(journal)
    in_vain = said.in_vain(polls, stored)
    given_up = [int((await at.crowd.get("zalo", bot=bot))["lost"]) for bot in said.numbers]
    figures: Figures = {"channel": handing.channel, "mode": handing.mode, "ack": handing.ack}
    figures |= {"bots": handing.bots, "platform_missed": len(in_vain), "platform_gave_up": sum(given_up)}
    if handing.mode == "webhook":
        ours = max(len(in_vain) - sum(given_up), 0)
    elif handing.ack == "at_most_once":
        ours = unexcused(in_vain, polls, kills)
    else:
        ours = len(in_vain)
    return {**figures, "missed_unexcused": ours}
