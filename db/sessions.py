"""What a process holds while it lives: advisory locks of PostgreSQL on a connection of its own.

The server lets go of them when the process dies (at once), when its machine is cut off or hangs (within
`SILENCE_SECONDS` without a beat), and when it restarts itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from db.claims import ACCOUNTS, ARRIVED, OWNERS, key_of
from db.postgres_engine import CONNECT

SILENCE_SECONDS = 8
KEEPING = (
    f"SET idle_session_timeout = '{SILENCE_SECONDS}s'",
    "SET tcp_keepalives_idle = 3",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 2",
    f"LISTEN {ARRIVED}",
)


class Claims:
    """The locks of this process. `owner` stands for it wherever something is claimed in a row."""

    def __init__(self, url: str, owner: int) -> None:
        address = make_url(url)
        _, self._address = address.get_dialect()().create_connect_args(address)
        self._owner = owner
        self._connection: psycopg.Connection[Any] | None = None

    def connect(self) -> None:
        """A new session, which holds nothing but the sign that we live. psycopg.Error when there is none."""
        self.close()
        self._connection = psycopg.connect(**{**CONNECT, **self._address}, autocommit=True)
        for setting in KEEPING:
            self._connection.execute(setting.encode())
        if not self._try(OWNERS, self._owner):
            raise psycopg.OperationalError("the last session of this process is not over yet")

    def beat(self, seconds: float) -> set[str]:
        """Show that we live, then listen for so long; the accounts for which something arrived."""
        self._ask("SELECT 1")
        return {notice.payload for notice in self._open.notifies(timeout=seconds, stop_after=1)}

    def take(self, account: str) -> bool:
        """Whether we hold this account now."""
        return self._try(ACCOUNTS, key_of(account))

    def give_back(self, account: str) -> None:
        """Let another process have it."""
        self._ask("SELECT pg_advisory_unlock(%s, %s)", ACCOUNTS, key_of(account))

    def living(self) -> int:
        """How many processes there are, we among them."""
        return int(
            self._ask(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2"
                " AND granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())",
                OWNERS,
            )
        )

    def close(self) -> None:
        """Let go of everything."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    @property
    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            raise psycopg.OperationalError("there is no session")
        return self._connection

    def _try(self, kind: int, key: int) -> bool:
        return bool(self._ask("SELECT pg_try_advisory_lock(%s, %s)", kind, key))

    def _ask(self, statement: str, *values: int) -> Any:
        row = self._open.execute(statement.encode(), values).fetchone()
        return row[0] if row else None
