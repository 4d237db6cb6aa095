"""messages and people of a channel account, counted by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_month",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", "month", name=op.f("pk_channel_month")),
    )
    with op.batch_alter_table("account") as batch_op:
        batch_op.add_column(sa.Column("counted_in", sa.String(length=7), nullable=True))
        batch_op.add_column(sa.Column("turned_away", sa.String(length=180), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_column("turned_away")
        batch_op.drop_column("counted_in")
    op.drop_table("channel_month")
