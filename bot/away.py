"""We were away: after a gap, presses are lost (Telegram drops them after 150 s), typed words are not.

A channel account's last sign of its platform is noted every few seconds by the machine's own clock, never by
a simulator's movable one. A sign after too long a silence tells, once, whoever had something to press.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock, SystemClock
from bot.limits import CHOICES_CONCERN_HOURS, HEARTBEAT_SECONDS, TELEGRAM_TAP_LIFE_SECONDS
from db import conversation, outbox
from db.conversation import ConversationRow
from db.errors import StoreError
from db.installation import fact, remember
from db.outbox import Priority
from db.store import Store
from meetings.tables import Attendance, Meeting, MeetingState
from members.tables import Account, Consent, Member
from quizzes.tables import Attempt, QuizRound

log = logging.getLogger(__name__)
LONGEST_SILENCE = timedelta(seconds=TELEGRAM_TAP_LIFE_SECONDS)
HEARTBEAT = timedelta(seconds=HEARTBEAT_SECONDS)
CONCERN = timedelta(hours=CHOICES_CONCERN_HOURS)
NOTE_HOLDS = timedelta(hours=12)  # told later than this it would only confuse
_MACHINE = SystemClock()


class Gap(Struct, frozen=True):
    """A silence of one channel account by the machine's clock; `shift` leads to the clock people see."""

    channel: str
    start: datetime
    end: datetime
    shift: timedelta

    @property
    def now(self) -> datetime:
        """Its end on the clock people see."""
        return self.end + self.shift


class Presence:
    """Notes when each channel account's platform was last there, and notices gaps."""

    def __init__(self, store: Store, clock: Clock, machine: Clock = _MACHINE) -> None:
        self._store = store
        self._clock = clock
        self._machine = machine
        self._seen: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}

    async def seen(self, channel: str) -> None:
        """The platform is there now. Never fails: what cannot be stored is tried at the next sign."""
        try:
            await self._look(channel, self._machine.now())
        except StoreError as error:
            log.warning("the last sign of channel %s cannot be noted: %s", channel, error)

    def forget(self, channel: str) -> None:
        """Another process may have seen its platform meanwhile: what is stored counts."""
        self._seen.pop(channel, None)

    async def beat(self, channel: str) -> None:
        """For a channel that calls us: as long as we run, its presses arrive. Until cancelled."""
        while True:
            await self.seen(channel)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _look(self, channel: str, now: datetime) -> None:
        last = self._seen.get(channel) or await self._store.read(_last_sign, channel)
        if last is not None and now - last > LONGEST_SILENCE:
            gap = Gap(channel, last, now, self._clock.now() - now)
            told = await self._store.write(_tell_of, gap)
            self._noted[channel] = now
            log.warning("channel %s: nothing from %s to %s; %s people are told", channel, last, now, told)
        elif self._is_note_old(channel, now):
            await self._store.write(remember, _name(channel), now.isoformat())
            self._noted[channel] = now
        self._seen[channel] = now

    def _is_note_old(self, channel: str, now: datetime) -> bool:
        """Also when the clock was set back."""
        noted = self._noted.get(channel)
        return noted is None or not timedelta() <= now - noted < HEARTBEAT


def _name(channel: str) -> str:
    return f"seen:{channel}"


def _last_sign(session: Session, channel: str) -> datetime | None:
    noted = fact(session, _name(channel))
    return datetime.fromisoformat(noted) if noted else None


def _tell_of(session: Session, gap: Gap) -> int:
    """Queue the note for everybody concerned and remember that the gap is over; how many are told."""
    meetings = _open_meetings(session)
    pressing = _chats_with_choices(session, gap)
    busy = _awaited(session, meetings) | _in_quiz(session, gap)
    told = 0
    for account in _reachable(session, gap.channel):
        if account.chat in pressing or account.member_id in busy:
            priority = Priority.MEETING if account.branch_id in meetings else Priority.PERSONAL
            told += _tell(session, gap, account, priority)
    remember(session, _name(gap.channel), gap.end.isoformat())
    return told


class _Reachable(Struct, frozen=True):
    chat: str
    member_id: int | None
    branch_id: int | None


def _reachable(session: Session, channel: str) -> list[_Reachable]:
    """Everybody who can be written to there, joined or still joining."""
    found = session.execute(
        select(Account.chat, Account.member_id, Member.branch_id)
        .outerjoin(Member, Member.id == Account.member_id)
        .where(Account.channel == channel, Account.unreachable_since.is_(None))
        .order_by(Account.id)
    )
    return [_Reachable(*row) for row in found]


def _chats_with_choices(session: Session, gap: Gap) -> set[str]:
    """Chats that had something to press in the last day."""
    kept_since = gap.now - CONCERN
    found = session.scalars(
        select(ConversationRow.chat).where(
            ConversationRow.channel == gap.channel,
            ConversationRow.offered != [],
            ConversationRow.expires_at >= kept_since + conversation.KEPT_FOR,
        )
    )
    return set(found)


def _open_meetings(session: Session) -> dict[int, int]:
    """Meetings whose check-in is open, by branch."""
    found = session.execute(
        select(Meeting.branch_id, Meeting.id).where(Meeting.state == MeetingState.CHECKIN_OPEN)
    )
    return {row[0]: row[1] for row in found}


def _awaited(session: Session, meetings: dict[int, int]) -> set[int]:
    """Members with consent who are not yet on the list of a meeting that is on."""
    here = select(Attendance.member_id).where(Attendance.meeting_id.in_(meetings.values()))
    found = session.scalars(
        select(Member.id)
        .join(Consent, (Consent.member_id == Member.id) & Consent.withdrawn_at.is_(None))
        .where(Member.branch_id.in_(meetings), Member.id.not_in(here))
    )
    return set(found)


def _in_quiz(session: Session, gap: Gap) -> set[int]:
    """Members in the middle of a round that is still open."""
    found = session.scalars(
        select(Attempt.member_id)
        .join(QuizRound, QuizRound.id == Attempt.round_id)
        .where(Attempt.finished_at.is_(None), QuizRound.closes_at > gap.now, Attempt.member_id.is_not(None))
    )
    return {member_id for member_id in found if member_id is not None}


def _tell(session: Session, gap: Gap, account: _Reachable, priority: Priority) -> bool:
    return outbox.enqueue(
        session,
        key=f"away:{gap.channel}:{gap.start.isoformat()}:{account.chat}",
        channel=gap.channel,
        chat=account.chat,
        member_id=account.member_id,
        notice="away.gap",
        args={"start": (gap.start + gap.shift).isoformat(), "end": gap.now.isoformat()},
        priority=priority,
        now=gap.now,
        expires_at=gap.now + NOTE_HOLDS,
    )
