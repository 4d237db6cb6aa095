"""who handles an update or sends a message, where there are many processes; row numbers beyond 2**31."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNOWNED = "owner IS NULL AND state = 'new'"
TABLES = ("inbox", "outbox")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("owner", sa.String(length=20), nullable=True))
    op.create_index(
        "ix_inbox_unowned",
        "inbox",
        ["channel", "id"],
        sqlite_where=sa.text(UNOWNED),
        postgresql_where=sa.text(UNOWNED),
    )
    _number_rows_with("bigint")


def downgrade() -> None:
    _number_rows_with("integer")
    op.drop_index("ix_inbox_unowned", "inbox")
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("owner")


def _number_rows_with(kind: str) -> None:
    """SQLite's numbers are long anyway."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN id TYPE {kind}")
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS {kind}")
