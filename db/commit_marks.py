"""Whether a transaction was committed of whose COMMIT nobody heard: it leaves a mark that is part of it.

PostgreSQL's own `pg_xact_status` does not tell: after a crash the number of a lost transaction may be given
to another one, which then seems to be ours and committed.
"""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class CommitMark(Base):
    """The number of the last committed transaction of a process. Only on PostgreSQL."""

    __tablename__ = "commit_mark"

    owner: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


MARK = (  # nothing for a transaction that changes nothing
    "INSERT INTO commit_mark (owner, number, at) SELECT %(owner)s, %(number)s, now()"
    " WHERE pg_current_xact_id_if_assigned() IS NOT NULL"
    " ON CONFLICT (owner) DO UPDATE SET number = excluded.number, at = excluded.at RETURNING number"
)
LAST = (  # waits for a transaction of ours that the server has not ended yet
    "INSERT INTO commit_mark (owner, number, at) VALUES (%(owner)s, 0, now())"
    " ON CONFLICT (owner) DO UPDATE SET at = excluded.at RETURNING number"
)
FORGET = "DELETE FROM commit_mark WHERE at < now() - interval '1 day'"
