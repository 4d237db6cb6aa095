"""Zalo's ids are texts without meaning; here they follow from the simulator's own numbers."""

import hashlib

from simulator.models import Bot, Person
from simulator.world import World

ZALO_BOT, ZALO_OA = "zalo_bot", "zalo_oa"
GROUP = "zgr-"
_HEX = 20
_DECIMAL_FLOOR = 4_000_000_000_000_000_000
_DECIMAL_RANGE = 900_000_000_000_000_000


def hex_id(*parts: object) -> str:
    """20 hexadecimal letters, as the Bot Platform's (zalo.md 2.5)."""
    return _digest(*parts)[:_HEX]


def decimal_id(*parts: object) -> str:
    """19 digits, as an Official Account's (zalo.md section 1)."""
    return str(_DECIMAL_FLOOR + int(_digest(*parts), 16) % _DECIMAL_RANGE)


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


class Ids:
    """The ids of people as one account sees them: others for every account."""

    def __init__(self, world: World, bot: Bot) -> None:
        self._world = world
        self._make = decimal_id if bot.platform == ZALO_OA else hex_id
        self._bot = bot.username
        self._of: dict[int, str] = {}
        self._people: dict[str, int] = {}

    def of(self, person: int) -> str:
        if person not in self._of:
            made = self._make("user", self._bot, person)
            self._of[person] = made
            self._people[made] = person
        return self._of[person]

    def person(self, user_id: str) -> Person | None:
        if user_id not in self._people:
            for number in self._world.people:
                self.of(number)
        return self._world.people.get(self._people.get(user_id, 0))

    def message(self, number: int) -> str:
        return hex_id("message", self._bot, number)
