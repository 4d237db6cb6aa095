"""The demo as somebody starts and ends it: one line, a clean end, the same people at the next start."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.demo import Demo
from tests.support.installation import ROOT

PATIENCE = 60


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """In a new folder."""
    one = Demo(tmp_path / "demo")
    yield one
    one.kill()
    one.ended()


@pytest.fixture(scope="module")
def ended_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that ran once."""
    demo = Demo(tmp_path_factory.mktemp("once") / "demo")
    demo.start()
    demo.stop()
    return demo.folder


@pytest.fixture
def kept_demo(demo: Demo, ended_demo: Path) -> Demo:
    """In a folder where one ran before."""
    shutil.copytree(ended_demo, demo.folder)
    return demo


def rows(demo: Demo, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{demo.folder / 'mungba.db'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def all_have_joined(demo: Demo) -> bool:
    return (demo.folder / "joined").exists()


def is_refused(demo: Demo) -> str:
    """The one sentence with which a demo that cannot start ends."""
    assert demo.start() == ""
    code, _ = demo.ended()
    (sentence,) = demo.complaints.splitlines()
    assert code == 2
    return sentence


def test_it_says_one_line_ends_at_ctrl_c_and_goes_on_at_the_next_start(demo: Demo) -> None:
    for _ in range(2):
        line = demo.start()
        assert line.startswith(f"Mùng Ba: http://127.0.0.1:{demo.port}/?key="), demo.complaints
        assert httpx.get(demo.page, follow_redirects=True, trust_env=False).status_code == 200
        wait_until(lambda: all_have_joined(demo))
        demo.press_ctrl_c()
        demo.press_ctrl_c()  # impatient
        assert demo.ended() == (0, "")
        assert demo.complaints == ""
        wait_until(lambda: not listens(demo.port))  # who is impatient does not wait for the simulator
        wait_until(lambda: not listens(demo.port + 1))
        assert rows(demo, "SELECT count(*) FROM member") == [(45,)]
        assert rows(demo, "SELECT count(*) FROM account WHERE member_id IS NOT NULL") == [(4,)]
        assert rows(demo, "SELECT count(*) FROM inbox WHERE state != 'done'") == [(0,)]


def test_a_killed_demo_takes_its_simulator_along_and_starts_again(demo: Demo) -> None:
    demo.start()
    demo.kill()
    demo.ended()
    assert demo.start().startswith("Mùng Ba: "), demo.complaints
    wait_until(lambda: all_have_joined(demo))
    assert rows(demo, "SELECT count(*) FROM account WHERE member_id IS NOT NULL") == [(4,)]
    assert "already in use by process" in is_refused(Demo(demo.folder))
    demo.kill()
    demo.ended()
    wait_until(lambda: not listens(demo.port))


def test_ctrl_c_before_it_is_ready_ends_it_quietly(demo: Demo) -> None:
    with demo.folder.with_suffix(".err").open("a") as log:
        demo.process = subprocess.Popen(
            demo.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    wait_until((demo.folder / "mungba.db").exists)
    demo.press_ctrl_c()
    assert demo.ended() == (0, "")
    assert demo.complaints == ""
    wait_until(lambda: not listens(demo.port))
    assert demo.start().startswith("Mùng Ba: "), demo.complaints


def test_a_taken_port_is_named(demo: Demo) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", demo.port + 1))
        other.listen()
        assert f"port {demo.port + 1} is taken" in is_refused(demo)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("people.json", b"[]"),
        ("mungba.db", b"no database" * 999),
        ("simulator/simulator.sqlite3", b"no database" * 999),
    ],
)
def test_a_damaged_file_is_named(kept_demo: Demo, file: str, content: bytes) -> None:
    (kept_demo.folder / file).write_bytes(content)
    assert Path(file).name in is_refused(kept_demo)


def test_a_folder_that_cannot_be_made_is_named(demo: Demo) -> None:
    demo.folder.write_text("in the way")
    assert str(demo.folder) in is_refused(demo)
