"""Small facts of this installation that must outlive a restart (polling offsets, secrets made here)."""

from __future__ import annotations

import secrets

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.once import insert


class InstallationRow(Base):
    """One named fact."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def fact(session: Session, name: str) -> str | None:
    """The stored fact, or None."""
    row = session.get(InstallationRow, name)
    return row.value if row else None


def remember(session: Session, name: str, value: str) -> None:
    """Store or replace a fact."""
    session.execute(
        insert(session, InstallationRow)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def own_secret(session: Session, name: str) -> str:
    """A 256-bit secret made on first use and kept, as hexadecimal text."""
    known = fact(session, name)
    if known is None:
        known = secrets.token_hex(32)
        remember(session, name, known)
    return known
