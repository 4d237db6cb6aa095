"""What came of the month: the platform's journal and the bot's database, which is only read."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.month import labels as see
from simulator.month.hours import local_day
from simulator.month.ledger import Figures, Ledger, twice

_STEPS = (
    ("d-7", re.compile(rf"{see.INVITED} .* dự ")),
    ("d-3", re.compile(see.ASKED)),
    ("d-1", re.compile(rf"Ngày mai, .*{see.SOON}")),
    ("d-0", re.compile(rf"Hôm nay, .*{see.SOON}")),
)
_REMINDERS = "notice IN ('invitation.invite', 'invitation.ask', 'invitation.soon')"
_JOINED = "SELECT DISTINCT member_id FROM consent WHERE withdrawn_at IS NULL"
_ATTENDANCE = """SELECT account.user, attendance.presence FROM attendance
    JOIN account ON account.member_id = attendance.member_id"""
_ANSWERS = """SELECT account.user, count(*) FROM answer
    JOIN attempt ON attempt.id = answer.attempt_id AND attempt.ranked
    JOIN account ON account.member_id = attempt.member_id GROUP BY account.user"""
_OPINIONS = """SELECT account.user, count(*) FROM opinion
    JOIN account ON account.member_id = opinion.author_id GROUP BY account.user"""


def reminder_in(text: str) -> str | None:
    """Which reminder a message is, if it is one."""
    return next((step for step, pattern in _STEPS if pattern.search(text)), None)


@dataclass
class Journal:
    """Every call of the bot, as the platform noted it."""

    calls: list[dict[str, Any]]

    def reminders(self) -> Counter[tuple[int, str]]:
        """Messages that reached a person, by person and reminder."""
        found: Counter[tuple[int, str]] = Counter()
        for call in self.calls:
            step = reminder_in(str(call["args"].get("text", ""))) if call["method"] == "sendMessage" else None
            if step and call["ok"]:
                found[int(call["args"]["chat_id"]), step] += 1
        return found

    def same_day(self) -> list[str]:
        """People who got two reminders on one day."""
        days: Counter[tuple[int, object]] = Counter()
        for call in self.calls:
            if call["method"] == "sendMessage" and call["ok"] and reminder_in(str(call["args"].get("text"))):
                days[int(call["args"]["chat_id"]), local_day(datetime.fromisoformat(call["at"]))] += 1
        return [f"{count} reminders to {who} on {day}" for (who, day), count in days.items() if count > 1]

    def answered_taps(self) -> set[str]:
        """Presses the bot has answered."""
        return {
            str(call["args"].get("callback_query_id"))
            for call in self.calls
            if call["method"] == "answerCallbackQuery" and call["ok"]
        }

    def refused(self) -> list[str]:
        """Calls the platform refused; an edit that changes nothing is no fault of anybody."""
        return [
            f"{call['method']} refused: {call['description']}"
            for call in self.calls
            if not call["ok"] and "not modified" not in str(call["description"])
        ]


class Database:
    """The bot's tables, opened so that nothing can be changed."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)

    def close(self) -> None:
        self._db.close()

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _by_person(self, query: str) -> dict[int, Any]:
        return {int(user): value for user, value in self._db.execute(query)}

    def members(self) -> int:
        return self._number(f"SELECT count(*) FROM ({_JOINED})")  # noqa: S608 - our own words

    def reminders(self) -> int:
        return self._number(f"SELECT count(*) FROM outbox WHERE {_REMINDERS} AND state = 'sent'")  # noqa: S608

    def presence(self) -> dict[int, str]:
        """By person; only those on the list as present or late."""
        return {p: how for p, how in self._by_person(_ATTENDANCE).items() if how in {"present", "late"}}

    def answers(self) -> dict[int, int]:
        return self._by_person(_ANSWERS)

    def opinions(self) -> dict[int, int]:
        return self._by_person(_OPINIONS)

    def unhandled(self) -> list[str]:
        """Updates that were not handled to the end."""
        rows = self._db.execute("SELECT id, state, reason FROM inbox WHERE state != 'done'")
        return [f"update {number} is {state}: {reason}" for number, state, reason in rows]

    def unsent(self) -> list[str]:
        """Messages to people that did not go out though they should have."""
        rows = self._db.execute("SELECT key, state, reason FROM outbox WHERE state IN ('failed', 'claimed')")
        return [f"message {key} is {state}: {reason}" for key, state, reason in rows]


@dataclass(frozen=True)
class Audit:
    """Numbers as the world has them, and sentences about everything that is not as it was noted."""

    figures: Figures
    faults: list[str]


def audit(ledger: Ledger, journal: Journal, file: Path) -> Audit:
    """Compare the bookkeeping with journal and database."""
    with closing(Database(file)) as database:
        unanswered = sorted(ledger.taps - journal.answered_taps())
        lost = [
            *(f"lost: {act.person} {act.what}, looked for {act.looked_for!r}" for act in ledger.lost),
            *(f"press {press} was never answered" for press in unanswered),
            *database.unhandled(),
        ]
        figures = _figures(journal, database, len(lost))
        outside = [*database.unsent(), *journal.refused(), *journal.same_day()]
        return Audit(figures, [*ledger.wrong, *lost, *outside, *_lines_differ(ledger, journal, database)])


def _figures(journal: Journal, database: Database, lost: int) -> Figures:
    sent = journal.reminders()
    return Figures(
        members=database.members(),
        reminders_sent=sent.total(),
        reminders_twice=twice(sent),
        checked_in=len(database.presence()),
        quiz_answers=sum(database.answers().values()),
        opinions=sum(database.opinions().values()),
        lost=lost,
    )


def _lines_differ(ledger: Ledger, journal: Journal, database: Database) -> list[str]:
    """Person by person, and whether outbox and journal agree."""
    sent = journal.reminders()
    stored, arrived = database.reminders(), sent.total()
    return [
        *_differ("reminder", dict(ledger.reminders), dict(sent)),
        *_differ("presence", ledger.presence, database.presence()),
        *_differ("quiz answers", dict(ledger.answers), database.answers()),
        *_differ("opinions", dict(ledger.opinions), database.opinions()),
        *([f"outbox: {stored} reminders sent, {arrived} arrived"] if stored != arrived else []),
    ]


def _differ(what: str, noted: dict[Any, Any], found: dict[Any, Any]) -> list[str]:
    """A sentence for every person whose line is not the one noted."""
    return [
        f"{what} of {key}: noted {noted.get(key, 'nothing')}, found {found.get(key, 'nothing')}"
        for key in sorted(noted.keys() | found.keys(), key=str)
        if noted.get(key) != found.get(key)
    ]
