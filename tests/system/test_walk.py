"""The walk as a user starts it: a month of a branch against the real bot, ending in one JSON line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = 15  # the fewest a walk takes
KEYS = {
    "members",
    "reminders_sent",
    "reminders_twice",
    "checked_in",
    "quiz_answers",
    "opinions",
    "lost",
    "shut_out",
    "messages_out_per_member",
}
GOAL = 60  # messages a member and month: 50 people on a free bot of Zalo, which has 3,000


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
def test_a_month_comes_out_as_noted(tmp_path: Path) -> None:
    done = walk("--members", str(MEMBERS), "--seed", "7", "--keep", str(tmp_path / "kept"))
    figures = figures_of(done)
    assert figures["members"] == MEMBERS
    assert figures["checked_in"] == MEMBERS - 2  # two asked to be absent
    assert figures["reminders_sent"] == 3 * MEMBERS + 3 - 2 * 2  # three were asked again, two heard no more
    assert figures["quiz_answers"] > MEMBERS
    assert figures["opinions"] > 0
    assert "seed 7" in done.stdout
    assert (tmp_path / "kept" / "mungba.db").exists()


def figures_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The last line; every number is as the players noted it."""
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == KEYS
    assert (found["reminders_twice"], found["lost"]) == (0, 0)
    return found


@pytest.mark.timeout(420)
def test_people_on_three_messengers_and_on_two_at_once_count_once() -> None:
    figures = figures_of(walk("--channel", "mixed", "--members", str(MEMBERS), "--seed", "5"))
    assert (figures["members"], figures["checked_in"]) == (MEMBERS, MEMBERS - 2)
    assert MEMBERS < figures["quiz_answers"] <= 10 * MEMBERS
    assert figures["messages_out_per_member"] <= GOAL


@pytest.mark.parametrize(
    "arguments", [("--channel", "pigeon"), ("--members", "3"), ("--keep", str(ROOT / "simulator"))]
)
def test_what_cannot_begin_is_one_sentence_and_status_2(arguments: tuple[str, ...]) -> None:
    done = walk(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("walk: ")
    assert done.stderr.count("\n") == 1
