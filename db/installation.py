"""Small facts of this installation that must outlive a restart (polling offsets, secrets made here)."""

import secrets
from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.once import insert, insert_once


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


def claim(session: Session, name: str, owner: str, now: datetime, until: datetime) -> bool:
    """Whether `owner` alone may do what is called `name`, until then or until it lets go."""
    insert_once(session, InstallationRow, name=name, value="")
    query = select(InstallationRow).where(InstallationRow.name == name)
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    holder, _, ends = row.value.partition(" ")
    if holder not in ("", owner) and now < datetime.fromisoformat(ends):
        return False
    row.value = f"{owner} {until.isoformat()}"
    return True


def let_go(session: Session, name: str, owner: str) -> None:
    """Somebody else may do it now."""
    row = session.get(InstallationRow, name, with_for_update=True)
    if row is not None and row.value.partition(" ")[0] == owner:
        row.value = ""
