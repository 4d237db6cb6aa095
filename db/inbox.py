"""The inbox: every update is stored here before it is acknowledged to the platform."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, partial_index
from db.many import insert_many, update_many
from db.types import Long, Name, UtcDateTime


class InboxState(StrEnum):
    """new → answered (the answer is stored, being sent) → done; or set aside with a reason.

    What was set aside and is put back by hand waits as `replay` until a process takes it up.
    """

    NEW = "new"
    ANSWERED = "answered"
    DONE = "done"
    SET_ASIDE = "set_aside"
    REPLAY = "replay"


FINISHED = (InboxState.DONE, InboxState.SET_ASIDE)


class InboxRow(Base):
    """One raw update. `lane` is the key of order: one lane is handled strictly one by one.

    Nearly all rows are done: who looks for others says `IS_UNFINISHED` or `HAS_REASON`, as the indexes do. No
    index has to change when an answer is kept.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "update_id"),
        partial_index("ix_inbox_unfinished", "channel", "id", where="finished_at IS NULL"),
        partial_index("ix_inbox_reason", "id", where="reason IS NOT NULL"),
        partial_index("ix_inbox_unowned", "channel", "id", where="owner IS NULL AND state = 'new'"),
    )

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    update_id: Mapped[str] = mapped_column(String(120))
    lane: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
    state: Mapped[InboxState] = mapped_column(Name(InboxState), default=InboxState.NEW)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(300))
    finished_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(20))  # the process that handles it; empty: the only one


class Arrival(Struct, frozen=True):
    """A raw update as a channel's door hands it over."""

    update_id: str
    lane: str
    raw: str


class Waiting(Struct, frozen=True):
    """A stored update that is still to be handled or whose answer is still to be sent."""

    id: int
    channel: str
    lane: str
    raw: str
    received_at: datetime
    attempts: int
    answer: str | None


class Delivery(Struct, frozen=True):
    """What a channel account's door took at one moment."""

    channel: str
    arrivals: Sequence[Arrival]
    now: datetime
    owner: str | None = None  # who handles them, where that is known already


_COLUMNS = InboxRow.__table__.c
IS_UNFINISHED = _COLUMNS.finished_at.is_(None)
HAS_REASON = _COLUMNS.reason.is_not(None)
_IN_HAND = (IS_UNFINISHED, InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED]))
_STORE = insert_many(
    InboxRow,
    ("channel", "update_id", "lane", "raw", "received_at", "state", "attempts", "owner"),
    lambda insert: insert.on_conflict_do_nothing().returning(
        _COLUMNS.id, _COLUMNS.channel, _COLUMNS.update_id
    ),
)
_AS_WAITING = tuple(_COLUMNS[name] for name in Waiting.__struct_fields__)
_TAKE_NEW = (
    update(InboxRow)
    .where(_COLUMNS.state == InboxState.NEW, _COLUMNS.owner.is_(None))
    .where(_COLUMNS.channel == bindparam("account"))
    .values(owner=bindparam("taker"))
    .returning(*_AS_WAITING)
)
_KEEP_ANSWER = update_many(
    {"row": Long, "kept": Text()},
    lambda given: (
        update(InboxRow)
        .where(_COLUMNS.id == given["row"])
        .values(state=InboxState.ANSWERED, answer=given["kept"])
    ),
)
_KEEP_ANSWER_IF_HELD = update_many(
    {"row": Long, "kept": Text(), "holder": Text()},
    lambda given: (
        update(InboxRow)
        .where(_COLUMNS.id == given["row"], _COLUMNS.owner == given["holder"])
        .values(state=InboxState.ANSWERED, answer=given["kept"])
        .returning(_COLUMNS.id)
    ),
)
_FINISH = update_many(
    {"row": Long, "at": UtcDateTime()},
    lambda given: (
        update(InboxRow)
        .where(_COLUMNS.id == given["row"])
        .values(state=InboxState.DONE, finished_at=given["at"], answer=None)
    ),
)


def store_arrivals(
    session: Session, channel: str, arrivals: Sequence[Arrival], now: datetime
) -> list[Waiting]:
    """See `store_all`, for one delivery."""
    return store_all(session, [Delivery(channel, arrivals, now)])[0]


def store_all(session: Session, deliveries: Sequence[Delivery]) -> list[list[Waiting]]:
    """Insert what is new; an update that came before is ignored. Returns the new rows of each, in order."""
    values = [_new_row(delivery, arrival) for delivery in deliveries for arrival in delivery.arrivals]
    if not values:
        return [[] for _ in deliveries]
    made = _STORE.run(session, values)
    ids = {(channel, update_id): row for row, channel, update_id in made.returned}
    return [_fresh(delivery, ids) for delivery in deliveries]


def _new_row(delivery: Delivery, arrival: Arrival) -> dict[str, object]:
    return {
        "channel": delivery.channel,
        "update_id": arrival.update_id,
        "lane": arrival.lane,
        "raw": arrival.raw,
        "received_at": delivery.now,
        "state": InboxState.NEW,
        "attempts": 0,
        "owner": delivery.owner,
    }


def _fresh(delivery: Delivery, ids: dict[tuple[str, str], int]) -> list[Waiting]:
    """Each new row once, though its update came twice."""
    found = []
    for arrival in delivery.arrivals:
        row_id = ids.pop((delivery.channel, arrival.update_id), None)
        if row_id is not None:
            at = delivery.now
            found.append(Waiting(row_id, delivery.channel, arrival.lane, arrival.raw, at, 0, None))
    return found


def take_new(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take what arrived for these accounts and nobody handles yet; in order."""
    session.flush()
    taken = [
        Waiting(*row)
        for channel in channels
        for row in session.connection().execute(_TAKE_NEW, {"account": channel, "taker": owner})
    ]
    return sorted(taken, key=lambda row: row.id)


def take_over(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take everything unfinished of these accounts, whoever had it before; in order."""
    return _taken(session, (*_IN_HAND, InboxRow.channel.in_(channels)), owner)


def take_from_others(session: Session, channels: Sequence[str], owner: str) -> list[Waiting]:
    """Take what is unfinished of these accounts and not in our hands; in order."""
    others = InboxRow.owner.is_distinct_from(owner)
    return _taken(session, (*_IN_HAND, others, InboxRow.channel.in_(channels)), owner)


def _taken(session: Session, which: tuple[ColumnElement[bool], ...], owner: str) -> list[Waiting]:
    rows = session.execute(update(InboxRow).where(*which).values(owner=owner).returning(*_AS_WAITING))
    return sorted((Waiting(*row) for row in rows), key=lambda row: row.id)


def unfinished(session: Session) -> list[Waiting]:
    """Everything a stopped process left behind, oldest first."""
    rows = session.execute(select(*_AS_WAITING).where(*_IN_HAND))  # in order it would read all that is done
    return sorted((Waiting(*row) for row in rows), key=lambda row: row.id)


def _waiting(row: InboxRow) -> Waiting:
    return Waiting(row.id, row.channel, row.lane, row.raw, row.received_at, row.attempts, row.answer)


def count_attempt(session: Session, inbox_id: int) -> None:
    """Remember that handling was tried, before trying."""
    session.execute(update(InboxRow).where(InboxRow.id == inbox_id).values(attempts=InboxRow.attempts + 1))


def keep_answers(session: Session, answers: Mapping[int, str], owner: str = "") -> set[int]:
    """These updates are handled; their answers are kept until they are sent.

    Of which it is true: not of those that another process than `owner` has taken over.
    """
    kept = [{"row": row, "kept": answers[row], "holder": owner} for row in sorted(answers)]
    if not kept:
        return set()
    if owner:
        return _KEEP_ANSWER_IF_HELD.run(session, kept).firsts
    _KEEP_ANSWER.run(session, kept)
    return set(answers)


def held(session: Session, row: int, owner: str) -> Waiting | None:
    """This update as it stands, unless it is finished or another process has taken it over."""
    which = (InboxRow.id == row, InboxRow.owner == owner, *_IN_HAND)
    found = session.execute(select(*_AS_WAITING).where(*which)).first()
    return Waiting(*found) if found else None


def let_go(session: Session, rows: Collection[int], owner: str) -> None:
    """These updates are nobody's, unless another process has taken them over already."""
    ours = (InboxRow.id.in_(rows), InboxRow.owner == owner)
    session.execute(update(InboxRow).where(*ours).values(owner=None))


def finish_all(session: Session, finished: Sequence[tuple[int, datetime]]) -> list[None]:
    """Their answers went out (or none was needed) at these moments."""
    _FINISH.run(session, [{"row": row, "at": at} for row, at in finished])
    return [None] * len(finished)


def set_aside(session: Session, inbox_id: int, reason: str, now: datetime) -> None:
    """This update cannot be handled; it is kept with its reason and blocks nobody."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.id == inbox_id)
        .values(state=InboxState.SET_ASIDE, reason=reason[:300], finished_at=now)
    )


def aside(session: Session) -> list[InboxRow]:
    """Everything set aside, oldest first."""
    which = (HAS_REASON, InboxRow.state == InboxState.SET_ASIDE)
    return list(session.scalars(select(InboxRow).where(*which).order_by(InboxRow.id)))


def put_back(session: Session, inbox_ids: Sequence[int] | None = None) -> list[int]:
    """Let rows that were set aside (None: all of them) be handled again; the ids put back."""
    wanted = (InboxRow.id.in_(inbox_ids),) if inbox_ids is not None else ()
    done = session.scalars(
        update(InboxRow)
        .where(HAS_REASON, InboxRow.state == InboxState.SET_ASIDE, *wanted)
        .values(state=InboxState.REPLAY, attempts=0, reason=None, finished_at=None)
        .returning(InboxRow.id)
    )
    return sorted(done)


def has_put_back(session: Session) -> bool:
    """Whether a replay waits to be taken up."""
    which = (IS_UNFINISHED, InboxRow.state == InboxState.REPLAY)
    return session.scalar(select(InboxRow.id).where(*which).limit(1)) is not None


def take_put_back(session: Session, channels: Sequence[str], owner: str = "") -> list[Waiting]:
    """Make the replays of these channel accounts new again and hand them over, oldest first.

    An answer that was stored already is only sent: its row goes on from there.
    """
    rows = session.scalars(
        select(InboxRow)
        .where(IS_UNFINISHED, InboxRow.state == InboxState.REPLAY, InboxRow.channel.in_(channels))
        .order_by(InboxRow.id)
    ).all()
    for row in rows:
        row.state = InboxState.NEW if row.answer is None else InboxState.ANSWERED
        row.owner = owner or None
    return [_waiting(row) for row in rows]


def hold_all(session: Session, reason: str, now: datetime) -> int:
    """Set aside everything unfinished; how many."""
    held = session.scalars(
        update(InboxRow)
        .where(IS_UNFINISHED, InboxRow.state.in_([InboxState.NEW, InboxState.ANSWERED, InboxState.REPLAY]))
        .values(state=InboxState.SET_ASIDE, reason=reason, finished_at=now)
        .returning(InboxRow.id)
    )
    return len(held.all())
