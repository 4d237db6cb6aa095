"""what the clock asks at every waking is found in an index: prompts settled are noted beside the meeting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_meeting_before", "meeting", ["starts_at"], "asked_before_at IS NULL"),
    ("ix_meeting_after", "meeting", ["starts_at"], "asked_after_at IS NULL"),
    ("ix_quiz_round_opening", "quiz_round", ["opens_at"], "published_at IS NULL AND announced_at IS NULL"),
    ("ix_quiz_round_closing", "quiz_round", ["closes_at"], "published_at IS NULL"),
    ("ix_reminder_alone", "reminder", ["kind", "key"], "meeting_id IS NULL"),
)
WHOLE = (
    ("ix_meeting_starts_at", "meeting", ["starts_at"]),
    ("ix_reminder_meeting_id_state_due_at", "reminder", ["meeting_id", "state", "due_at"]),
)
SETTLED = """UPDATE meeting SET {column} = (
    SELECT min(done_at) FROM reminder WHERE reminder.meeting_id = meeting.id AND reminder.kind = '{kind}'
)"""


def upgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_before_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("asked_after_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(SETTLED.format(column="asked_before_at", kind="opinions-before"))
    op.execute(SETTLED.format(column="asked_after_at", kind="opinions-after"))
    op.execute("UPDATE meeting SET asked_before_at = coalesce(asked_before_at, asked_after_at)")
    for name, table, columns in WHOLE:
        op.create_index(name, table, columns)
    for name, table, columns, where in PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.drop_index("ix_reminder_meeting_id", "reminder")


def downgrade() -> None:
    op.create_index("ix_reminder_meeting_id", "reminder", ["meeting_id"])
    for name, table, *_ in (*PARTIAL, *WHOLE):
        op.drop_index(name, table)
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("asked_after_at")
        batch_op.drop_column("asked_before_at")
