"""The base of all tables: naming of constraints, the Python type of a moment, indexes of some rows only.

Modules of tables do without `from __future__ import annotations`: SQLAlchemy would evaluate the text of each
column's annotation, at every start.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Connection, Index, MetaData, event, text
from sqlalchemy.orm import DeclarativeBase

from db.types import UtcDateTime


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime()}


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows for which `where` holds, on either database.

    The condition is added when the index is made: named at once for both, it would load the dialect of both.
    """
    index = Index(name, *columns, unique=unique)

    @event.listens_for(index, "before_create")
    def add_condition(made: Index, connection: Connection, **_how: object) -> None:
        made.dialect_options[connection.dialect.name]["where"] = text(where)

    return index
