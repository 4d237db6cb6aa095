"""An announcement to everybody of a unit: counted while it runs, stopped within a second, every fate told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed, NotFound
from db.once import insert_once
from db.outbox import OutboxRow, OutboxState, Priority, enqueue
from db.waking import wake_senders
from members.audit import note
from members.bots import Bot
from members.budget import Spending, spending
from members.identity import Who
from members.permissions import RIGHTS, Right, branches_below
from members.tables import Account, Broadcast, BroadcastState, Consent, Member, Unit
from members.telling import reachable_place

LONGEST = 1_000  # letters
REPORT_EVERY = timedelta(seconds=3)
_NAMED = 20
_OPEN = (OutboxState.QUEUED, OutboxState.CLAIMED)
_TEXTS = (
    select(Broadcast.id, Broadcast.text, Unit.name)
    .join(Unit, Unit.id == Broadcast.unit_id)
    .where(Broadcast.id.in_(bindparam("broadcasts", expanding=True)))
)


class Scope(Struct, frozen=True):
    """A unit one may announce to."""

    unit_id: int
    name: str


class Announced(Struct, frozen=True):
    """`recipients` get a message; `unreachable` are on the list of those to be told otherwise."""

    broadcast_id: int
    recipients: int
    unreachable: int


class Progress(Struct, frozen=True):
    """How far it is. `unknown`: perhaps delivered, not sent again. `to_call`: names of those not reached."""

    broadcast_id: int
    state: BroadcastState
    total: int
    sent: int
    waiting: int
    failed: int
    unknown: int
    unreachable: int
    cancelled: int
    to_call: tuple[str, ...]


def scopes(session: Session, who: Who) -> list[Scope]:
    """The units the person may announce to; NotAllowed for none."""
    held = dict.fromkeys(post.unit_id for post in who.posts if post.kind in RIGHTS[Right.ANNOUNCE])
    units = [session.get_one(Unit, unit_id) for unit_id in held]
    if not units:
        raise NotAllowed
    return [Scope(unit.id, unit.name) for unit in units]


def announce(
    session: Session,
    who: Who | None,
    unit_id: int,
    text: str,
    *,
    source_key: str,
    careful: bool,
    now: datetime,
) -> Announced:
    """Queue the text for everybody on the unit's roll. The same `source_key` again changes nothing.

    `who` None: the command line. `careful`: at most once, with an honest list of unknowns.
    """
    if who is not None and unit_id not in {scope.unit_id for scope in scopes(session, who)}:
        raise NotAllowed
    text = text.strip()
    if not text:
        raise BadInput("broadcast.empty")
    if len(text) > LONGEST:
        raise BadInput("broadcast.too_long", most=LONGEST)
    made_by = who.member_id if who else None
    is_new = insert_once(
        session,
        Broadcast,
        unit_id=unit_id,
        made_by=made_by,
        text=text,
        careful=careful,
        source_key=source_key,
        state=BroadcastState.RUNNING,
        made_at=now,
        reports=0,
    )
    made = session.scalars(select(Broadcast).where(Broadcast.source_key == source_key)).one()
    if is_new:
        _queue(session, made, now)
        note(session, made_by, "announced", f"unit:{unit_id}", now, broadcast=made.id)
    found = progress(session, made.id)
    return Announced(made.id, found.total - found.unreachable, found.unreachable)


def cost(session: Session, unit_id: int, bots: Sequence[Bot], month: str) -> Spending | None:
    """What announcing to the unit costs; None where no bot of its people has a limit."""
    channels = [channel for channel, _ in _accounts(session, unit_id).values()]
    return spending(session, bots, channels, month, "broadcast.text")


def cancel(session: Session, who: Who | None, broadcast_id: int, now: datetime) -> int:
    """Stop what has not gone out; how many messages that were. Harmless when repeated."""
    made = _own(session, who, broadcast_id)
    of_it = OutboxRow.broadcast_id == broadcast_id
    stopped = session.scalars(
        update(OutboxRow)
        .where(of_it, OutboxRow.state == OutboxState.QUEUED)
        .values(state=OutboxState.CANCELLED, finished_at=now)
        .returning(OutboxRow.id)
    ).all()
    in_hand = update(OutboxRow).where(of_it, OutboxRow.state == OutboxState.CLAIMED)
    session.execute(in_hand.values(expires_at=now))
    if made.state is BroadcastState.RUNNING:
        made.state, made.finished_at = BroadcastState.CANCELLED, now
    return len(stopped)


def progress(session: Session, broadcast_id: int) -> Progress:
    """Counts by fate, and the first names of those to be told otherwise."""
    made = session.get(Broadcast, broadcast_id)
    if made is None:
        raise NotFound("broadcast.gone")
    of_it = OutboxRow.broadcast_id == broadcast_id
    rows = session.execute(select(OutboxRow.state, func.count()).where(of_it).group_by(OutboxRow.state))
    counts: dict[OutboxState, int] = dict(rows.all())
    return Progress(
        broadcast_id,
        made.state,
        sum(counts.values()),
        counts.get(OutboxState.SENT, 0),
        sum(counts.get(state, 0) for state in _OPEN),
        counts.get(OutboxState.FAILED, 0),
        counts.get(OutboxState.UNKNOWN, 0),
        counts.get(OutboxState.UNREACHABLE, 0),
        counts.get(OutboxState.CANCELLED, 0) + counts.get(OutboxState.SKIPPED, 0),
        _not_reached(session, broadcast_id),
    )


def texts_of(session: Session, broadcasts: Sequence[int]) -> list[tuple[str, str] | NotFound]:
    """Their texts, and the units that say them; for hot paths: asked for every message."""
    rows = session.connection().execute(_TEXTS, {"broadcasts": list(set(broadcasts))})
    found = {number: (text, unit) for number, text, unit in rows}
    return [found.get(number) or NotFound("broadcast.gone") for number in broadcasts]


def any_to_report(session: Session, now: datetime) -> bool:
    """Whether a broadcast's sender is to hear how it goes."""
    return session.scalar(select(Broadcast.id).where(_to_report(now)).limit(1)) is not None


def report(session: Session, now: datetime) -> None:
    """Tell senders how their broadcasts go: one message that counts up, and the end of it."""
    for made in session.scalars(select(Broadcast).where(_to_report(now))):
        found = progress(session, made.id)
        if made.state is BroadcastState.RUNNING and not found.waiting:
            made.state, made.finished_at = BroadcastState.DONE, now
        if made.made_by is not None:
            _tell_sender(session, made, made.made_by, now)
        made.reported_at = now
        made.reports += 1


def _to_report(now: datetime) -> ColumnElement[bool]:
    """Running ones every few seconds, ended ones once more."""
    late = Broadcast.reported_at.is_(None) | (Broadcast.reported_at <= now - REPORT_EVERY)
    running = (Broadcast.state == BroadcastState.RUNNING) & late
    ended = Broadcast.finished_at.is_not(None) & (
        Broadcast.reported_at.is_(None) | (Broadcast.reported_at < Broadcast.finished_at)
    )
    return running | ended


def _tell_sender(session: Session, made: Broadcast, sender: int, now: datetime) -> None:
    place = reachable_place(session, sender)
    if place is None:
        return
    first = f"broadcast:{made.id}:report:0"
    enqueue(
        session,
        key=f"broadcast:{made.id}:report:{made.reports}",
        channel=place[0],
        chat=place[1],
        member_id=sender,
        notice="broadcast.progress",
        args={"broadcast": made.id, "report": made.reports},
        priority=Priority.PERSONAL,
        now=now,
        replaces=first if made.reports else None,
    )


def _queue(session: Session, made: Broadcast, now: datetime) -> None:
    members = _recipients(session, made.unit_id, now)
    accounts = _accounts(session, made.unit_id)
    rows = [_row(made, member_id, accounts.get(member_id), now) for member_id in members]
    if rows:
        session.execute(insert(OutboxRow), rows)
        wake_senders(session, {channel for channel, _ in accounts.values()})


def _recipients(session: Session, unit_id: int, now: datetime) -> Sequence[int]:
    branches = branches_below(session, unit_id)
    on_roll = Member.left_on.is_(None) | (Member.left_on > now.date())
    return session.scalars(
        select(Member.id).where(Member.branch_id.in_(branches), on_roll).order_by(Member.id)
    ).all()


def _accounts(session: Session, unit_id: int) -> dict[int, tuple[str, str]]:
    """The account used last of everybody who agreed and can be written to."""
    rows = session.execute(
        select(Account.member_id, Account.channel, Account.chat)
        .join(Member, Account.member_id == Member.id)
        .join(Consent, (Consent.member_id == Member.id) & Consent.withdrawn_at.is_(None))
        .where(Member.branch_id.in_(branches_below(session, unit_id)), Account.unreachable_since.is_(None))
        .order_by(Account.last_seen_at, Account.id.desc())
    )
    return {member_id: (channel, chat) for member_id, channel, chat in rows if member_id is not None}


def _row(
    made: Broadcast, member_id: int, account: tuple[str, str] | None, now: datetime
) -> dict[str, object]:
    channel, chat = account or ("", "")
    return {
        "key": f"broadcast:{made.id}:{member_id}",
        "channel": channel,
        "chat": chat,
        "member_id": member_id,
        "notice": "broadcast.text",
        "args": {"broadcast": made.id},
        "priority": int(Priority.BULK),
        "due_at": now,
        "state": OutboxState.QUEUED if account else OutboxState.UNREACHABLE,
        "attempts": 0,
        "created_at": now,
        "careful": made.careful,
        "broadcast_id": made.id,
    }


def _own(session: Session, who: Who | None, broadcast_id: int) -> Broadcast:
    made = session.get(Broadcast, broadcast_id)
    if made is None or (who is not None and made.made_by != who.member_id):
        raise NotAllowed
    return made


def _not_reached(session: Session, broadcast_id: int) -> tuple[str, ...]:
    lost = (OutboxState.UNREACHABLE, OutboxState.FAILED, OutboxState.UNKNOWN)
    names = session.scalars(
        select(Member.full_name)
        .join(OutboxRow, OutboxRow.member_id == Member.id)
        .where(OutboxRow.broadcast_id == broadcast_id, OutboxRow.state.in_(lost))
        .order_by(Member.id)
        .limit(_NAMED)
    )
    return tuple(names)
