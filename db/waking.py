"""Which channel accounts have something new in the outbox: their senders look as soon as it is committed.

What is noted and then undone wakes a sender for nothing, no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.orm import Session

_NOTED = "accounts with new messages"


def wake_senders(session: Session, channels: Iterable[str]) -> None:
    """The senders of these accounts are to look, once this transaction is committed."""
    session.connection().info.setdefault(_NOTED, set()).update(channels)


def to_wake(connection: Connection) -> set[str]:
    """The accounts noted since this was asked last."""
    noted: set[str] = connection.info.pop(_NOTED, set())
    return noted
