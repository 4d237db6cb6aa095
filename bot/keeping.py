"""Keeping everything: backups, what was set aside in the inbox, fates of the outbox. Plain sentences out.

Inbox and outbox are looked after beside a running process: it sees what changed within seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.settings import Settings
from db import backup, fates, inbox, migrate
from db.engine import FolderLock
from db.errors import StartRefused
from db.health import refuse_if_unfit
from db.inbox import InboxRow, InboxState
from db.outbox import OutboxRow, OutboxState
from db.places import claimed, file_at, place_of
from members.tables import Member

STRUCK_OUT = "▒▒▒"
KEPT_STRINGS = frozenset(
    {"type", "language_code", "data", "id", "chat_instance"}
)  # set by platforms and by us
MESSAGES_HELD = (
    "{n} messages were waiting when the backup was made; perhaps they went out meanwhile, so they are kept "
    "as 'unknown': 'outbox' lists them, 'outbox send-again' sends them"
)
UPDATES_HELD = (
    "{n} updates were not finished when the backup was made; they are set aside: 'inbox' lists them, "
    "'inbox replay' handles them"
)


def back_up(settings: Settings, file: Path) -> list[str]:
    """A checked copy beside a running process."""
    source = _file_of(settings, "a backup is made", "pg_dump --format=custom")
    _refuse_if_unfit_and_idle(source)
    made = backup.back_up(source, file)
    rows, tables = sum(made.rows.values()), len(made.rows)
    return [
        f"{made.path}: schema {made.schema}, {rows} rows in {tables} tables, checked",
        f"sha256 {made.checksum} (also in {made.path.name}.sha256)",
        "it holds names and secrets of this installation: keep it where only the office has access",
    ]


def _file_of(settings: Settings, done: str, tool: str) -> Path:
    """The SQLite file; a server is backed up with its own tools."""
    place = place_of(settings.database.url)
    if place.file is None:
        raise StartRefused(
            f"{place} is on a PostgreSQL server: there {done} with '{tool}' and its address, "
            "which also works while the assistant runs"
            if tool.startswith("pg_dump")
            else f"{place} is on a PostgreSQL server: stop the assistant, then {done} with '{tool}'"
        )
    return place.file


def _refuse_if_unfit_and_idle(source: Path) -> None:
    """Nobody at work: look before SQLite opens it. Otherwise the running process has looked already."""
    if not source.exists():
        return
    try:
        lock = FolderLock(source.parent)
    except StartRefused:
        return
    try:
        refuse_if_unfit(source)
    finally:
        lock.release()


def restore(settings: Settings, file: Path, *, replace: bool) -> list[str]:
    """A backup in the database's place."""
    target = _file_of(settings, "a backup is brought back", "pg_restore")
    with claimed(file_at(target)):
        done = backup.restore(file, target, datetime.now(UTC), replace=replace)
    kept = [f"what was there before is kept as {done.replaced}"] if done.replaced else []
    held = [
        sentence.format(n=n)
        for sentence, n in ((MESSAGES_HELD, done.messages_held), (UPDATES_HELD, done.updates_held))
        if n
    ]
    rows = sum(done.copy.rows.values())
    return [f"{target}: schema {done.copy.schema}, {rows} rows, checked", *kept, *held]


def list_aside(settings: Settings) -> list[str]:
    """What was set aside: id, channel, when, why; never what people wrote."""
    with _opened(settings) as session:
        rows = inbox.aside(session)
        lines = [f"{r.id}  {r.channel}  {_local(r.received_at, settings.zone)}  {r.reason}" for r in rows]
    return lines or ["nothing is set aside"]


def show_aside(settings: Settings, inbox_id: int, *, with_text: bool) -> list[str]:
    """One raw update; what a person wrote is struck out unless asked for."""
    with _opened(settings) as session:
        row = session.get(InboxRow, inbox_id)
        if row is None:
            raise StartRefused(f"the inbox has no number {inbox_id}: 'inbox' lists what it keeps aside")
        state = f"{row.state.value}, {row.reason}" if row.reason else row.state.value
        head = f"{row.id}  {row.channel}  {_local(row.received_at, settings.zone)}  {state}"
        return [head, _with_text(row.raw) if with_text else _without_text(row.raw)]


def replay(settings: Settings, inbox_ids: Sequence[int], *, everything: bool) -> list[str]:
    """Let updates be handled again."""
    _refuse_without_choice(inbox_ids, everything, "an id")
    with _opened(settings) as session:
        done = inbox.put_back(session, None if everything else inbox_ids)
        session.commit()
    _refuse_unknown([str(i) for i in inbox_ids if i not in done], f"{InboxState.SET_ASIDE.value} update")
    return [f"{len(done)} put back; a running process takes them up within seconds, else the next start does"]


def list_fates(settings: Settings) -> list[str]:
    """Messages by fate, and by name those that were perhaps delivered."""
    with _opened(settings) as session:
        found = fates.counts(session)
        lines = [f"{state.value:<12}{found[state]}" for state in OutboxState if state in found]
        unsure = [_unsure_line(session, row, settings.zone) for row in fates.unsure(session)]
    if unsure:
        unsure = ["perhaps delivered ('outbox send-again' sends them once more):", *unsure]
    return [*lines, *unsure] or ["nothing was ever to be sent"]


def send_again(settings: Settings, keys: Sequence[str], *, everything: bool) -> list[str]:
    """Queue messages nobody is sure of once more."""
    _refuse_without_choice(keys, everything, "a key")
    with _opened(settings) as session:
        done = fates.send_again(session, None if everything else keys)
        session.commit()
    _refuse_unknown([key for key in keys if key not in done], f"{OutboxState.UNKNOWN.value} message")
    return [f"{len(done)} queued once more"]


def _unsure_line(session: Session, row: OutboxRow, zone: ZoneInfo) -> str:
    member = session.get(Member, row.member_id) if row.member_id else None
    name = member.full_name if member else f"chat {row.chat}"
    return f"  {row.key}  {name}  {row.notice}  {_local(row.created_at, zone)}  {row.reason or ''}".rstrip()


def _refuse_without_choice(chosen: Sequence[object], everything: bool, what: str) -> None:
    if everything == bool(chosen):
        raise StartRefused(f"name {what} of the list, or --all")


def _refuse_unknown(missing: Sequence[str], what: str) -> None:
    if missing:
        raise StartRefused(f"there is no {what.replace('_', ' ')} called {', '.join(missing)}")


@contextmanager
def _opened(settings: Settings) -> Iterator[Session]:
    """A session beside a running process; the schema must be this program's."""
    place = place_of(settings.database.url)
    if not place.there:
        raise StartRefused(f"there is no database at {place} yet")
    engine = place.engine(writing=True)
    try:
        if migrate.version_of(engine) != migrate.newest():
            raise StartRefused(f"{place} has another schema than this program: run 'db upgrade' first")
        with Session(engine) as session:
            yield session
    except DBAPIError as error:
        raise migrate.refusal_of(engine, error) from None
    finally:
        engine.dispose()


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d/%m/%Y %H:%M}"


def _with_text(raw: str) -> str:
    """Readable where it can be, else exactly as it came."""
    try:
        readable = json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
        readable.encode()
    except (ValueError, RecursionError):
        return raw
    return readable


def _without_text(raw: str) -> str:
    try:
        return json.dumps(_struck(json.loads(raw), ""), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return f"{STRUCK_OUT} ({len(raw)} characters that are no JSON)"


def _struck(value: Any, key: str) -> Any:
    """The same shape; of strings only those a platform or this program sets."""
    if isinstance(value, dict):
        return {name: _struck(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_struck(inner, key) for inner in value]
    if isinstance(value, str) and key not in KEPT_STRINGS:
        return f"{STRUCK_OUT} ({len(value)})"
    return value
