"""figures counted once: sealed rounds, confirmed lists, months of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COUNTS = (
    "branches",
    "met",
    "not_met",
    "present",
    "base",
    "quiz_takers",
    "quiz_reachable",
    "opinions",
    "answered",
)
_ORDER = ["unit_id", "period", "met", "attendance", "quiz", "unanswered", "name"]
_MOMENT = sa.DateTime(timezone=True)
_ROUND = sa.table(
    "quiz_round",
    sa.column("id"),
    sa.column("branch_id"),
    sa.column("published_at"),
    sa.column("reachable"),
    sa.column("takers"),
    sa.column("points"),
    sa.column("base"),
)
_ATTEMPT = sa.table(
    "attempt",
    sa.column("id"),
    sa.column("round_id"),
    sa.column("member_id"),
    sa.column("ranked"),
    sa.column("correct"),
    sa.column("seconds"),
    sa.column("started_at", _MOMENT),
    sa.column("finished_at", _MOMENT),
)
_PLACE = sa.table(
    "round_place", sa.column("round_id"), sa.column("correct"), sa.column("seconds"), sa.column("takers")
)


def upgrade() -> None:
    _add_tables()
    _add_columns()
    _count_lists()
    _seal_rounds()
    op.execute("INSERT INTO month_mark (branch_id, period) SELECT DISTINCT branch_id, period FROM meeting")


def downgrade() -> None:
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.drop_index("ix_attempt_place")
        batch_op.drop_column("seconds")
    with op.batch_alter_table("quiz_round") as batch_op:
        for column in ("base", "points", "takers"):
            batch_op.drop_column(column)
    with op.batch_alter_table("meeting") as batch_op:
        for column in ("base", "present"):
            batch_op.drop_column(column)
    for table in ("branch_place", "unit_month", "month_mark", "round_place"):
        op.drop_table(table)


def _add_tables() -> None:
    op.create_table(
        "month_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["unit.id"], name=op.f("fk_month_mark_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_mark")),
    )
    op.create_index("ix_month_mark_period", "month_mark", ["period"])
    op.create_table(
        "round_place",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("takers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["quiz_round.id"], name=op.f("fk_round_place_round_id")),
        sa.PrimaryKeyConstraint("round_id", "correct", "seconds", name=op.f("pk_round_place")),
    )
    op.create_table(
        "unit_month",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("turns_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_month_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "period", name=op.f("pk_unit_month")),
    )
    op.create_index("ix_unit_month_period", "unit_month", ["period"])
    op.create_index("ix_unit_month_turns_on", "unit_month", ["turns_on"])
    op.create_table(
        "branch_place",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("attendance", sa.Double(), nullable=False),
        sa.Column("quiz", sa.Double(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("look", sa.Boolean(), nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["unit.id"], name=op.f("fk_branch_place_branch_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_branch_place_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "period", "branch_id", name=op.f("pk_branch_place")),
    )
    op.create_index("ix_branch_place_branch_id_period", "branch_place", ["branch_id", "period"])
    op.create_index("ix_branch_place_order", "branch_place", _ORDER)
    op.create_index(
        "ix_branch_place_look",
        "branch_place",
        _ORDER,
        sqlite_where=sa.text("look"),
        postgresql_where=sa.text("look"),
    )
    op.create_index("ix_branch_place_starts_at", "branch_place", ["unit_id", "starts_at"])


def _add_columns() -> None:
    for table, columns in (
        ("meeting", ("present", "base")),
        ("quiz_round", ("takers", "points", "base")),
        ("attempt", ("seconds",)),
    ):
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.add_column(sa.Column(column, sa.Integer(), nullable=True))
    op.create_index(
        "ix_attempt_place",
        "attempt",
        ["round_id", "correct", "seconds"],
        sqlite_where=sa.text("seconds IS NOT NULL"),
        postgresql_where=sa.text("seconds IS NOT NULL"),
    )


def _count_lists() -> None:
    op.execute(
        "UPDATE meeting SET"
        " present = (SELECT count(*) FROM attendance AS a WHERE a.meeting_id = meeting.id AND a.in_base"
        " AND a.presence IN ('present', 'late')),"
        " base = (SELECT count(*) FROM attendance AS a WHERE a.meeting_id = meeting.id AND a.in_base)"
        " WHERE state = 'held'"
    )


def _seal_rounds() -> None:
    connection = op.get_bind()
    published = connection.execute(sa.select(_ROUND).where(_ROUND.c.published_at.is_not(None))).all()
    for found in published:
        outside = _who_knew_the_key(connection, found.id, found.branch_id)
        attempts = connection.execute(
            sa.select(_ATTEMPT)
            .where(_ATTEMPT.c.round_id == found.id, _ATTEMPT.c.ranked.is_(sa.true()))
            .where(_ATTEMPT.c.finished_at.is_not(None))
        ).all()
        inside = [one for one in attempts if one.member_id not in outside]
        _write_places(connection, found.id, inside)
        base = max((found.reachable or 0) - len(outside), len(inside))
        connection.execute(
            sa.update(_ROUND)
            .where(_ROUND.c.id == found.id)
            .values(takers=len(attempts), points=sum(one.correct for one in inside), base=base)
        )


def _write_places(connection: sa.Connection, round_id: int, inside: Iterable[Any]) -> None:
    used = {one.id: int((one.finished_at - one.started_at).total_seconds()) for one in inside}
    for attempt, seconds in used.items():
        connection.execute(sa.update(_ATTEMPT).where(_ATTEMPT.c.id == attempt).values(seconds=seconds))
    places = Counter((one.correct, used[one.id]) for one in inside)
    rows = [
        {"round_id": round_id, "correct": correct, "seconds": seconds, "takers": takers}
        for (correct, seconds), takers in places.items()
    ]
    if rows:
        connection.execute(sa.insert(_PLACE), rows)


def _who_knew_the_key(connection: sa.Connection, round_id: int, branch_id: int) -> set[int]:
    rows = connection.execute(
        sa.text(
            "SELECT q.author_id, q.approved_by, m.id FROM question AS q"
            " JOIN round_question AS r ON r.question_id = q.id AND NOT r.practice"
            " LEFT JOIN member AS m ON m.branch_id = :branch AND m.search_name = q.writer"
            " WHERE r.round_id = :round"
        ),
        {"round": round_id, "branch": branch_id},
    )
    return {member for row in rows for member in row if member is not None}
