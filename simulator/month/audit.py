"""What came of the month: the platforms' journal and the bot's database, which is only read."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.month.accounts import AddressBook
from simulator.month.ledger import Figures, Ledger, twice
from simulator.month.sent import Journal
from simulator.month.windows import Windows

_REMINDERS = "notice IN ('invitation.invite', 'invitation.ask', 'invitation.soon')"
_JOINED = "SELECT DISTINCT member_id FROM consent WHERE withdrawn_at IS NULL"
_ACCOUNTS = "SELECT member_id, user FROM account WHERE member_id IS NOT NULL"
_ATTENDANCE = "SELECT member_id, presence FROM attendance"
_ANSWERS = """SELECT attempt.member_id, count(*) FROM answer
    JOIN attempt ON attempt.id = answer.attempt_id AND attempt.ranked GROUP BY attempt.member_id"""
_OPINIONS = "SELECT author_id, count(*) FROM opinion GROUP BY author_id"


class Database:
    """The bot's tables, opened so that nothing can be changed."""

    def __init__(self, file: Path, book: AddressBook) -> None:
        self._db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        known = ((member, book.person(user)) for member, user in self._db.execute(_ACCOUNTS))
        self._people = {member: person for member, person in known if person is not None}

    def close(self) -> None:
        self._db.close()

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _by_person(self, query: str) -> dict[int, Any]:
        """One line a member; members without an account stay out."""
        rows = self._db.execute(query)
        return {self._people[member]: value for member, value in rows if member in self._people}

    def members(self) -> int:
        return self._number(f"SELECT count(*) FROM ({_JOINED})")  # noqa: S608 - our own words

    def reminders(self, state: str) -> int:
        """Rows of reminders with this fate."""
        return self._number(f"SELECT count(*) FROM outbox WHERE {_REMINDERS} AND state = '{state}'")  # noqa: S608

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
    """Numbers as the world has them, and sentences about everything that is not as it was noted.

    `out`: messages that each bot sent.
    """

    figures: Figures
    faults: list[str]
    out: Counter[str]


def audit(ledger: Ledger, windows: Windows, journal: Journal, file: Path) -> Audit:
    """Compare the bookkeeping with journal and database."""
    with closing(Database(file, journal.book)) as database:
        unanswered = sorted(ledger.taps - journal.answered_taps())
        lost = [
            *(f"lost: {act.person} {act.what}, looked for {act.looked_for!r}" for act in ledger.lost),
            *(f"press {press} was never answered" for press in unanswered),
            *database.unhandled(),
        ]
        figures = _figures(journal, database, len(lost))
        outside = [*database.unsent(), *journal.refused(windows), *journal.same_day()]
        told = [*ledger.wrong, *lost, *outside, *_lines_differ(ledger, journal, database)]
        return Audit(figures, told, journal.out())


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
        shut_out=database.reminders("unreachable"),
    )


def _lines_differ(ledger: Ledger, journal: Journal, database: Database) -> list[str]:
    """Person by person, and whether outbox and journal agree."""
    sent = journal.reminders()
    stored, arrived = database.reminders("sent"), sent.total()
    return [
        *_differ("reminder", dict(ledger.reminders), dict(sent)),
        *_differ("reminder shut out", dict(ledger.shut_out), dict(journal.shut_out())),
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
