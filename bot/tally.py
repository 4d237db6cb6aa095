"""Counts what goes out and comes in, by channel account and month, in the transactions that record it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from db import usage
from meetings.calendar import VIET_NAM
from members import budget
from members.bots import Bot


class Tally:
    """The counters of these bots; what belongs to none of them is not counted."""

    def __init__(self, bots: Sequence[Bot] = (), zone: ZoneInfo = VIET_NAM) -> None:
        self._bots = {bot.name: bot for bot in bots}
        self._zone = zone

    def bot(self, channel: str) -> Bot:
        """The bot of a channel account; one without limits where none is known."""
        return self._bots.get(channel) or Bot(channel, "")

    def month(self, now: datetime) -> str:
        """'2026-12'."""
        return budget.month_of(now, self._zone)

    def sent(self, session: Session, channel: str, number: int, now: datetime) -> None:
        """So many messages went out."""
        self.sent_each(session, channel, [(number, now)])

    def sent_each(self, session: Session, channel: str, went: Iterable[tuple[int, datetime]]) -> None:
        """So many messages went out, at these moments."""
        if channel not in self._bots:
            return
        months: Counter[str] = Counter()
        for number, now in went:
            months[self.month(now)] += number
        for month, number in months.items():
            if number:
                usage.count(session, channel, month, sent=number)

    def heard(self, session: Session, channel: str, number: int, now: datetime) -> None:
        """So many came in; only where these are counted against the month."""
        bot = self._bots.get(channel)
        if number and bot is not None and bot.counts_inbound:
            usage.count(session, channel, self.month(now), heard=number)

    def spent(self, session: Session, channel: str, chat: str, now: datetime) -> None:
        """The platform takes no more messages this month; whoever it concerns hears it elsewhere."""
        budget.tell_spent(session, self.bot(channel), chat, self.month(now), now)
