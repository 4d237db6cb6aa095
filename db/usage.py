"""What each channel account sent and heard in a calendar month, and how many people it served."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.many import insert_many


class ChannelMonth(Base):
    """Counters of one channel account and month ('2026-12', by the installation's calendar).

    A message is counted in the transaction that records it as sent: one sent twice by a crash counts once.
    """

    __tablename__ = "channel_month"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    sent: Mapped[int] = mapped_column(default=0)
    heard: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    spent_at: Mapped[datetime | None]  # when the platform said that the month's messages are used up


class Used(Struct, frozen=True):
    """What a channel account has used of a month."""

    sent: int = 0
    heard: int = 0
    people: int = 0
    spent_at: datetime | None = None


_ADD = insert_many(
    ChannelMonth,
    ("channel", "month", "sent", "heard", "people"),
    lambda made: made.on_conflict_do_update(
        index_elements=["channel", "month"],
        set_={
            "sent": ChannelMonth.sent + made.excluded.sent,
            "heard": ChannelMonth.heard + made.excluded.heard,
            "people": ChannelMonth.people + made.excluded.people,
        },
    ),
)


def count(
    session: Session, channel: str, month: str, *, sent: int = 0, heard: int = 0, people: int = 0
) -> None:
    """Add to the counters of a month."""
    values = {"channel": channel, "month": month, "sent": sent, "heard": heard, "people": people}
    _ADD.run(session, [values])


def used(session: Session, channel: str, month: str) -> Used:
    """The counters of a month; all 0 when nothing was counted yet."""
    row = session.get(ChannelMonth, (channel, month), populate_existing=True)
    return Used(row.sent, row.heard, row.people, row.spent_at) if row else Used()


def note_spent(session: Session, channel: str, month: str, now: datetime) -> bool:
    """The platform takes no more messages this month; True when that is news."""
    count(session, channel, month)
    noted = session.scalar(
        update(ChannelMonth)
        .where(ChannelMonth.channel == channel, ChannelMonth.month == month, ChannelMonth.spent_at.is_(None))
        .values(spent_at=now)
        .returning(ChannelMonth.channel)
    )
    return noted is not None
