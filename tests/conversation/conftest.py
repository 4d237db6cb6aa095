"""Every conversation script runs on every channel, once of these on a PostgreSQL server.

A script with more variants than channels (spellings, forged presses …) deals them out: each runs on one
channel, by turns, so that every channel has some.
`@pytest.mark.channels("telegram", why="…")` is for the rare script about something that only one has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from zlib import crc32

import pytest

from tests.support.databases import Database
from tests.support.talk import PHONES, Manner, Talk, talk_in

HERE = Path(__file__).parent
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep of each script with many variants one channel a variant."""
    scripts: dict[object, list[pytest.Function]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == HERE and _variant(item):
            scripts.setdefault(item.function, []).append(item)
    dropped = {item for script in scripts.values() for item in _beyond_one_channel(script)}
    items[:] = [item for item in items if item not in dropped]


def _beyond_one_channel(script: list[pytest.Function]) -> list[pytest.Function]:
    variants: dict[str, list[pytest.Function]] = {}
    for item in script:
        variants.setdefault(_variant(item), []).append(item)
    runs = max(map(len, variants.values()))
    if len(variants) < runs:
        return []
    return [
        item
        for number, of_one in enumerate(variants.values())
        for turn, item in enumerate(of_one)
        if turn != number % len(of_one)
    ]


def _variant(item: pytest.Function) -> str:
    """What is tried besides the channel; empty when that is all."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return repr([value for name, value in params.items() if name != "talk"]) if len(params) > 1 else ""


@pytest.fixture
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    """A fresh installation; the script runs on each channel, on one of them with PostgreSQL."""
    manner, database = request.param
    async with talk_in(tmp_path, manner, database=database) as started:
        started.turns = count(crc32(request.node.originalname.encode()))  # not every script presses first
        yield started
