"""The benches in their small form: each is one process, passes, and says so in one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
    "bench.chaos store": {"S1", "S2", "S3", "S7", "passed"},
    "bench.chaos time": {"R1", "R2", "R3", "R4", "R5", "R7", "passed"},
    "bench.fuzz": {"updates", "unhandled", "wrong_effects", "growth_mb", "door", "passed"},
}


@pytest.mark.parametrize("bench", BENCHES)
def test_a_small_bench_passes(bench: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *bench.split(), "--small", "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout
    figures = json.loads(done.stdout)
    assert figures["passed"] is True
    assert set(figures) >= BENCHES[bench]
