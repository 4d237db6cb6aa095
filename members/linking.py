"""One person, several messengers: a one-time code shown on one account is typed on another.

Both lead to the same member: one consent, one attendance, one attempt, one place in the ranking.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.errors import NotFound, Refused
from db.outbox import OutboxState, Priority, enqueue, readdress
from members.audit import note
from members.identity import Who, has_consented
from members.join_codes import Draft, keep_own_code
from members.moving import may_move
from members.page_links import kill_links
from members.tables import Account, JoinCode

VALID_FOR = timedelta(minutes=15)
TOLD_WITHIN = timedelta(days=2)
LINKED, UNDONE = "linking.linked", "linking.undone"


def offer_link(session: Session, who: Who, account_id: int, draft: Draft, now: datetime) -> datetime:
    """Store a code to be typed on another account of this member; an older one dies. When it expires."""
    session.execute(
        delete(JoinCode).where(
            JoinCode.member_id == who.member_id,
            JoinCode.from_account.is_not(None),
            JoinCode.used_at.is_(None),
        )
    )
    note(session, who.member_id, "link_code_made", f"member:{who.member_id}", now)
    return keep_own_code(session, account_id, draft, now, VALID_FOR)


def check_link(
    session: Session, account: Account, code: JoinCode, kin: frozenset[str], now: datetime
) -> None:
    """Refused unless the code is alive, its own account still is the member's, and this is another messenger.

    `kin`: the bots on the platform of `account`. Who was asked to go over from one of them to another may.
    """
    origin = session.get_one(Account, code.from_account)
    if code.used_at is not None:
        raise Refused("linking.code_used")
    if code.expires_at <= now or origin.member_id != code.member_id:
        raise Refused("linking.code_expired")
    if may_move(session, origin, account):
        return
    if account.id == origin.id or origin.channel in kin:
        raise Refused("linking.other_messenger")
    if not has_consented(session, code.member_id):
        raise Refused("linking.code_expired")


def tell_origin(session: Session, account: Account, code: JoinCode, now: datetime) -> None:
    """The account that showed the code hears which one was linked, and can undo it."""
    origin = session.get_one(Account, code.from_account)
    _tell(session, origin, LINKED, f"{LINKED}:{code.id}", now, account=account.id, member=code.member_id)


def unlink(session: Session, who: Who, own_account: int, account_id: int, now: datetime) -> str:
    """Undo the link of another account of one's own; its channel. NotFound when it is not linked (any more).

    What waits for the member comes here; the other account is told.
    """
    account, own = session.get(Account, account_id), session.get_one(Account, own_account)
    if account is None or account.member_id != who.member_id or account.id == own.id:
        raise NotFound("linking.not_linked")
    account.member_id = account.linked_at = None
    kill_links(session, who.member_id, now)  # whoever held that phone may have asked for some
    note(session, who.member_id, "unlinked", f"member:{who.member_id}", now, accounts=1)
    readdress(session, who.member_id, own.channel, own.chat)
    _tell(session, account, UNDONE, f"{UNDONE}:{account.id}:{now.isoformat()}", now)
    return account.channel


def linked_channel(session: Session, member_id: int, account_id: int) -> str | None:
    """The channel of an account, as long as it is linked to the member."""
    return session.scalar(
        select(Account.channel).where(Account.id == account_id, Account.member_id == member_id)
    )


def _tell(session: Session, to: Account, notice: str, key: str, now: datetime, **args: int) -> None:
    """To this very account, whichever the member uses now."""
    enqueue(
        session,
        key=key,
        channel=to.channel,
        chat=to.chat,
        member_id=None,
        notice=notice,
        args=args,
        priority=Priority.PERSONAL,
        now=now,
        expires_at=now + TOLD_WITHIN,
        state=OutboxState.QUEUED if to.unreachable_since is None else OutboxState.UNREACHABLE,
    )
