"""The same installation on a second messenger, for scripts about people who use two."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from msgspec.structs import replace as replace_struct

from bot.dialogue import Dialogue
from bot.settings import ChannelAccount
from handlers import GATES
from tests.support.talk import PHONES, Manner, Person, Talk


def second(talk: Talk, channel: str = "zalo_bot") -> Talk:
    """The other messenger: its own people, the same store."""
    accounts = talk.home.settings.channels
    kind = next((account.kind for account in accounts if account.name == channel), channel)
    manner: Manner = next(manner for manner, (of, _) in PHONES.items() if of == kind)
    _, phone = PHONES[manner]
    return replace(talk, manner=manner, phone=phone(channel), people={}, numbers=count(10_000))


def goes_over(came_from: Talk, to: Talk) -> None:
    """Time on the second messenger goes on from the first."""
    to.now = max(to.now, came_from.now)


async def link_code(person: Person) -> str:
    """The code that 'liên kết' shows."""
    await person.says("liên kết")
    return next(word for word in person.last.split() if len(word) == 9 and word[4] == "-")


async def on_both(talk: Talk, person: Person) -> tuple[Talk, Person]:
    """A member linked on the second messenger as well."""
    zalo = second(talk)
    code = await link_code(person)
    goes_over(talk, zalo)
    phone = await zalo.stranger(person.name)
    await phone.says(code)
    goes_over(zalo, talk)
    phone.member_id = person.member_id
    return zalo, phone


def with_bots(talk: Talk, *accounts: ChannelAccount) -> Talk:
    """The same installation with these channel accounts in its settings."""
    home = replace_struct(talk.home, settings=replace_struct(talk.home.settings, channels=accounts))
    return replace(talk, home=home, dialogue=Dialogue(home, talk.router, GATES))
