"""Alembic's entry: runs on the connection and metadata that `db.migrate` hands over.

Migrations name plain column types, so that an old one still runs when our own types change.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from db.types import Json, Name, UtcDateTime

PLAIN = {Name: "sa.String(40)", Json: "sa.Text()", UtcDateTime: "sa.DateTime(timezone=True)"}


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """The plain type of a column of ours."""
    return PLAIN.get(type(item), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
