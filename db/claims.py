"""Turns and signs between processes: advisory locks of PostgreSQL in transactions (`sessions.py`: longer)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.errors import MungBaError

OWNERS, ACCOUNTS, CHORES = 430_301, 430_302, 430_303  # first keys of the advisory locks
ARRIVED = "mungba_arrived"  # the channel of NOTIFY: an update waits for the process that holds its account


class NotOurTurn(MungBaError):
    """Another process is at it; what is left is done at the next waking."""


def key_of(name: str) -> int:
    """The second key of a name's lock: 31 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1


def dead(session: Session, owners: Iterable[str]) -> list[str]:
    """Those of these owners that no longer live."""
    statement = text("SELECT pg_try_advisory_xact_lock(:kind, :owner)")
    return [o for o in owners if session.scalar(statement, {"kind": OWNERS, "owner": int(o)})]


def take_turn(session: Session, name: str) -> None:
    """Be the only process at this work until the transaction ends. NotOurTurn when another is."""
    statement = text("SELECT pg_try_advisory_xact_lock(:kind, :key)")
    if not session.scalar(statement, {"kind": CHORES, "key": key_of(name)}):
        raise NotOurTurn(f"another process does {name} now")


def tell_holder(session: Session, account: str) -> None:
    """Once committed: the process that holds this account has something to do."""
    session.execute(text("SELECT pg_notify(:channel, :account)"), {"channel": ARRIVED, "account": account})
