"""Which bot serves whom, where several of one kind run: a branch has one on each platform."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from members.names import fold
from members.tables import Account, Member, Unit


class Bot(Struct, frozen=True):
    """A channel account as rules see it. `serves`: names of branches or units above; empty: everybody.

    `people` and `messages`: how many a month the platform allows; 0: no limit. `counts_inbound`: what people
    write counts as well.
    """

    name: str
    kind: str
    serves: tuple[str, ...] = ()
    people: int = 0
    messages: int = 0
    counts_inbound: bool = False


class Served(Struct, frozen=True):
    """A member's branch and the bot that is theirs."""

    branch_name: str
    bot: str


def serving(session: Session, bots: Sequence[Bot], branch_id: int) -> list[Bot]:
    """The bots of a branch, one of each kind, in the order of the settings."""
    path = path_of(session, branch_id)
    kinds = dict.fromkeys(bot.kind for bot in bots)
    found = [nearest([bot for bot in bots if bot.kind == kind], path)[:1] for kind in kinds]
    return sorted((bot for one in found for bot in one), key=bots.index)


def nearest(bots: Sequence[Bot], path: Sequence[str]) -> list[Bot]:
    """Those that name the branch, else the unit nearest above it, else those for everybody.

    `path`: folded names, the branch first. More than one is a fault of the settings: the first serves.
    """
    for name in path:
        named = [bot for bot in bots if name in map(fold, bot.serves)]
        if named:
            return named
    return [bot for bot in bots if not bot.serves]


def kin_of(bots: Sequence[Bot], channel: str) -> frozenset[str]:
    """All bots of the same platform, itself too."""
    kind = next((bot.kind for bot in bots if bot.name == channel), None)
    return frozenset({channel, *(bot.name for bot in bots if bot.kind == kind)})


def right_bot(session: Session, bots: Sequence[Bot], channel: str, member_id: int) -> Served | None:
    """The bot of the same platform that serves this member, when it is not the one of `channel`."""
    kin = [bot for bot in bots if bot.name in kin_of(bots, channel)]
    branch = session.get_one(Unit, session.get_one(Member, member_id).branch_id)
    theirs = serving(session, kin, branch.id)
    if not theirs or theirs[0].name == channel:
        return None
    return Served(branch.name, theirs[0].name)


def joined_elsewhere(session: Session, bots: Sequence[Bot], channel: str, user: str) -> Served | None:
    """Somebody who has joined at another bot of the platform, where ids of people are the same at both."""
    kin = kin_of(bots, channel) - {channel}
    query = select(Account).where(
        Account.user == user, Account.channel.in_(kin), Account.member_id.is_not(None)
    )
    account = session.scalar(query.order_by(Account.last_seen_at.desc()).limit(1))
    if account is None or account.member_id is None:
        return None
    branch = session.get_one(Unit, session.get_one(Member, account.member_id).branch_id)
    return Served(branch.name, account.channel)


def path_of(session: Session, unit_id: int) -> list[str]:
    """Folded names of a unit and all above it."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return []
    return [fold(unit.name), *(path_of(session, unit.parent_id) if unit.parent_id else [])]
