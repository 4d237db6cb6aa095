"""The walk as a user starts it: a month of two branches against the real bot, ending in one JSON line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = 30
KEYS = {"members", "reminders_sent", "reminders_twice", "checked_in", "quiz_answers", "opinions", "lost"}


def walk(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator.walk", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.timeout(420)
def test_a_month_of_two_branches_comes_out_as_noted(tmp_path: Path) -> None:
    done = walk("--members", str(MEMBERS), "--seed", "7", "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == KEYS
    assert figures["members"] == MEMBERS
    assert figures["checked_in"] == MEMBERS - 2  # two asked to be absent
    assert figures["reminders_sent"] == 3 * MEMBERS + 3 - 2 * 2  # three were asked again, two heard no more
    assert (figures["reminders_twice"], figures["lost"]) == (0, 0)
    assert figures["quiz_answers"] > MEMBERS
    assert figures["opinions"] > 0
    assert "seed 7" in done.stdout
    assert (tmp_path / "kept" / "mungba.db").exists()


@pytest.mark.parametrize(
    "arguments", [("--channel", "pigeon"), ("--members", "3"), ("--keep", str(ROOT / "simulator"))]
)
def test_what_cannot_begin_is_one_sentence_and_status_2(arguments: tuple[str, ...]) -> None:
    done = walk(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("walk: ")
    assert done.stderr.count("\n") == 1
