"""Shared by all tests: which database a test runs on; and none fails because the machine is busy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from db.places import Place
from tests.support.compiling import share_compiled_statements
from tests.support.databases import DATABASES, Database, fresh

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
share_compiled_statements()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Database:
    """Each kind of database in turn."""
    kind: Database = request.param
    return kind


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Place]:
    """An empty database with all tables, of each kind in turn."""
    with fresh(database, tmp_path) as made:
        yield made
