"""Named fault points: nothing unless named, and never beside a real platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import faults
from bot.compose import compose
from bot.faults import FaultRaised, arm, point
from bot.settings import ChannelAccount, Database, Settings
from db.errors import StartRefused

HERE = ["http://127.0.0.1:8081", "http://localhost:1", "http://[::1]:2"]
ROOT = Path(faults.__file__).parent


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm([], {})


async def test_unarmed_points_do_nothing() -> None:
    arm(["https://api.telegram.org"], {})
    for name in faults.POINTS:
        await point(name)


async def test_the_named_passing_breaks_and_no_other() -> None:
    arm(HERE, {"MUNGBA_FAULTS": "inbox.answered:2=raise"})
    await point("inbox.answered")
    await point("inbox.stored")
    with pytest.raises(FaultRaised):
        await point("inbox.answered")
    await point("inbox.answered")


async def test_every_passing_and_two_entries_at_once() -> None:
    arm(HERE, {"MUNGBA_FAULTS": "inbox.sent:*=pause:0, inbox.stored:*=raise"})
    await point("inbox.sent")
    for _ in range(3):
        with pytest.raises(FaultRaised):
            await point("inbox.stored")


@pytest.mark.parametrize("address", ["https://api.telegram.org", "http://10.0.0.1:80", "localhost", ""])
def test_refused_beside_anything_that_is_not_this_machine(address: str) -> None:
    with pytest.raises(StartRefused, match="unset it"):
        arm([HERE[0], address], {"MUNGBA_FAULTS": "inbox.stored:1=kill"})


@pytest.mark.parametrize(
    "entry", ["inbox.stored", "inbox.nowhere:1=kill", "inbox.stored:0=kill", "a:1=x", ","]
)
def test_a_misspelt_fault_is_refused(entry: str) -> None:
    with pytest.raises(StartRefused, match="names no fault"):
        arm(HERE, {"MUNGBA_FAULTS": entry})


async def test_a_process_with_a_real_platform_does_not_start_with_faults(tmp_path: Path) -> None:
    settings = Settings(
        channels=(ChannelAccount(name="telegram"),), database=Database(url=f"sqlite:///{tmp_path / 'm.db'}")
    )
    environ = {"MUNGBA_TELEGRAM_TOKEN": "1:x", "MUNGBA_FAULTS": "inbox.stored:1=kill"}
    with pytest.raises(StartRefused, match="for tests on this machine only"):
        await compose(settings, environ)
    assert list(tmp_path.iterdir()) == []


def test_every_point_in_the_program_has_a_name_here() -> None:
    used = {
        name
        for file in ROOT.rglob("*.py")
        for name in re.findall(r'point\("([a-z.]+)"\)', file.read_text("utf-8"))
    }
    assert used <= faults.POINTS
    assert {name for name in faults.POINTS if name.startswith("inbox.")} <= used
