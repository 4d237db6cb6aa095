"""Members go over from one bot to another of the same platform, without anything being lost on the way.

A bot cannot write to somebody who has not begun a chat with it. So the old one asks each to open the new one,
by a link with a one-time code, and goes on serving them until they have; only then their account changes,
with everything that waits for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from msgspec import Struct, field
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.outbox import Address, Priority, enqueue_all, readdress
from members.audit import note
from members.bots import Bot, Served, kin_of
from members.identity import has_consented
from members.join_codes import VALID_FOR
from members.tables import Account, JoinCode, Member, Move, Unit

ASK, WENT = "moving.ask", "moving.went"
_OPEN = (  # none any more when somebody else uses the account
    select(Move)
    .join(Account, Account.id == Move.account_id)
    .where(Move.done_at.is_(None), Account.member_id == Move.member_id)
)


class MoveReport(Struct):
    """What came of asking: how many, and the names of those whom only a phone call reaches."""

    asked: int = 0
    there_already: int = 0
    on_no_bot: int = 0
    to_call: list[str] = field(default_factory=list)


class Moved(Struct, frozen=True):
    """Somebody who has just come over."""

    full_name: str
    branch_name: str
    consented: bool


class Asked(Struct, frozen=True):
    """Somebody who was asked to go over and has not done so."""

    member_id: int
    branch_name: str
    channel: str


def ask_to_move(
    session: Session, members: Sequence[int], bots: Sequence[Bot], channel: str, now: datetime, today: date
) -> MoveReport:
    """Ask these members to go over to `channel`. Asking again reminds those who have not, once a day."""
    report = MoveReport()
    kin = kin_of(bots, channel)
    for member_id in members:
        accounts = session.scalars(
            select(Account).where(Account.member_id == member_id, Account.channel.in_(kin))
        ).all()
        here = [account for account in accounts if account.channel == channel]
        session.execute(delete(Move).where(Move.member_id == member_id, Move.done_at.is_(None)))
        if here or not accounts:
            report.there_already += bool(here)
            report.on_no_bot += not accounts
            continue
        for account in accounts:
            _ask(session, account, member_id, channel, report, now, today)
    return report


def _ask(
    session: Session,
    account: Account,
    member_id: int,
    channel: str,
    report: MoveReport,
    now: datetime,
    today: date,
) -> None:
    move = Move(account_id=account.id, member_id=member_id, channel=channel, asked_at=now)
    session.add(move)
    note(session, None, "asked_to_move", _target(move), now, origin=account.channel, to=channel)
    reachable = account.unreachable_since is None and has_consented(session, member_id)
    if not reachable:
        report.to_call.append(session.get_one(Member, member_id).full_name)
    place = (account.channel, account.chat) if reachable else ("", "")
    to = Address(f"{ASK}:{account.id}:{channel}:{today.isoformat()}", member_id, *place)
    report.asked += 1
    enqueue_all(
        session,
        [to],
        notice=ASK,
        args={"account": account.id, "to": channel},
        priority=Priority.PERSONAL,
        now=now,
        expires_at=now + VALID_FOR,
    )


def still_asked(session: Session, account_id: int, channel: str) -> Asked | None:
    """Whether whoever uses this account is still to go over to `channel`."""
    move = _open_move(session, account_id, channel)
    if move is None:
        return None
    branch = session.get_one(Unit, session.get_one(Member, move.member_id).branch_id)
    return Asked(move.member_id, branch.name, move.channel)


def may_move(session: Session, origin: Account, to: Account) -> bool:
    """Whether who uses `origin` was asked to go over to the bot of `to`."""
    return _open_move(session, origin.id, to.channel) is not None


def move_account(session: Session, origin: Account, to: Account, now: datetime) -> bool:
    """From now on the member is at `to`: with their language, and with everything that waits for them.

    False when they were not asked to, or somebody else uses `to`.
    """
    move = _open_move(session, origin.id, to.channel)
    if move is None or to.member_id not in (None, move.member_id):
        return False
    to.member_id, to.linked_at, to.language = move.member_id, now, origin.language
    for one in _open_moves(session, move.member_id, to.channel):
        one.done_at = now
        left = session.get_one(Account, one.account_id)
        left.member_id = left.linked_at = None
        note(session, move.member_id, "moved", _target(move), now, origin=left.channel, to=to.channel)
        _tell_origin(session, left, to, now)
    session.flush()
    readdress(session, move.member_id, to.channel, to.chat)
    return True


def move_known(session: Session, account_id: int, kin: Collection[str], now: datetime) -> Moved | None:
    """The same for somebody who opened the new bot without the link; their id is the same at all of `kin`."""
    to = session.get_one(Account, account_id)
    query = select(Account).where(Account.user == to.user, Account.channel.in_(kin), Account.id != to.id)
    if not any(move_account(session, origin, to, now) for origin in session.scalars(query).all()):
        return None
    member = session.get_one(Member, to.member_id)
    branch = session.get_one(Unit, member.branch_id)
    return Moved(member.full_name, branch.name, has_consented(session, member.id))


def went_to(session: Session, account_id: int) -> Served | None:
    """Where the member has gone who used this account before, as long as they are there."""
    query = select(Move).where(Move.account_id == account_id, Move.done_at.is_not(None))
    move = session.scalar(query.order_by(Move.done_at.desc()).limit(1))
    if move is None:
        return None
    there = select(Account.id).where(Account.member_id == move.member_id, Account.channel == move.channel)
    if session.scalar(there.limit(1)) is None:
        return None
    branch = session.get_one(Unit, session.get_one(Member, move.member_id).branch_id)
    return Served(branch.name, move.channel)


def came_by_code(session: Session, code: JoinCode) -> bool:
    """Whether this code was of somebody who went over."""
    if code.from_account is None:
        return False
    query = select(Move.id).where(Move.account_id == code.from_account, Move.done_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def forget_moves(session: Session, member_id: int) -> None:
    """Nothing of it stays: the member has left."""
    session.execute(delete(Move).where(Move.member_id == member_id))


def _open_move(session: Session, account_id: int, channel: str) -> Move | None:
    return session.scalar(_OPEN.where(Move.account_id == account_id, Move.channel == channel))


def _open_moves(session: Session, member_id: int, channel: str) -> Sequence[Move]:
    return session.scalars(_OPEN.where(Move.member_id == member_id, Move.channel == channel)).all()


def _target(move: Move) -> str:
    return f"member:{move.member_id}"


def _tell_origin(session: Session, origin: Account, to: Account, now: datetime) -> None:
    """To the old chat itself: whoever did not do this must hear of it."""
    if origin.unreachable_since is None:
        enqueue_all(
            session,
            [Address(f"{WENT}:{origin.id}:{to.id}:{now.isoformat()}", None, origin.channel, origin.chat)],
            notice=WENT,
            args={"to": to.channel},
            priority=Priority.PERSONAL,
            now=now,
            expires_at=now + VALID_FOR,
        )
