"""The audit log: who did what to whose record. Never a message text."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from members.tables import AuditEntry


def note(
    session: Session, actor_id: int | None, action: str, target: str, now: datetime, **detail: str | int
) -> None:
    """Write one line. `actor_id` None: the command line or somebody who has not joined."""
    session.add(AuditEntry(at=now, actor_id=actor_id, action=action, target=target, detail=detail))
