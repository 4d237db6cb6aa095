"""Who a branch's quiz is for, and whom we can tell of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from members.tables import Account, Consent, Member, MemberStatus

# Exempt members receive nothing by default (domain.md X-01); the others are not active here (4.6).
_NOT_ASKED = (MemberStatus.EXEMPT, MemberStatus.TEMPORARILY_ELSEWHERE, MemberStatus.SUSPENDED)


def reachable_members(session: Session, branch_id: int, now: datetime) -> list[int]:
    """Active members of the branch with a consent in force and an account that can be written to."""
    today = now.date()
    account = exists().where(Account.member_id == Member.id, Account.unreachable_since.is_(None))
    consent = exists().where(Consent.member_id == Member.id, Consent.withdrawn_at.is_(None))
    query = (
        select(Member.id)
        .where(Member.branch_id == branch_id, Member.status.not_in(_NOT_ASKED), account, consent)
        .where(Member.on_roll_from <= today, or_(Member.left_on.is_(None), Member.left_on > today))
        .order_by(Member.id)
    )
    return list(session.scalars(query))
