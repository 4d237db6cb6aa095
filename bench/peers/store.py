"""What both peers keep: members, and one answer a member and question. One transaction an update."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, event, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Declarative base."""


class Member(Base):
    """A member by their account."""

    __tablename__ = "peer_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[int] = mapped_column(BigInteger, unique=True)
    name: Mapped[str]
    consented: Mapped[bool]


class Answer(Base):
    """An answer, given once."""

    __tablename__ = "peer_answer"

    member_id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[int] = mapped_column(primary_key=True)
    option: Mapped[int]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def sessions(url: str) -> async_sessionmaker[AsyncSession]:
    """SQLite as durable as ours (WAL, synchronous=FULL), on the one connection that may write."""
    if not url.startswith("sqlite"):
        return async_sessionmaker(create_async_engine(url, pool_size=20), expire_on_commit=False)
    engine = create_async_engine(url, pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return async_sessionmaker(engine, expire_on_commit=False)


async def record(
    session: async_sessionmaker[AsyncSession], user: int, question: int, option: int
) -> bool | None:
    """Whether the answer is new; None for somebody who is no member. Durable when it returns."""
    try:
        async with session.begin() as at:
            member = await at.scalar(select(Member).where(Member.user == user))
            if member is None or not member.consented:
                return None
            at.add(Answer(member_id=member.id, question=question, option=option, at=datetime.now(UTC)))
    except IntegrityError:
        return False
    return True


async def fill(url: str, users: list[int]) -> None:
    """Make the tables, with these members."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        people = [{"user": user, "name": f"Đảng viên {user}", "consented": True} for user in users]
        await connection.execute(insert(Member), people)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], [int(user) for user in sys.stdin.read().split()]))
