"""Where people write to: a bot of one of the three platforms, and who they are there."""

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.models import Platform
from simulator.zalo.ids import decimal_id, hex_id


@dataclass(frozen=True)
class Account:
    """One bot by its name in the simulator."""

    platform: Platform
    bot: str

    @property
    def has_links(self) -> bool:
        """Whether a link can carry a code to the bot; elsewhere the code is typed."""
        return self.platform == "telegram"

    def user(self, person: int) -> str:
        """The id by which this bot knows a person."""
        if self.platform == "telegram":
            return str(person)
        make = hex_id if self.platform == "zalo_bot" else decimal_id
        return make("user", self.bot, person)


class AddressBook:
    """People by the ids that platforms give them."""

    def __init__(self, users: dict[str, int]) -> None:
        self._people = users

    @classmethod
    def of(cls, people: Iterable[tuple[int, Iterable[Account]]]) -> "AddressBook":
        """Of people by their numbers with the accounts they have."""
        return cls({account.user(person): person for person, accounts in people for account in accounts})

    def person(self, user: str) -> int | None:
        return self._people.get(user)
