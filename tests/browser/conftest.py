"""A real browser before the real demo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from bot.demo.phones import shown
from bot.demo.sample import SamplePerson
from tests.browser.bring_chromium import NONE, on_path
from tests.browser.seen import Table, Watch
from tests.support.demo import Demo
from tests.support.installation import ROOT

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE: ViewportSize = {"width": 1600, "height": 900}


def chromium() -> str:
    """The browser named by the environment, found by `make setup`, or on the PATH. Without one: failed."""
    found = ROOT / ".tools" / "browser"
    brought = found.read_text("utf-8").strip() if found.exists() else ""
    named = (os.environ.get("MUNGBA_CHROMIUM", ""), brought, on_path() or "")
    path = next((one for one in named if one and Path(one).exists()), None)
    if path is None:
        pytest.fail(NONE, pytrace=False)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as play:
        one = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield one
        one.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def context(browser: Browser, watch: Watch) -> Iterator[BrowserContext]:
    """A browser nobody used before, watched."""
    one = browser.new_context(viewport=WIDE)
    watch.over(one)
    yield one
    one.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, ready."""
    one = Demo(tmp_path_factory.mktemp("browser") / "demo")
    assert one.start(), one.complaints
    yield one
    one.stop()


@pytest.fixture
def table(demo: Demo, context: BrowserContext) -> Table:
    """The demo's page with its four phones, which have joined."""
    people = msgspec.json.decode((demo.folder / "people.json").read_bytes(), type=list[SamplePerson])
    names = {part: str(person.id) for part, person in shown(people).items()}
    page = context.new_page()
    page.goto(demo.page)
    one = Table(page, names)
    one.is_live()
    for part in names:
        one.phone(part).hears("Đồng chí đã tham gia xong")
    return one
