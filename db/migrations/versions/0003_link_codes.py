"""codes that link a second account of a member."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = "fk_join_code_from_account"


def upgrade() -> None:
    with op.batch_alter_table("join_code") as batch_op:
        batch_op.add_column(sa.Column("from_account", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f(KEY), "account", ["from_account"], ["id"])


def downgrade() -> None:
    op.execute("DELETE FROM join_code WHERE from_account IS NOT NULL")
    with op.batch_alter_table("join_code") as batch_op:
        batch_op.drop_constraint(op.f(KEY), type_="foreignkey")
        batch_op.drop_column("from_account")
