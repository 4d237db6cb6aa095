"""A forked process is the one that was asked for."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from bench import warm

AT_ONCE = 8
PATIENCE = 10.0


def test_who_asks_at_the_same_time_is_told_of_its_own_process(tmp_path: Path) -> None:
    all_there = Barrier(AT_ONCE)

    def start(number: int) -> warm.Forked:
        command = ["python", "-m", "simulator", "--port", "0", "--data", str(tmp_path / str(number))]
        all_there.wait()
        return warm.simulator(command, {})

    with ThreadPoolExecutor(AT_ONCE) as threads:
        started = list(threads.map(start, range(AT_ONCE)))
    try:
        for one in started:
            one.kill()
            assert one.wait(PATIENCE) == -signal.SIGKILL
    finally:
        for one in started:
            one.kill()
            one.stdout.close()
