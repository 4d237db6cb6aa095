"""A copy of everything stored about one member, for that member alone (Law 91/2025/QH15: a right).

Which rows are about a person is read from the tables themselves, so a table that is added later is included.
What a person did for others (decided, confirmed, checked in) is in the others' copies, not in theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, or_, select
from sqlalchemy.orm import Session

from db.base import Base
from db.conversation import ConversationRow
from db.inbox import InboxRow
from members.audit import note
from members.tables import Account, Member

ABOUT = frozenset({"member_id", "author_id"})  # of the columns that name a member: the row is about them
SECRETS = frozenset({"digest", "seed"})  # kept of a code or a link, or deciding what is asked
Copy = dict[str, list[dict[str, Any]]]


def take_copy(session: Session, member_id: int, now: datetime) -> Copy:
    """The copy, and a line in the audit log that it was taken."""
    note(session, member_id, "own_copy", f"member:{member_id}", now)
    session.flush()
    return my_copy(session, member_id)


def my_copy(session: Session, member_id: int) -> Copy:
    """Rows by table name, each a dictionary of column names and plain values; empty tables are left out."""
    copy = {
        table.name: [_plain(table, row) for row in session.execute(select(table).where(which)).mappings()]
        for table, which in _about(session, member_id)
    }
    return {name: rows for name, rows in copy.items() if rows}


def _about(session: Session, member_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    own: dict[str, ColumnElement[bool]] = {}
    for table in Base.metadata.sorted_tables:
        which = _own(table, member_id, own)
        if table.name == Member.__tablename__:
            which = table.c.id == member_id
        if table.name in {InboxRow.__tablename__, ConversationRow.__tablename__}:
            which = _of_chats(table, session, member_id)
        if which is not None:
            own[table.name] = which
            yield table, which


def _own(table: Table, member_id: int, own: dict[str, ColumnElement[bool]]) -> ColumnElement[bool] | None:
    """Rows that name the member as the one they are about, or belong to such a row."""
    direct = [column == member_id for column in table.c if column.name in ABOUT]
    if direct:
        return or_(*direct)
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        parent = key.column.table
        is_part = key.parent.name == f"{parent.name}_id"
        if is_part and parent.name in own and parent.name != Member.__tablename__:
            return key.parent.in_(select(key.column).where(own[parent.name]))
    return None


def _of_chats(table: Table, session: Session, member_id: int) -> ColumnElement[bool]:
    chat = table.c.lane if table.name == InboxRow.__tablename__ else table.c.chat
    accounts = session.execute(select(Account.channel, Account.chat).where(Account.member_id == member_id))
    return or_(false(), *(and_(table.c.channel == a.channel, chat == a.chat) for a in accounts))


def _plain(table: Table, row: Any) -> dict[str, Any]:
    return {column.name: row[column.name] for column in table.c if column.name not in SECRETS}
