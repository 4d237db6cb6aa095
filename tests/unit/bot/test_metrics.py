"""What the process counts, how it is worded, and when it says that it cannot work."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics as metrics_module
from bot import watching
from bot.exposition import exposition
from bot.loopback import is_private
from bot.metrics import Histogram, Metrics
from bot.settings import Web
from bot.watching import Watch, WatchServer
from db import inbox, outbox, usage
from db.depths import Depths, depths
from db.errors import StartRefused, StoreFull
from db.fates import Fate, write_down
from db.inbox import Arrival
from db.outbox import OutboxState, Priority
from db.places import Place
from db.store import BatchingStore
from members.bots import Bot

NOW = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
async def store(place: Place) -> AsyncIterator[BatchingStore]:
    opened = place.store()
    yield opened
    await opened.close()


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def used() -> Metrics:
    metrics = Metrics()
    metrics.took_in("zalo", 0.0, 3, [1, 2])
    metrics.finished("zalo", 1, "done")
    metrics.finished("zalo", 2, "set_aside")
    metrics.sends["zalo", "sent"] += 7
    metrics.answers["zalo", "sent"] += 2
    metrics.throttled["zalo"] += 1
    metrics.committed(3, 0.004)
    return metrics


def test_a_value_on_a_border_counts_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.add(value)
    assert histogram.counts == [2, 1, 1]
    assert histogram.total == 12.0


def test_what_was_counted_is_worded() -> None:
    found = samples(exposition(used(), None))
    assert found["mungba_updates_total", (("channel", "zalo"),)] == 2
    assert found["mungba_updates_repeated_total", (("channel", "zalo"),)] == 1
    assert found["mungba_sends_total", (("channel", "zalo"), ("outcome", "sent"))] == 7
    assert found["mungba_throttled_total", (("channel", "zalo"),)] == 1
    assert found["mungba_updates_handled_total", (("channel", "zalo"), ("outcome", "set_aside"))] == 1
    assert found["mungba_commit_batch_size_bucket", (("le", "4.0"),)] == 1
    assert found["mungba_commit_batch_size_bucket", (("le", "2.0"),)] == 0
    assert found["mungba_answered_seconds_count", ()] == 1  # what is set aside is not answered
    assert found["mungba_store_readable", ()] == 0


async def test_what_is_left_of_the_month_is_told_of_limited_bots(store: BatchingStore) -> None:
    await store.write(usage.count, "zalo", "2026-12", sent=100)
    bots = [Bot("zalo", "", messages=3000), Bot("telegram", "")]
    content, _ = await Watch(store, StoppedClock(), Metrics(), bots).figures()
    found = samples(content)
    assert found["mungba_budget_left_messages", (("channel", "zalo"),)] == 2900
    assert ("mungba_budget_left_messages", (("channel", "telegram"),)) not in found
    assert found["mungba_store_readable", ()] == 1


def test_only_so_many_updates_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "REMEMBERED_UPDATES", 2)
    metrics = Metrics()
    metrics.took_in("zalo", 0.0, 3, [1, 2, 3])
    for inbox_id in (1, 2, 3):
        metrics.finished("zalo", inbox_id, "done")
    assert sum(metrics.answered.counts) == 2


async def test_depths_count_what_is_unfinished(store: BatchingStore) -> None:
    early, late = NOW - timedelta(minutes=5), NOW - timedelta(minutes=1)
    for number, moment in enumerate((early, late, late)):
        arrival = Arrival(str(number), "lane", "{}")
        rows = await store.write(inbox.store_arrivals, "telegram", [arrival], moment)
        if number == 2:
            await store.write(inbox.finish_all, [(rows[0].id, NOW)])
    for number, priority in enumerate((Priority.MEETING, Priority.BULK, Priority.BULK)):
        await store.write(
            outbox.enqueue,
            key=str(number),
            channel="telegram",
            chat="1",
            member_id=None,
            notice="x",
            args={},
            priority=priority,
            now=late,
        )
    await store.write(write_down, [Fate(3, OutboxState.SENT, NOW)])
    found = await store.read(depths, NOW)
    assert found.inbox == {"new": 2, "replay": 0, "answered": 0, "set_aside": 0}
    assert found.oldest_seconds == 300
    assert found.outbox == {("queued", Priority.MEETING): 1, ("queued", Priority.BULK): 1}
    assert found.overdue_seconds == 60
    worded = samples(exposition(Metrics(), found))
    assert worded["mungba_outbox_messages", (("priority", "bulk"), ("state", "queued"))] == 1
    assert worded["mungba_inbox_oldest_seconds", ()] == 300


async def test_commits_are_heard_of(store: BatchingStore) -> None:
    metrics = Metrics()
    store.committed = metrics.committed
    await asyncio.gather(*(store.write(lambda _session: None) for _ in range(5)))
    assert metrics.batch.total == 5
    assert sum(metrics.commit.counts) == sum(metrics.batch.counts)


async def test_ready_only_while_doors_are_open_and_the_store_takes_writes(
    store: BatchingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PROBE_AGAIN_SECONDS", -1.0)
    watch = Watch(store, StoppedClock(), Metrics())
    assert await watch.readiness() == "starting or stopping"
    door: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(3600))
    watch.opened([("telegram", door)])
    assert await watch.readiness() == ""

    async def full(*_what: object) -> None:
        raise StoreFull("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "write", full)
        assert await watch.readiness() == "the store cannot be written"
    fallen: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(0))
    await fallen
    watch.opened([("telegram", door), ("zalo", fallen)])
    assert await watch.readiness() == "channel zalo takes no updates"
    watch.closing()
    assert await watch.readiness() == "starting or stopping"
    door.cancel()


@pytest.mark.parametrize(
    ("host", "private"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("0.0.0.0", False), ("8.8.8.8", False)],
)
def test_figures_are_not_public(host: str, private: bool) -> None:
    assert is_private(host) is private


def test_a_public_address_is_refused_at_the_start(store: BatchingStore) -> None:
    watch = Watch(store, StoppedClock(), Metrics())
    with pytest.raises(StartRefused, match=r"web\.metrics"):
        WatchServer(Web(metrics="0.0.0.0:9464"), watch).listen()
    assert WatchServer(Web(), watch).listen() == []


def test_the_dashboard_uses_only_figures_that_exist() -> None:
    text = exposition(used(), Depths({"new": 0}, 0.0, {("queued", 10): 1}, 0.0), {"zalo": 2900})
    known = {name for name, _ in samples(text)}
    board = json.loads((DEPLOY / "grafana" / "mungba.json").read_text("utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    named = {name for query in queries for name in re.findall(r"\b(?:mungba|process|python)_\w+", query)}
    assert len(named) > 12
    assert named <= known
    ours = {name for name in known if name.startswith("mungba_") and not name.endswith(("_created", "_sum"))}
    shown = {name.removesuffix("_bucket").removesuffix("_count") for name in named}
    assert {name.removesuffix("_bucket").removesuffix("_count") for name in ours} <= shown
