"""what is due is found in the order in which it goes out; an account by its chat."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_next", "outbox", ["state", "channel", "priority", "due_at", "id"])
    op.create_index("ix_account_channel_chat", "account", ["channel", "chat"])


def downgrade() -> None:
    op.drop_index("ix_account_channel_chat", "account")
    op.drop_index("ix_outbox_next", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["state", "channel", "due_at", "priority"])
