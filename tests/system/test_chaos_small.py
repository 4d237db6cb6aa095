"""The benches in their small form: each passes, and says so in one line of JSON."""

from __future__ import annotations

import importlib
import json

import pytest

DELIVERY = {"lost", "seconds", "seed", "machine", "passed"}
BENCHES = {
    "bench.chaos updates": DELIVERY
    | {"updates", "kills", "effects_twice", "replies_twice", "replies_twice_per_kill_max", "set_aside"},
    "bench.chaos updates --mode webhook": DELIVERY | {"effects_twice"},
    "bench.chaos broadcast": DELIVERY
    | {"recipients", "kills", "duplicates", "duplicates_per_kill_max", "duplicates_outside_kills"}
    | {"unknown", "undelivered_outside_unknown"},
    "bench.chaos broadcast --at-most-once": DELIVERY | {"duplicates", "unknown"},
    "bench.chaos platform": {"A1", "A6", "passed"},
    "bench.chaos updates --channel zalo_bot --mode webhook --ack replay": DELIVERY
    | {"effects_twice", "platform_missed", "missed_unexcused", "people_let_down"},
    "bench.chaos broadcast --channel zalo_bot": DELIVERY | {"duplicates", "most_in_a_second"},
    "bench.chaos platform --channel zalo_bot": {"A1", "quota", "not_applicable", "passed"},
    "bench.chaos store": {"S1", "S2", "S3", "S7", "passed"},
    "bench.chaos time": {"R1", "R2", "R3", "R4", "R5", "R7", "passed"},
    "bench.fuzz": {"updates", "unhandled", "wrong_effects", "growth_mb", "door", "passed"},
}


@pytest.mark.parametrize("bench", BENCHES)
def test_a_small_bench_passes(bench: str, capfd: pytest.CaptureFixture[str]) -> None:
    module, *words = bench.split()
    main = importlib.import_module(f"{module}.__main__").main
    code = main([*words, "--small", "--seed", "1"])
    said = capfd.readouterr()
    assert code == 0, said.err[-3000:] + said.out
    figures = json.loads(said.out)
    assert figures["passed"] is True
    assert set(figures) >= BENCHES[bench]
