"""Personal pages on a small phone: 360 px wide, type twice as large as usual, no scripts."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from meetings.checkin_run import open_checkin
from members.tables import Purpose
from simulator.ports import free_port
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.seen import PICTURES, Watch
from tests.unit.meetings.checkin_room import RULES, STARTS
from tests.unit.web.pages_scene import scene_in

SMALL: ViewportSize = {"width": 360, "height": 740}
LARGE_TYPE = "--blink-settings=defaultFontSize=32"  # browsers start with 16
FINGER = 44  # CSS pixels, WCAG 2.2 target size (enhanced)
READY_SECONDS = 60
MOST_BYTES = 30_000
T = TypeVar("T")


@dataclass
class Served:
    """A scene served over HTTP by a thread with a loop of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    ready: threading.Event = field(default_factory=threading.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """The thread's work."""
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    def does(self, work: Coroutine[Any, Any, T]) -> T:
        """Something in the scene, from the test."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(READY_SECONDS)

    def link(self, purpose: Purpose, target: int = 0) -> str:
        """A new link of the member."""
        return self.address + self.does(self.scene.link(purpose, target))

    async def _serve(self) -> None:
        async with scene_in(self.folder, "Nguyễn Thị Hương Giang") as self.scene:
            config = uvicorn.Config(
                self.scene.app, port=self.port, log_config=None, access_log=False, lifespan="off"
            )
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.02)
            self.ready.set()
            await self.over.wait()
            server.should_exit = True
            await serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("pages"))
    thread = threading.Thread(target=one.run)
    thread.start()
    assert one.ready.wait(READY_SECONDS)
    yield one
    one.loop.call_soon_threadsafe(one.over.set)
    thread.join(READY_SECONDS)


@pytest.fixture(scope="module")
def large_type() -> Iterator[Browser]:
    """A browser whose owner has set very large type."""
    with sync_playwright() as play:
        one = play.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, LARGE_TYPE])
        yield one
        one.close()


@pytest.fixture
def phone(large_type: Browser, watch: Watch) -> Iterator[Page]:
    context: BrowserContext = large_type.new_context(viewport=SMALL, java_script_enabled=False)
    watch.over(context)
    yield context.new_page()
    context.close()


def fits(page: Page, name: str) -> None:
    """Nothing to scroll sideways, room for a finger, named controls, and a picture for people to look at."""
    page.wait_for_load_state("load")  # a sentence can be there before the style is
    session = page.context.new_cdp_session(page)
    size = session.send("Page.getLayoutMetrics")["cssContentSize"]
    assert size["width"] <= SMALL["width"], size
    for control in page.locator("button, input:not([type=hidden]), textarea, a, summary").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box is not None and min(box["width"], box["height"]) >= FINGER, control
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def light(page: Page, address: str) -> None:
    """Open an address; all that comes for it weighs less than 30 kB."""
    came: list[Response] = []

    def note(answer: Response) -> None:
        came.append(answer)

    page.on("response", note)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", note)
    assert 0 < sum(len(answer.body()) for answer in came) < MOST_BYTES
    assert len(came) == 2  # the page and its style sheet


def button(page: Page, name: str) -> Locator:
    """The button with this name, or the option with these words."""
    return page.get_by_role("button", name=re.compile(rf"^(\w\. )?{re.escape(name)}$"))


def test_the_invitation(served: Served, phone: Page, watch: Watch) -> None:
    light(phone, served.link(Purpose.RSVP, served.scene.meeting))
    fits(phone, "30-page-invitation")
    phone.get_by_text("Xin vắng", exact=True).click()  # opens without a script
    expect(button(phone, "Ca trực")).to_be_visible()
    fits(phone, "31-page-reasons")
    button(phone, "Tôi sẽ dự").click()
    expect(phone.get_by_role("status")).to_contain_text("Đồng chí đã báo sẽ dự")
    fits(phone, "32-page-coming")
    phone.reload()
    expect(phone.get_by_role("status")).to_contain_text("Đồng chí đã báo sẽ dự")
    watch.is_clean()


def test_check_in_by_keyboard_alone(served: Served, phone: Page, watch: Watch) -> None:
    scene = served.scene
    scene.now = STARTS - timedelta(minutes=10)
    served.does(scene.room.store.write(open_checkin, scene.secretary, scene.meeting, scene.now, RULES))
    light(phone, served.link(Purpose.CHECKIN, scene.meeting))
    fits(phone, "33-page-check-in")
    phone.keyboard.press("Tab")
    expect(phone.get_by_label("6 số đang hiện trên bảng")).to_be_focused()
    with watch.an_outage():  # a page that says "not yet" is no fault of the browser's
        phone.keyboard.type("000000")
        phone.keyboard.press("Enter")
        expect(phone.get_by_role("alert")).to_contain_text("Mã chưa đúng")
    fits(phone, "34-page-wrong-code")
    code = served.does(scene.room.code(scene.meeting, scene.now))
    phone.get_by_label("6 số đang hiện trên bảng").fill(f"{code[:3]} {code[3:]}")
    phone.keyboard.press("Tab")
    expect(button(phone, "Tôi có mặt")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("status")).to_contain_text("được ghi có mặt lúc 19 giờ 20")
    fits(phone, "35-page-checked-in")
    scene.now = STARTS - timedelta(days=1)


def test_the_quiz(served: Served, phone: Page, watch: Watch) -> None:
    quiz = served.does(served.scene.quiz(3))
    address = served.link(Purpose.QUIZ, quiz)
    light(phone, address)
    fits(phone, "36-page-quiz")
    button(phone, "Làm bài").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Câu 1/3")
    fits(phone, "37-page-question")
    button(phone, "đúng 1").click()
    expect(phone.get_by_role("status")).to_contain_text("Đã ghi câu 1.")
    phone.goto(address)  # the link goes on where it stopped
    expect(phone.get_by_role("heading", level=1)).to_have_text("Câu 2/3")
    button(phone, "sai thứ nhất 2").click()
    phone.goto(address)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Câu 3/3")
    button(phone, "đúng 3").click()
    expect(phone.get_by_role("status")).to_contain_text("Đồng chí đúng 2/3 câu")
    fits(phone, "38-page-result")
    watch.is_clean()


def test_an_opinion(served: Served, phone: Page, watch: Watch) -> None:
    light(phone, served.link(Purpose.OPINION))
    phone.get_by_label("Ý kiến của đồng chí").fill("Đề nghị <b>sửa</b> đèn đường & lát vỉa hè.\nTrân trọng.")
    fits(phone, "39-page-opinion")
    button(phone, "Chỉ gửi chi ủy").click()
    expect(phone.get_by_role("status")).to_contain_text("chỉ chi ủy của chi bộ đọc được")
    fits(phone, "40-page-opinion-sent")
    watch.is_clean()


def test_a_link_that_no_longer_opens(served: Served, phone: Page, watch: Watch) -> None:
    address = served.link(Purpose.OPINION)
    phone.goto(address[:-1])
    expect(phone.get_by_role("alert")).to_contain_text("Không có trang này")
    fits(phone, "41-page-no-such-link")
