"""Telling somebody who is not speaking: one row in the outbox, to the account they used last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db.fates import hand_on
from db.outbox import Address, Letter, Mail, Priority, enqueue_mails
from members.permissions import units_above_each
from members.tables import Account, Consent, Post, PostKind

MOST_ACCOUNTS = 4  # tries of one letter at different accounts of a member
Place = tuple[str, str]
"""Channel and chat."""


class Told(Struct, frozen=True):
    """Somebody who is to hear a notice; no second one under the same key."""

    member_id: int
    key: str
    due_at: datetime | None = None


class Telling(Struct, frozen=True):
    """One notice to some."""

    told: Sequence[Told]
    notice: str
    args: dict[str, Any]
    priority: Priority = Priority.PERSONAL
    expires_at: datetime | None = None


def tell_each(session: Session, tellings: Sequence[Telling], now: datetime, avoid: str = "") -> int:
    """Queue notices for members, in a few statements; for how many they were new.

    Somebody without a linked account, without consent or out of reach gets a row that says so: the
    secretary's call list is made from those. `avoid`: a channel that is of no use.
    """
    members = [one.member_id for telling in tellings for one in telling.told]
    places = reachable_places(session, members, lambda place: place[0] != avoid) if members else {}
    return enqueue_mails(session, [_mail(telling, places) for telling in tellings], now)


def _mail(telling: Telling, places: Mapping[int, Place]) -> Mail:
    to = [
        Address(one.key, one.member_id, *places.get(one.member_id, ("", "")), due_at=one.due_at)
        for one in telling.told
    ]
    return Mail(to, telling.notice, telling.args, telling.priority, telling.expires_at)


def tell_all(
    session: Session,
    told: Sequence[Told],
    notice: str,
    *,
    now: datetime,
    priority: Priority = Priority.PERSONAL,
    expires_at: datetime | None = None,
    avoid: str = "",
    **args: Any,
) -> int:
    """See `tell_each`, for one notice."""
    return tell_each(session, [Telling(told, notice, args, priority, expires_at)], now, avoid)


def tell(
    session: Session,
    member_id: int,
    notice: str,
    *,
    key: str,
    now: datetime,
    priority: Priority = Priority.PERSONAL,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    avoid: str = "",
    **args: Any,
) -> bool:
    """See `tell_all`, for one member; False when `key` was queued before."""
    told = [Told(member_id, key, due_at)]
    new = tell_all(
        session, told, notice, now=now, priority=priority, expires_at=expires_at, avoid=avoid, **args
    )
    return new > 0


def reachable_places(
    session: Session, members: Collection[int], of_use: Callable[[Place], bool] = lambda _place: True
) -> dict[int, Place]:
    """The linked account seen last that is of use, of those who have consented and can be written to."""
    rows = session.execute(
        select(Account.member_id, Account.channel, Account.chat)
        .where(Account.member_id.in_(members), Account.unreachable_since.is_(None))
        .where(exists().where(Consent.member_id == Account.member_id, Consent.withdrawn_at.is_(None)))
        .order_by(Account.last_seen_at.desc(), Account.id)
    )
    places: dict[int, Place] = {}
    for member_id, channel, chat in rows:
        if member_id is not None and of_use((channel, chat)):
            places.setdefault(member_id, (channel, chat))
    return places


def reachable_place(session: Session, member_id: int) -> Place | None:
    """See `reachable_places`, for one member; None out of reach."""
    return reachable_places(session, [member_id]).get(member_id)


def try_other_account(session: Session, letter: Letter, now: datetime, reason: str) -> bool:
    """Hand a letter that cannot arrive here on to another account of its member; False when there is none."""
    if letter.member_id is None or letter.attempts > MOST_ACCOUNTS:
        return False
    here = (letter.channel, letter.chat)
    other = reachable_places(session, [letter.member_id], lambda place: place != here)
    if not other:
        return False
    hand_on(session, letter.id, *other[letter.member_id], now, reason)
    return True


def holders_of(session: Session, unit_id: int, kinds: frozenset[PostKind], now: datetime) -> list[int]:
    """Members holding one of these posts at the unit or at a unit above it, today."""
    return holders_of_each(session, [unit_id], kinds, now)[unit_id]


def holders_of_each(
    session: Session, unit_ids: Collection[int], kinds: frozenset[PostKind], now: datetime
) -> dict[int, list[int]]:
    """The same for many units, in a query for each level."""
    above = units_above_each(session, list(unit_ids))
    lines = {unit: {unit, *line} for unit, line in above.items()}
    today = now.date()
    posts = session.execute(
        select(Post.unit_id, Post.member_id, Post.ends_on)
        .where(Post.unit_id.in_({unit for line in lines.values() for unit in line}))
        .where(Post.kind.in_(kinds), Post.starts_on <= today)
        .order_by(Post.id)
    )
    held = [(unit, member) for unit, member, ends_on in posts if ends_on is None or ends_on > today]
    return {
        unit: list(dict.fromkeys(member for where, member in held if where in line))
        for unit, line in lines.items()
    }
