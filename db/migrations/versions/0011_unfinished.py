"""indexes of the inbox hold what is unfinished and what was set aside, no longer what is done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_inbox_unfinished", ["channel", "id"], "finished_at IS NULL"),
    ("ix_inbox_reason", ["id"], "reason IS NOT NULL"),
)
OVER = (
    "UPDATE inbox SET finished_at = received_at WHERE finished_at IS NULL AND state IN ('done', 'set_aside')"
)


def upgrade() -> None:
    op.execute(OVER)
    op.drop_index("ix_inbox_state_id", "inbox")
    for name, columns, where in PARTIAL:
        op.create_index(name, "inbox", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, *_ in PARTIAL:
        op.drop_index(name, "inbox")
    op.create_index("ix_inbox_state_id", "inbox", ["state", "id"])
