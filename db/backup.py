"""A copy of the database that is whole, and taking one back.

SQLite's online backup, never a copy of the file: the copy is made in one read transaction beside a running
process, checked, and only then given its name. Next to it `<name>.sha256` lets another machine see that the
file arrived as it left.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy.orm import Session

from db import fates, inbox, migrate
from db.engine import open_sqlite
from db.errors import StartRefused
from db.health import problems, refuse_if_unfit
from db.places import file_at

RESTORED = "restored"
CHUNK_BYTES = 1024 * 1024
OWNER_ONLY = 0o600


class Copy(Struct, frozen=True):
    """A checked backup: rows by table, version of the schema, SHA-256 of the file."""

    path: Path
    rows: dict[str, int]
    schema: str
    checksum: str


class Restored(Struct, frozen=True):
    """What came back, and what was held back so that nothing is said twice."""

    copy: Copy
    messages_held: int
    updates_held: int
    replaced: Path | None  # the database that was there before, under its new name


def back_up(source: Path, target: Path) -> Copy:
    """Write a checked copy of the database `source` to `target`, which must not exist. StartRefused else."""
    if target.exists():
        raise StartRefused(f"{target} is there already: choose another name, a backup is never overwritten")
    if not source.exists():
        raise StartRefused(f"there is no database at {source} yet: nothing to back up")
    part = target.with_name(target.name + ".part")
    try:
        rows = _copy(source, part)
        found = _checked(part, rows)
        _write_durably(_sidecar(target), f"{found.checksum}  {target.name}\n")
        part.replace(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StartRefused(
            f"no backup was made: {error}. Is there room, and may {target} be written?"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return Copy(target, found.rows, found.schema, found.checksum)


def verified(file: Path) -> Copy:
    """The backup `file` when its checksum, its pages and its references are right. StartRefused else."""
    expected = _expected_checksum(file)
    try:
        if _checksum(file) != expected:
            raise StartRefused(f"{file} is not what it was when it was made (checksum): take another backup")
        return _checked(file, None)
    except (OSError, sqlite3.Error) as error:
        raise StartRefused(f"{file} cannot be read ({error}): take another backup") from None


def restore(file: Path, target: Path, now: datetime, *, replace: bool) -> Restored:
    """Put the backup `file` in the place of the database `target`. The folder lock must be held.

    Nothing that was waiting when the backup was made is sent or handled by itself: perhaps it went out
    meanwhile. A database in the way is kept beside under a dated name. A kill leaves the old or the new one.
    """
    if target.exists() and not replace:
        raise StartRefused(f"{target} is there already: add --replace; it is then kept under a dated name")
    with _working_copy(file, target) as part:
        migrate.make_ready(file_at(part))
        messages, updates = _hold_back(part, now)
        _one_file(part)
        copy = _checked(part, None)
        replaced = _keep_beside(target, now) if target.exists() else None
        part.replace(target)
    _sync(target.parent)
    return Restored(copy, messages, updates, replaced)


@contextmanager
def _working_copy(file: Path, target: Path) -> Iterator[Path]:
    """A verified copy of the backup in the database's own folder; gone afterwards, whatever happens."""
    verified(file)
    part = target.with_name(target.name + ".restoring")
    leftovers = [Path(f"{part}{end}") for end in ("", "-wal", "-shm")]
    try:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        shutil.copyfile(file, part)
        part.chmod(OWNER_ONLY)
        yield part
    except OSError as error:
        raise StartRefused(f"nothing was restored: {error}. Is there room in {target.parent}?") from None
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> dict[str, int]:
    """Copy in one snapshot; rows by table as that snapshot has them."""
    part.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    part.touch(OWNER_ONLY)
    with closing(_reading(source)) as live, closing(sqlite3.connect(part)) as copy:
        live.execute("BEGIN")
        rows = _rows(live)
        live.backup(copy)
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
    _sync(part)
    return rows


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _checked(file: Path, expected_rows: dict[str, int] | None) -> Copy:
    with closing(sqlite3.connect(f"file:{_quoted(file)}?immutable=1", uri=True)) as connection:
        wrong = problems(connection, thorough=True)
        rows = {} if wrong else _rows(connection)
        schema = "" if wrong else _schema(connection)
    if wrong:
        raise StartRefused(f"{file} is damaged ({wrong[0]}): the last good backup is the one to restore")
    if expected_rows is not None and rows != expected_rows:
        raise StartRefused("the copy does not hold the rows of the database: try again")
    return Copy(file, rows, schema, _checksum(file))


def _quoted(file: Path) -> str:
    return str(file.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    count = 'SELECT count(*) FROM "{}"'  # names come from the schema itself
    return {table: connection.execute(count.format(table)).fetchone()[0] for table in sorted(tables)}


def _schema(connection: sqlite3.Connection) -> str:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        row = None
    if row is None:
        raise StartRefused("this is no database of this program: choose the right file")
    return str(row[0])


def _hold_back(part: Path, now: datetime) -> tuple[int, int]:
    engine = open_sqlite(part, writing=True)
    try:
        with Session(engine) as session, session.begin():
            return fates.hold_all(session, RESTORED, now), inbox.hold_all(session, RESTORED, now)
    finally:
        engine.dispose()


def _one_file(path: Path) -> None:
    """Everything in the database's own file, durable."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    _sync(path)


def _keep_beside(target: Path, now: datetime) -> Path:
    """The old database under a dated name too; it loses its first name only when the new one takes it."""
    with contextlib.suppress(StartRefused, sqlite3.Error):  # a damaged one is kept as it lies, log and all
        refuse_if_unfit(target)
        _one_file(target)
    kept = target.with_name(f"{target.name}.{now:%Y-%m-%dT%H-%M-%S}Z.old")
    for end in ("-wal", "-shm"):
        if Path(f"{target}{end}").exists():
            Path(f"{target}{end}").replace(f"{kept}{end}")
    try:
        os.link(target, kept)
    except OSError:  # a disk without hard links
        shutil.copy2(target, kept)
    return kept


def _sidecar(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def _expected_checksum(file: Path) -> str:
    try:
        return _sidecar(file).read_text("ascii").split()[0]
    except (OSError, ValueError, IndexError):
        raise StartRefused(
            f"{_sidecar(file)} is missing or empty: bring it along with the backup, "
            "it proves that nothing changed on the way"
        ) from None


def _checksum(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while chunk := data.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _write_durably(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, "ascii")
    _sync(part)
    part.replace(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
