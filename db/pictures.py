"""Pictures that a platform fetches from an address of ours, and files handed over or taken in, for a while.

Zalo takes no uploads: it downloads a picture from an address, more than once, and shows black when it is
gone. The address is the only key, so it cannot be guessed. What is not a picture has no address of its own
(see `members.page_links`) and lives one day only.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Index, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base

PICTURES_KEPT_FOR = timedelta(days=30)
FILES_KEPT_FOR = timedelta(days=1)  # they hold people's data
TOKEN_BYTES = 16  # 128 bits


class PictureRow(Base):
    """Bytes under an unguessable address."""

    __tablename__ = "picture"
    __table_args__ = (Index("ix_picture_digest", "digest"), Index("ix_picture_expires_at", "expires_at"))

    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Kept(Struct, frozen=True):
    """What lies under an address."""

    name: str
    data: bytes


def keep(session: Session, data: bytes, name: str, now: datetime) -> str:
    """Keep the bytes; the token of their address. A picture told to many has one address."""
    lasts = life_of(name)
    digest = hashlib.sha256(data).hexdigest()
    known = session.scalar(
        select(PictureRow.token)
        .where(PictureRow.digest == digest, PictureRow.name == name)
        .where(PictureRow.expires_at >= now + lasts / 2)
        .limit(1)
    )
    if known is not None:
        return known
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        PictureRow(token=token, name=name, digest=digest, data=data, made_at=now, expires_at=now + lasts)
    )
    return token


def kept(session: Session, token: str, now: datetime) -> Kept | None:
    """What lies under this address; None when it never did or no longer does."""
    row = session.get(PictureRow, token)
    return Kept(row.name, row.data) if row is not None and row.expires_at > now else None


def drop(session: Session, token: str) -> None:
    """Delete what is no longer needed; nothing when it is gone."""
    session.execute(delete(PictureRow).where(PictureRow.token == token))


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture (we make PNG only)."""
    return name.lower().endswith(".png")


def life_of(name: str) -> timedelta:
    """How long something of this name is kept."""
    return PICTURES_KEPT_FOR if is_picture(name) else FILES_KEPT_FOR


def has_outlived(session: Session, now: datetime) -> bool:
    """Whether something is older than we keep it."""
    return session.scalar(select(PictureRow.token).where(PictureRow.expires_at <= now).limit(1)) is not None


def forget_outlived(session: Session, now: datetime) -> None:
    """Delete what is older than we keep it."""
    session.execute(delete(PictureRow).where(PictureRow.expires_at <= now))
