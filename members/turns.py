"""A branch is told something by one process at a time, so that nobody gets two reminders on one day."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from members.tables import Unit


def take_branches(session: Session, branch_ids: Collection[int]) -> list[int]:
    """Those of these branches that no other process is at; they are ours until the transaction ends."""
    if not branch_ids:
        return []
    free = select(Unit.id).where(Unit.id.in_(branch_ids)).order_by(Unit.id)
    return list(session.scalars(free.with_for_update(key_share=True, skip_locked=True)))
