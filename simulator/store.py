"""Write-behind memory in one SQLite file: rows of (kind, key, JSON), written a few times a second.

A killed simulator may lose the last fraction of a second; one that ends in order loses nothing.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

FILE = "simulator.sqlite3"
FLUSH_EVERY = 0.25  # seconds

_SCHEMA = """
CREATE TABLE IF NOT EXISTS row (
    kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""

_Key = tuple[str, str]


class Store:
    """Rows are marked with `put` and `drop`, and written by `flush` in one transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)
        self._db = sqlite3.connect(folder / FILE, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_SCHEMA)
        self._dirty: dict[_Key, Any] = {}
        self._writing = threading.Lock()
        self._encode = msgspec.json.Encoder().encode

    def put(self, kind: str, key: object, value: Any) -> None:
        """Remember `value` (as it is when the next flush comes) under (kind, key)."""
        self._dirty[kind, str(key)] = value

    def drop(self, kind: str, key: object) -> None:
        self._dirty[kind, str(key)] = None

    def rows(self, kind: str, shape: type[Any]) -> Iterator[Any]:
        """Everything of one kind, in the order of its keys as texts."""
        decode = msgspec.json.Decoder(shape).decode
        for (value,) in self._db.execute("SELECT value FROM row WHERE kind = ? ORDER BY key", (kind,)):
            yield decode(value)

    def _take(self) -> tuple[list[tuple[str, str, bytes]], list[_Key]]:
        dirty, self._dirty = self._dirty, {}
        puts = [(kind, key, self._encode(v)) for (kind, key), v in dirty.items() if v is not None]
        return puts, [where for where, v in dirty.items() if v is None]

    def _write(self, puts: list[tuple[str, str, bytes]], drops: list[_Key]) -> None:
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO row VALUES (?, ?, ?)", puts)
            self._db.executemany("DELETE FROM row WHERE kind = ? AND key = ?", drops)
            self._db.execute("COMMIT")

    def flush(self) -> None:
        if self._dirty:
            self._write(*self._take())

    async def keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            if self._dirty:
                await asyncio.shield(asyncio.to_thread(self._write, *self._take()))

    def close(self) -> None:
        self.flush()
        self._db.close()
