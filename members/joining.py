"""Joining by code, and the limits on guessing.

40 bits, seven days, one use, and 5 wrong tries an hour an account (100 an hour over all) leave a guesser
about 4·10⁻⁴ expected hits a year against 500 live codes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import NotFound, Refused, TooManyTries
from db.once import insert_once
from members.audit import note
from members.bots import Bot, kin_of, right_bot
from members.identity import has_consented
from members.linking import check_link, tell_origin
from members.moving import came_by_code, move_account
from members.tables import Account, JoinCode, JoinTry, Member, Post, PostKind, Unit
from members.telling import tell

WINDOW = timedelta(hours=1)
TRIES_PER_ACCOUNT = 5
TRIES_OVERALL = 100
ALARM_AFTER = 20
ALARM_WINDOW = timedelta(days=1)


class JoinAttempt(Struct, frozen=True):
    """A code as typed by an account. `key`: the update's key, so that a repeated update counts once.

    `bots`: of this installation; a member has one account on each platform, at the bot of their branch.
    """

    account_id: int
    digest: str
    key: str
    bots: tuple[Bot, ...] = ()


class JoinState(StrEnum):
    """What came of it."""

    LINKED = "linked"  # now, or already by this very account
    WRONG = "wrong"
    OTHER_BOT = "other_bot"  # nothing was used up: the code works at the bot of the member's branch


class Joined(Struct, frozen=True):
    """The member the account is linked to; for a wrong code the tries left in this hour.

    `one_more`: the member's own code, from another messenger of theirs. `bot`: the one of their branch.
    `moved`: they came over from another bot of this platform.
    """

    state: JoinState
    full_name: str = ""
    branch_name: str = ""
    consented: bool = False
    tries_left: int = 0
    one_more: bool = False
    bot: str = ""
    moved: bool = False


def check_tries(session: Session, account_id: int, now: datetime) -> None:
    """TooManyTries when this account or everybody together guessed too often in the last hour."""
    own = select(JoinTry.at).where(JoinTry.account_id == account_id, JoinTry.at > now - WINDOW)
    mine = list(session.scalars(own.order_by(JoinTry.at)))
    if len(mine) >= TRIES_PER_ACCOUNT:
        wait = mine[-TRIES_PER_ACCOUNT] + WINDOW - now
        raise TooManyTries("joining.too_many_tries", minutes=max(1, -(-int(wait.total_seconds()) // 60)))
    if _tries_since(session, now - WINDOW) >= TRIES_OVERALL:
        raise TooManyTries("joining.too_many_overall")


def join(session: Session, attempt: JoinAttempt, now: datetime, today: date) -> Joined:
    """Link the account to the code's member. `today`: the local day, for the alarm's key.

    A wrong code is a result, not an error, since it must be counted. Raises TooManyTries, and Refused for a
    code expired or used, or when the account or the member is linked otherwise already.
    """
    account = session.get_one(Account, attempt.account_id)
    found = session.scalar(select(JoinCode).where(JoinCode.digest == attempt.digest))
    if found is not None and _linked_already(account, found):
        return _joined(session, found)
    check_tries(session, account.id, now)
    if found is None:
        return _wrong(session, attempt, now, today)
    kin = kin_of(attempt.bots, account.channel)
    if found.from_account is None:
        _check_code(found, now)
    else:
        check_link(session, account, found, kin, now)
    theirs = right_bot(session, attempt.bots, account.channel, found.member_id)
    if theirs is not None:
        return Joined(JoinState.OTHER_BOT, branch_name=theirs.branch_name, bot=theirs.bot)
    origin = session.get(Account, found.from_account) if found.from_account is not None else None
    moved = origin is not None and move_account(session, origin, account, now)
    member = _check_people(session, account, found, kin, today)
    found.used_at, found.used_by_account = now, account.id
    if not moved:
        account.member_id, account.linked_at = member.id, now
        note(session, member.id, "joined", f"member:{member.id}", now, channel=account.channel)
        if origin is not None:
            tell_origin(session, account, found, now)
    return _joined(session, found)


def _linked_already(account: Account, code: JoinCode) -> bool:
    """This very account used the code, and the link still stands."""
    return code.used_by_account == account.id and account.member_id == code.member_id


def _wrong(session: Session, attempt: JoinAttempt, now: datetime, today: date) -> Joined:
    new = insert_once(session, JoinTry, account_id=attempt.account_id, source_key=attempt.key, at=now)
    if new and _tries_since(session, now - ALARM_WINDOW) >= ALARM_AFTER:
        _alarm(session, now, today)
    mine = select(func.count()).where(JoinTry.account_id == attempt.account_id, JoinTry.at > now - WINDOW)
    return Joined(JoinState.WRONG, tries_left=max(0, TRIES_PER_ACCOUNT - (session.scalar(mine) or 0)))


def _check_code(code: JoinCode, now: datetime) -> None:
    if code.used_at is not None:
        raise Refused("joining.code_used")
    if code.expires_at <= now:
        raise Refused("joining.code_expired")


def _check_people(
    session: Session, account: Account, code: JoinCode, kin: frozenset[str], today: date
) -> Member:
    """The code's member, if nothing is linked otherwise."""
    member = session.get_one(Member, code.member_id)
    if member.left_on is not None and member.left_on <= today:
        raise NotFound("joining.code_expired")
    if account.member_id is not None and account.member_id != member.id:
        raise Refused("joining.account_taken")
    other = select(Account.id).where(Account.member_id == member.id, Account.channel.in_(kin))
    if session.scalar(other.where(Account.id != account.id)) is not None:
        raise Refused("joining.member_taken")
    return member


def _joined(session: Session, code: JoinCode) -> Joined:
    member = session.get_one(Member, code.member_id)
    branch = session.get_one(Unit, member.branch_id)
    consented = has_consented(session, member.id)
    moved = came_by_code(session, code)
    one_more = code.from_account is not None and not moved
    return Joined(JoinState.LINKED, member.full_name, branch.name, consented, one_more=one_more, moved=moved)


def _tries_since(session: Session, since: datetime) -> int:
    return session.scalar(select(func.count()).select_from(JoinTry).where(JoinTry.at > since)) or 0


def _alarm(session: Session, now: datetime, today: date) -> None:
    """A wrong code belongs to no branch: the offices are told, or every secretary where there is none."""
    for kind in (PostKind.OFFICE, PostKind.SECRETARY):
        members = _holders_anywhere(session, kind, today)
        for member_id in members:
            key = f"join-alarm:{today.isoformat()}:{member_id}"
            tell(session, member_id, "joining.alarm", key=key, now=now, count=ALARM_AFTER)
        if members:
            return


def _holders_anywhere(session: Session, kind: PostKind, today: date) -> list[int]:
    posts = session.scalars(select(Post).where(Post.kind == kind, Post.starts_on <= today).order_by(Post.id))
    return list(dict.fromkeys(p.member_id for p in posts if p.ends_on is None or p.ends_on > today))
