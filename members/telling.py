"""Telling somebody who is not speaking: one row in the outbox, to the account they used last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import Letter, OutboxState, Priority, enqueue, hand_on
from members.identity import has_consented
from members.tables import Account, Post, PostKind, Unit

MOST_ACCOUNTS = 4  # tries of one letter at different accounts of a member


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
    """Queue `notice` for a member; False when `key` was queued before. `avoid`: a channel that is of no use.

    Somebody without a linked account, without consent or out of reach gets a row that says so: the
    secretary's call list is made from those.
    """
    account = _reachable(session, member_id, lambda one: one.channel != avoid)
    return enqueue(
        session,
        key=key,
        channel=account.channel if account else "",
        chat=account.chat if account else "",
        member_id=member_id,
        notice=notice,
        args=args,
        priority=priority,
        now=now,
        due_at=due_at,
        expires_at=expires_at,
        state=OutboxState.QUEUED if account else OutboxState.UNREACHABLE,
    )


def reachable_account(session: Session, member_id: int) -> Account | None:
    """The linked account seen last, if the person has consented and can be written to."""
    return _reachable(session, member_id)


def _reachable(
    session: Session, member_id: int, of_use: Callable[[Account], bool] = lambda _one: True
) -> Account | None:
    if not has_consented(session, member_id):
        return None
    accounts = session.scalars(
        select(Account)
        .where(Account.member_id == member_id, Account.unreachable_since.is_(None))
        .order_by(Account.last_seen_at.desc(), Account.id)
    )
    return next(filter(of_use, accounts), None)


def try_other_account(session: Session, letter: Letter, now: datetime, reason: str) -> bool:
    """Hand a letter that cannot arrive here on to another account of its member; False when there is none."""
    if letter.member_id is None or letter.attempts > MOST_ACCOUNTS:
        return False
    here = (letter.channel, letter.chat)
    other = _reachable(session, letter.member_id, lambda one: (one.channel, one.chat) != here)
    if other is None:
        return False
    hand_on(session, letter.id, other.channel, other.chat, now, reason)
    return True


def holders_of(session: Session, unit_id: int, kinds: frozenset[PostKind], now: datetime) -> list[int]:
    """Members holding one of these posts at the unit or at a unit above it, today."""
    units = [unit_id, *_ancestors(session, unit_id)]
    today = now.date()
    posts = session.scalars(
        select(Post).where(Post.unit_id.in_(units), Post.starts_on <= today).order_by(Post.id)
    )
    held = [p for p in posts if p.kind in kinds and (p.ends_on is None or p.ends_on > today)]
    return list(dict.fromkeys(post.member_id for post in held))


def _ancestors(session: Session, unit_id: int) -> list[int]:
    unit = session.get_one(Unit, unit_id)
    return [unit.parent_id, *_ancestors(session, unit.parent_id)] if unit.parent_id else []
