"""Every conversation script runs on every channel, once of these on a PostgreSQL server.

`@pytest.mark.channels("telegram", why="…")` is for the rare script about something that only one has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from zlib import crc32

import pytest

from members import join_codes
from tests.support.databases import Database
from tests.support.talk import PHONES, Manner, Talk, talk_in

RUNS: list[tuple[Manner, Database]] = [
    ("by_turns", "sqlite"),
    ("zalo_bot", "postgres"),
    ("zalo_oa", "sqlite"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The runs of the script's channels, unless it names its manners itself."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "talk" not in metafunc.fixturenames or any("talk" in names for names in named):
        return
    marked = metafunc.definition.get_closest_marker("channels")
    if marked is not None and not marked.kwargs.get("why"):
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: why on these channels only?")
    channels = marked.args if marked else {kind for kind, _ in PHONES.values()}
    runs = [run for run in RUNS if PHONES[run[0]][0] in channels]
    metafunc.parametrize("talk", runs, ids="-".join, indirect=True)


@pytest.fixture(autouse=True)
def codes_are_hashed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow hashes of join codes are looked at in `tests/unit/members`."""
    monkeypatch.setitem(join_codes._SCRYPT, "n", 16)


@pytest.fixture
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    """A fresh installation; the script runs on each channel, on one of them with PostgreSQL."""
    manner, database = request.param
    async with talk_in(tmp_path, manner, database=database) as started:
        started.turns = count(crc32(request.node.originalname.encode()))  # not every script presses first
        yield started
