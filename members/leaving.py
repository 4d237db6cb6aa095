"""Leaving, and "không phải tôi": the link goes at once, whoever has to know is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import forgetting
from db.outbox import OutboxRow, OutboxState
from members import consent
from members.audit import note
from members.join_codes import kill_codes
from members.moving import forget_moves
from members.page_links import kill_links
from members.tables import Account, Member, PostKind
from members.telling import holders_of, tell

Forget: TypeAlias = Callable[[Session, int], None]
"""Makes one room's contributions of a member anonymous: `forget(session, member_id)`. Rooms above hand
theirs to `withdraw`; this room knows none of them."""

_HELPERS = frozenset({PostKind.SECRETARY, PostKind.DEPUTY})
_HELPERS_AND_OFFICE = _HELPERS | {PostKind.OFFICE}


class Left(Struct, frozen=True):
    """Who left; `full_name` is empty when the account was linked to nobody (any more)."""

    full_name: str = ""


def withdraw(session: Session, account_id: int, forget: Sequence[Forget], now: datetime, *, key: str) -> Left:
    """Withdraw consent: all links removed, contributions made anonymous, nothing queued is sent any more.

    Attendance of record stays in the branch's minutes. `key`: the update's key. (M-12)
    """
    account = session.get_one(Account, account_id)
    if account.member_id is None:
        return Left()
    member = session.get_one(Member, account.member_id)
    _forget_texts(session, member.id)
    forget_moves(session, member.id)
    _unlink_all(session, member.id)
    consent.end(session, member.id, now)
    for room in forget:
        room(session, member.id)
    _silence(session, member.id, now)
    kill_codes(session, [member.id])
    kill_links(session, member.id, now)
    _tell(session, member, "joining.has_left", _HELPERS, now, key)
    return Left(member.full_name)


def not_me(session: Session, account_id: int, now: datetime, *, key: str) -> Left:
    """The wrong person holds this phone: unlink it, tell secretary and office. (M-13)

    A consent given with no other phone linked cannot be the member's own: it ends as well.
    """
    account = session.get_one(Account, account_id)
    if account.member_id is None:
        return Left()
    member = session.get_one(Member, account.member_id)
    account.member_id = account.linked_at = None
    session.flush()
    kill_links(session, member.id, now)
    if not session.scalar(select(Account.id).where(Account.member_id == member.id).limit(1)):
        consent.end(session, member.id, now)
        _silence(session, member.id, now)
    note(session, None, "not_me", f"member:{member.id}", now, account=account_id)
    _tell(session, member, "joining.not_me_told", _HELPERS_AND_OFFICE, now, key)
    return Left(member.full_name)


def _forget_texts(session: Session, member_id: int) -> None:
    """What was written in the member's chats goes with the rest."""
    for account in session.scalars(select(Account).where(Account.member_id == member_id)):
        forgetting.forget_texts(session, account.channel, account.chat)


def _unlink_all(session: Session, member_id: int) -> None:
    session.execute(
        update(Account).where(Account.member_id == member_id).values(member_id=None, linked_at=None)
    )


def _silence(session: Session, member_id: int, now: datetime) -> None:
    """What waits to be sent to the member is not sent."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.member_id == member_id, OutboxRow.state == OutboxState.QUEUED)
        .values(state=OutboxState.SKIPPED, finished_at=now, reason="no longer linked")
    )


def _tell(
    session: Session, member: Member, notice: str, kinds: frozenset[PostKind], now: datetime, key: str
) -> None:
    for receiver in holders_of(session, member.branch_id, kinds, now):
        if receiver != member.id:
            tell(session, receiver, notice, key=f"{notice}:{key}:{receiver}", now=now, member=member.id)
