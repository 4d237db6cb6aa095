"""A little of the bot's database and of the platform's journal, as the walk's comparison reads them."""

import sqlite3
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE account (member_id INTEGER, user TEXT);
CREATE TABLE consent (member_id INTEGER, withdrawn_at TEXT);
CREATE TABLE attendance (member_id INTEGER, presence TEXT);
CREATE TABLE attempt (id INTEGER, member_id INTEGER, ranked INTEGER);
CREATE TABLE answer (attempt_id INTEGER, position INTEGER);
CREATE TABLE opinion (author_id INTEGER);
CREATE TABLE outbox (key TEXT, notice TEXT, state TEXT, reason TEXT);
CREATE TABLE inbox (id INTEGER, state TEXT, reason TEXT);
"""
INVITATION = "Kính mời đồng chí An dự sinh hoạt chi bộ thường kỳ tháng 12/2026."
TOMORROW = "⏰ Ngày mai, 19 giờ 30, chi bộ ta sinh hoạt tại Hội trường tầng 2."
FIRST = 5_000_000_001
BOT = "mung_ba_bot"


def database(file: Path, people: int) -> sqlite3.Connection:
    """So many members who joined, each invited, on the list, with one answer and one opinion."""
    db = sqlite3.connect(file)
    db.executescript(TABLES)
    for number in range(1, people + 1):
        db.execute("INSERT INTO account VALUES (?, ?)", (number, str(FIRST + number - 1)))
        db.execute("INSERT INTO consent VALUES (?, NULL)", (number,))
        db.execute("INSERT INTO attendance VALUES (?, 'present')", (number,))
        db.execute("INSERT INTO attempt VALUES (?, ?, 1)", (number, number))
        db.execute("INSERT INTO answer VALUES (?, 0)", (number,))
        db.execute("INSERT INTO opinion VALUES (?)", (number,))
        db.execute("INSERT INTO outbox VALUES (?, 'invitation.invite', 'sent', NULL)", (f"d-7:{number}",))
        db.execute("INSERT INTO inbox VALUES (?, 'done', NULL)", (number,))
    db.commit()
    return db


def sent(person: int, text: str, at: str = "2026-11-26T01:00:00Z") -> dict[str, Any]:
    """A message that reached a person."""
    return {
        "bot": BOT,
        "method": "sendMessage",
        "ok": True,
        "at": at,
        "description": None,
        "args": {"chat_id": str(person), "text": text},
    }


def answered(press: str) -> dict[str, Any]:
    """A press the bot answered."""
    args = {"callback_query_id": press}
    return {
        "bot": BOT,
        "method": "answerCallbackQuery",
        "ok": True,
        "at": "",
        "description": None,
        "args": args,
    }
