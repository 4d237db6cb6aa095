"""From an outbox letter to the message in its receiver's language, made when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy.orm import Session

from bot.context import Context, Home
from bot.language import Say
from bot.router import Router
from db.outbox import Letter
from locales.words import FIRST_LANGUAGE, Words
from members.identity import Who, readers_of, who_are


async def render(home: Home, router: Router, letter: Letter, now: datetime) -> Say | None:
    """The message, or None when it is no longer needed. A notice nobody claims is a fault."""
    view = router.notices[letter.notice]
    address = _Address(letter.channel, letter.chat, letter.member_id, home.local_day(now))
    receiver = await home.store.read_each(_receivers, address)
    words = Words(receiver.language)
    context = Context(home=home, now=now, words=words, channel=letter.channel, who=receiver.who)
    return await view(context, letter.args)


class _Address(Struct, frozen=True):
    channel: str
    chat: str
    member_id: int | None
    today: date


class _Receiver(Struct, frozen=True):
    language: str
    who: Who | None


def _receivers(session: Session, addresses: Sequence[_Address]) -> list[_Receiver]:
    """For all that are worded at once."""
    chats: dict[str, set[str]] = {}
    members: dict[date, set[int]] = {}
    for one in addresses:
        chats.setdefault(one.channel, set()).add(one.chat)
        if one.member_id is not None:
            members.setdefault(one.today, set()).add(one.member_id)
    readers = {channel: readers_of(session, channel, those) for channel, those in chats.items()}
    people = {day: who_are(session, those, day) for day, those in members.items()}
    return [
        _Receiver(
            reader.language if (reader := readers[one.channel].get(one.chat)) else FIRST_LANGUAGE,
            people[one.today].get(one.member_id) if one.member_id is not None else None,
        )
        for one in addresses
    ]
