"""The process's numbers in the words of Prometheus. Its library is loaded when somebody first asks.

Names and labels are listed here and nowhere else; `deploy/grafana.json` uses them, and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from bot.metrics import Histogram, Metrics
from db.depths import Depths
from db.outbox import Priority

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

_Values: TypeAlias = Iterable[tuple[Sequence[str], float]]  # labels, value
_NONE: Mapping[str, int] = {}
OUTCOME = ("channel", "outcome")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(metrics: Metrics, depths: Depths | None, budgets: Mapping[str, int] = _NONE) -> bytes:
    """Everything as text; without `depths` the store could not be read, and `mungba_store_readable` is 0."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.gc_collector import GCCollector
    from prometheus_client.process_collector import ProcessCollector
    from prometheus_client.registry import Collector

    class Ours(Collector):
        def collect(self) -> Iterable[Metric]:
            yield from _counted(metrics)
            yield _gauge(
                "mungba_store_readable", "Whether the store could be read", [((), depths is not None)]
            )
            if depths is not None:
                yield from _waiting(depths)
            yield _gauge("mungba_budget_left_messages", "Of this month", _by_channel(budgets), "channel")

    registry = CollectorRegistry()
    registry.register(Ours())
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return generate_latest(registry)


def _counted(metrics: Metrics) -> Iterator[Metric]:
    yield _counter("mungba_updates", "New updates", _by_channel(metrics.updates), "channel")
    yield _counter("mungba_updates_repeated", "Come again", _by_channel(metrics.repeated), "channel")
    yield _counter("mungba_updates_handled", "Finished", metrics.handled.items(), *OUTCOME)
    yield _counter("mungba_answers", "Tries to answer", metrics.answers.items(), *OUTCOME)
    yield _counter("mungba_sends", "Tries of the outbox", metrics.sends.items(), *OUTCOME)
    yield _counter("mungba_throttled", "429 by the platform", _by_channel(metrics.throttled), "channel")
    yield _histogram("mungba_stored_seconds", "From an update received to committed", metrics.stored)
    yield _histogram("mungba_answered_seconds", "From an update received to answered", metrics.answered)
    yield _histogram("mungba_commit_batch_size", "Use cases in one commit", metrics.batch)
    yield _histogram("mungba_commit_seconds", "One transaction of the store", metrics.commit)


def _waiting(depths: Depths) -> Iterator[Metric]:
    inbox = [((state,), number) for state, number in depths.inbox.items()]
    yield _gauge("mungba_inbox_updates", "Unfinished updates, by state", inbox, "state")
    yield _gauge(
        "mungba_inbox_oldest_seconds", "Age of the oldest unhandled update", [((), depths.oldest_seconds)]
    )
    outbox = [((state, _named(priority)), number) for (state, priority), number in depths.outbox.items()]
    yield _gauge("mungba_outbox_messages", "Unsent messages", outbox, "state", "priority")
    yield _gauge(
        "mungba_outbox_overdue_seconds", "How long the oldest message is due", [((), depths.overdue_seconds)]
    )


def _named(priority: int) -> str:
    known = {member.value: member.name.lower() for member in Priority}
    return known.get(priority, str(priority))


def _by_channel(counts: Mapping[str, int]) -> _Values:
    return [((channel,), number) for channel, number in counts.items()]


def _counter(name: str, told: str, values: _Values, *labels: str) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, told, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _gauge(name: str, told: str, values: _Values, *labels: str) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, told, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _histogram(name: str, told: str, histogram: Histogram) -> HistogramMetricFamily:
    from prometheus_client.core import HistogramMetricFamily

    so_far, buckets = 0, []
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        so_far += count
        buckets.append((str(bound) if bound != float("inf") else "+Inf", so_far))
    family = HistogramMetricFamily(name, told)
    family.add_metric([], buckets=buckets, sum_value=histogram.total)
    return family
