"""The month's messages of a bot: what is left, and what is dropped last.

The order is this, here and nowhere else:
1. answers to people may use everything;
2. messages of a meeting (invitation, reminders, check-in) stop where the reserve for answers begins;
3. the rest (announcements, quizzes, opinions, notes to others) stops earlier, so that reminders are left.
What is not sent goes to the person's other messenger, or is on the call list with this reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from db import usage
from db.due import Due, claim, on_their_way
from db.fates import Fate, write_down
from db.outbox import Letter, OutboxState, Priority
from members.bots import Bot, serving
from members.identity import Who
from members.permissions import Right, branches_covered
from members.tables import Account, Member, PostKind, Unit
from members.telling import holders_of, tell, try_other_account

ANSWERS_KEPT = 15  # of a hundred messages of the month, for answers only
REMINDERS_KEPT = 10  # of a hundred, for answers and meetings
HELD_BACK = "the month's messages are kept for answers and meetings"
OF_A_MEETING = ("invitation.", "checkin.")
_TOLD = frozenset({PostKind.SECRETARY, PostKind.DEPUTY, PostKind.OFFICE})


class Seat(StrEnum):
    """Whether a bot has room for somebody this month."""

    TAKEN = "taken"
    NONE = "none"
    NONE_AS_TOLD = "none_as_told"  # the person has heard it


class Left(Struct, frozen=True):
    """What a bot has left this month. `people`: served so far; `reached`: members who get its messages."""

    bot: Bot
    messages: int
    people: int
    reached: int
    spent_at: datetime | None


class Spending(Struct, frozen=True):
    """What telling a unit's members costs on bots with a limit, and what is left there for it."""

    cost: int
    left: int
    short: int  # members who would not get it


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """'2026-12': the calendar month in the installation's zone."""
    return month_with(moment.astimezone(zone).date())


@lru_cache(maxsize=64)
def month_with(day: date) -> str:
    """'2026-12': the month that has this day."""
    return f"{day.year:04}-{day.month:02}"


def left_of(session: Session, bot: Bot, month: str) -> int:
    """Messages left; never below 0."""
    used = usage.used(session, bot.name, month)
    return max(0, bot.messages - used.sent - (used.heard if bot.counts_inbound else 0))


def floor_of(bot: Bot, priority: int, notice: str) -> int:
    """What has to be left before a message of this sort goes out."""
    answers = bot.messages * ANSWERS_KEPT // 100
    if priority <= Priority.MEETING or notice.startswith(OF_A_MEETING):
        return answers
    return answers + bot.messages * REMINDERS_KEPT // 100


class Claim(Struct, frozen=True):
    """Due letters of a bot are to be taken: at most `limit`, in the name of `owner`."""

    bot: Bot
    month: str
    due: Due
    limit: int
    owner: str = ""


class Claimed(Struct, frozen=True):
    """What was taken, and how many letters the month does not allow."""

    letters: list[Letter]
    refused: int = 0


def claim_within(session: Session, claims: Sequence[Claim]) -> list[Claimed]:
    """Take due letters as `db.due.claim` does, but only what the month allows."""
    return [_claim_within(session, one) for one in claims]


def _claim_within(session: Session, wanted: Claim) -> Claimed:
    letters, bot, now = claim(session, wanted.due, wanted.limit, wanted.owner), wanted.bot, wanted.due.now
    if not bot.messages or not letters:
        return Claimed(letters)
    unrecorded = on_their_way(session, bot.name) - len(letters)
    left = left_of(session, bot, wanted.month) - unrecorded
    kept: list[Letter] = []
    for letter in letters:
        if left - len(kept) > floor_of(bot, letter.priority, letter.notice):
            kept.append(letter)
        elif not try_other_account(session, letter, now, HELD_BACK):
            write_down(session, [Fate(letter.id, OutboxState.UNREACHABLE, now, HELD_BACK)])
    return Claimed(kept, len(letters) - len(kept))


def overview(session: Session, who: Who, bots: Sequence[Bot], month: str) -> list[Left]:
    """The limited bots of the branches where the person answers for messages, least left first."""
    covered = branches_covered(session, who, Right.SEE_BUDGET)
    theirs = {bot.name: bot for branch in covered for bot in serving(session, bots, branch) if bot.messages}
    found = []
    for bot in theirs.values():
        used = usage.used(session, bot.name, month)
        left = left_of(session, bot, month)
        found.append(Left(bot, left, used.people, _linked(session, bot.name), used.spent_at))
    return sorted(found, key=lambda one: one.messages)


def spending(
    session: Session, bots: Sequence[Bot], accounts: Sequence[str], month: str, notice: str
) -> Spending | None:
    """What one message to each of these costs; `accounts`: their channels. None where nothing is limited."""
    limited = {bot.name: bot for bot in bots if bot.messages and bot.name in accounts}
    if not limited:
        return None
    cost, left, short = 0, 0, 0
    for bot in limited.values():
        wanted = sum(channel == bot.name for channel in accounts)
        room = left_of(session, bot, month)
        cost, left = cost + wanted, left + room
        short += max(0, wanted - max(0, room - floor_of(bot, Priority.BULK, notice)))
    return Spending(cost, left, short)


def tell_spent(session: Session, bot: Bot, chat: str, month: str, now: datetime) -> None:
    """The platform takes no more of this bot's messages: whoever it concerns hears it on another messenger.

    Nothing is lost: an attempt goes on there, or next month.
    """
    usage.note_spent(session, bot.name, month, now)
    account = session.scalar(select(Account).where(Account.channel == bot.name, Account.chat == chat))
    member = session.get(Member, account.member_id) if account and account.member_id else None
    if member is None:
        return
    mark = f"spent:{bot.name}:{month}"
    tell(session, member.id, "budget.spent", key=f"{mark}:{member.id}", now=now, avoid=bot.name, bot=bot.name)
    for holder in holders_of(session, member.branch_id, _TOLD, now):
        key = f"{mark}:told:{holder}"
        tell(session, holder, "budget.spent_told", key=key, now=now, avoid=bot.name, bot=bot.name)


class Served(Struct, frozen=True):
    """Somebody for whom there is always room, in a month."""

    account_id: int
    channel: str
    month: str


_TAKE_SEATS = (
    update(Account)
    .where(
        Account.id.in_(bindparam("accounts", expanding=True)),
        Account.counted_in.is_distinct_from(bindparam("this_month")),
    )
    .values(counted_in=bindparam("this_month"))
    .returning(Account.id)
)


def count_served(session: Session, served: Sequence[Served]) -> list[None]:
    """Count people of the month, each once; for hot paths."""
    together: dict[tuple[str, str], set[int]] = {}
    for one in served:
        together.setdefault((one.channel, one.month), set()).add(one.account_id)
    for (channel, month), accounts in together.items():
        taken = {"accounts": sorted(accounts), "this_month": month}
        fresh = session.connection().execute(_TAKE_SEATS, taken).all()
        usage.count(session, channel, month, people=len(fresh))
    return [None] * len(served)


def take_seat(
    session: Session, account_id: int, bot: Bot, bots: Sequence[Bot], month: str, key: str, now: datetime
) -> Seat:
    """Count a person of the month once. Members are always served.

    `key` is the update's, so that a repeated update says again that there is no room.
    """
    account = session.get_one(Account, account_id)
    if account.counted_in == month:
        return Seat.TAKEN
    if bot.people and account.member_id is None and _people(session, bot, month) >= bot.people:
        return _turn_away(session, account, bot, bots, f"{month} {key}", now)
    account.counted_in = month
    usage.count(session, account.channel, month, people=1)
    return Seat.TAKEN


def _people(session: Session, bot: Bot, month: str) -> int:
    """Members, who may come any day, and strangers who came this month."""
    of_bot = select(func.count()).where(Account.channel == bot.name)
    served = Account.member_id.is_not(None) | (Account.counted_in == month)
    return session.scalar(of_bot.where(served)) or 0


def _turn_away(
    session: Session, account: Account, bot: Bot, bots: Sequence[Bot], mark: str, now: datetime
) -> Seat:
    month = mark[:7]
    if account.turned_away is not None and account.turned_away[:7] == month:
        return Seat.NONE if account.turned_away == mark else Seat.NONE_AS_TOLD
    account.turned_away = mark
    for branch in session.scalars(select(Unit.id).order_by(Unit.id)).all():
        if bot in serving(session, bots, branch):
            for holder in holders_of(session, branch, _TOLD, now):
                key = f"full:{bot.name}:{month}:{holder}"
                tell(session, holder, "budget.full_told", key=key, now=now, bot=bot.name, people=bot.people)
    return Seat.NONE


def _linked(session: Session, channel: str) -> int:
    linked = select(func.count()).where(Account.channel == channel, Account.member_id.is_not(None))
    return session.scalar(linked) or 0
