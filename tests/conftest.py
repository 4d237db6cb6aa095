"""Shared by all tests: which database a test runs on; and none fails because the machine is busy.

Property tests try the same examples in every run, so that a run says something of the change before it;
`HYPOTHESIS_PROFILE=search make tests` looks for new ones.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from db.places import Place
from tests.support.compiling import share_compiled_statements
from tests.support.databases import DATABASES, Database, fresh

settings.register_profile("patient", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))
share_compiled_statements()
# A job that a shell runs in the background ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
SLOW = ("browser", "system")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that wait for processes come early, among files that do not, in each worker's own part of all.

    So every worker waits and computes by turns, and none begins a long test when the others are done.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [tests for path, tests in files.items() if any(part in SLOW for part in path.parts)]
    others = [tests for path, tests in files.items() if not any(part in SLOW for part in path.parts)]
    waiting.sort(key=lambda tests: "simulator" in tests[0].path.parts)  # its contract is many short ones
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    items[:] = [
        item
        for worker in range(workers)
        for tests in _mixed(waiting[worker::workers], others[worker::workers])
        for item in tests
    ]


def _mixed(waiting: list[list[pytest.Item]], others: list[list[pytest.Item]]) -> list[list[pytest.Item]]:
    every = max(1, len(others) * 2 // 3 // max(1, len(waiting)))
    mixed: list[list[pytest.Item]] = []
    for number, tests in enumerate(others):
        mixed += [waiting.pop(0)] if waiting and number % every == 0 else []
        mixed.append(tests)
    return mixed + waiting


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
