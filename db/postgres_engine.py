"""PostgreSQL as we open it: durable commits, UTC, read-only snapshots for readers, patience with bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Dialect, Engine, Integer, String, create_engine, event

CONNECT = {
    "connect_timeout": 5,
    "application_name": "mungba",
    "target_session_attrs": "read-write",  # after a fail-over: the server that takes writes
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": " ".join(
        f"-c {setting}"
        for setting in (
            "timezone=UTC",
            "lock_timeout=5s",
            "idle_in_transaction_session_timeout=60s",  # a process that hangs must not hold rows for long
        )
    ),
}


class AnyNumber(Integer):
    """Sent as large as it is: a forged number too large for its column is looked for, and not found."""

    render_bind_cast = False


class AnyText(String):
    """PostgreSQL keeps no NUL in a text: a sign says that there was one."""

    render_bind_cast = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        """As `sqlalchemy.types.TypeEngine.bind_processor`."""
        return lambda value: value.replace("\0", "\ufffd") if value and "\0" in value else value


def open_postgres(url: str, *, writing: bool, size: int = 1) -> Engine:
    """An engine on the database `url`; a reading engine cannot change anything."""
    engine = create_engine(
        url,
        connect_args=CONNECT,
        hide_parameters=True,  # what people wrote never stands in an error's text
        pool_size=size,
        max_overflow=0 if writing else 2,
    )
    engine.dialect.colspecs = {**engine.dialect.colspecs, Integer: AnyNumber, String: AnyText}
    event.listen(engine, "connect", _prepare_writer if writing else _prepare_reader)
    return engine


def _prepare_writer(connection: psycopg.Connection[Any], _record: object) -> None:
    """A confirmed answer is on the disk, whatever the server's own default is."""
    connection.autocommit = True
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.autocommit = False


def _prepare_reader(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
