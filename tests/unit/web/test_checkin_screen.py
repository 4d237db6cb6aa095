"""The big screen: what it shows in each state, and that it carries nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from db.errors import StoreBusy
from db.places import Place
from locales.words import Words
from meetings.checkin_code import is_link_valid
from meetings.checkin_run import close_checkin, confirm_list, open_checkin
from meetings.roll import set_presence
from meetings.tables import Meeting, MeetingState, Presence
from members.identity import Who
from members.tables import MemberStatus, PostKind
from tests.unit.meetings.checkin_room import RULES, STARTS, Room, room_in
from web.app import build_web
from web.home import WebHome

KEY = bytes.fromhex("ab" * 16)


@dataclass(slots=True)
class Browser:
    """A client of the pages, with the clock in its hand and the links that were made."""

    room: Room
    client: httpx.AsyncClient
    meeting: int
    secretary: Who
    now: datetime = STARTS
    payloads: list[str] = field(default_factory=list)

    async def page(self, tail: str = "") -> httpx.Response:
        """The screen of the meeting."""
        return await self.client.get(f"{await self.address()}{tail}")

    async def address(self) -> str:
        """Where the screen is."""
        return f"/man-hinh/{(await self.row()).screen_token}"

    async def row(self) -> Meeting:
        """The meeting as stored."""
        return await self.room.store.read(Session.get_one, Meeting, self.meeting)

    async def change(self, how: Callable[[Meeting], None]) -> None:
        """Change the meeting behind everybody's back."""
        await self.room.store.write(lambda session: how(session.get_one(Meeting, self.meeting)))

    async def open(self) -> None:
        """The secretary opens check-in."""
        await self.room.store.write(open_checkin, self.secretary, self.meeting, self.now, RULES)


@pytest.fixture
async def browser(place: Place) -> AsyncIterator[Browser]:
    async with room_in(place) as room:
        branch = await room.branch("Chi bộ <khu phố> 5")
        secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
        await room.member(branch, "Đảng Viên")
        meeting = await room.meeting(branch)
        shown: list[Browser] = []

        def start_link(payload: str) -> str:
            shown[0].payloads.append(payload)
            return f"https://t.me/mungba_bot?start={payload}"

        home = WebHome(room.store, Words("vi"), RULES, start_link, lambda: shown[0].now)
        transport = httpx.ASGITransport(app=build_web(home))
        async with httpx.AsyncClient(transport=transport, base_url="http://room") as client:
            shown.append(Browser(room, client, meeting, secretary))
            yield shown[0]


async def test_before_opening_there_is_no_code(browser: Browser) -> None:
    page = await browser.page()
    assert "Điểm danh chưa mở" in page.text
    assert "30 phút" in page.text
    assert not re.search(r"\d{3} \d{3}", page.text)
    assert (await browser.page("/now")).json() == {"state": "early", "present": 0, "base": 2}
    assert (await browser.page("/qr.svg")).status_code == 404


async def test_open_shows_code_picture_and_count(browser: Browser) -> None:
    await browser.open()
    code = await browser.room.code(browser.meeting, browser.now)
    page = await browser.page()
    assert f"{code[:3]} {code[3:]}" in page.text
    assert "19 giờ 30" in page.text
    assert "Hội trường" in page.text
    numbers = (await browser.page("/now")).json()
    assert numbers["code"].replace(" ", "") == code
    assert (numbers["seconds"], numbers["present"], numbers["base"]) == (30, 0, 2)
    me = [browser.secretary.member_id]
    await browser.room.store.write(
        set_presence, browser.secretary, browser.meeting, me, Presence.PRESENT, browser.now, RULES
    )
    assert (await browser.page("/now")).json()["present"] == 1


async def test_code_and_link_change_with_the_window(browser: Browser) -> None:
    await browser.open()
    first = (await browser.page("/now")).json()
    one = await browser.page("/qr.svg")
    browser.now += timedelta(seconds=30)
    second = (await browser.page("/now")).json()
    other = await browser.page("/qr.svg")
    assert second["window"] == first["window"] + 1
    assert second["code"] != first["code"]
    assert one.text != other.text
    assert one.headers["content-type"] == "image/svg+xml"
    assert "xmlns" in one.text
    old, new = browser.payloads
    assert is_link_valid(new, KEY, browser.now)
    assert is_link_valid(old, KEY, browser.now)
    assert not is_link_valid(old, KEY, browser.now + timedelta(seconds=30))


async def test_late_closed_confirmed_cancelled(browser: Browser) -> None:
    await browser.open()
    browser.now = STARTS + timedelta(minutes=16)
    assert "đến muộn" in (await browser.page()).text
    assert (await browser.page("/now")).json()["state"] == "late"
    await browser.room.store.write(close_checkin, browser.secretary, browser.meeting, browser.now, RULES)
    closed = await browser.page()
    assert "Điểm danh đã đóng" in closed.text
    assert (await browser.page("/qr.svg")).status_code == 404
    await browser.room.store.write(confirm_list, browser.secretary, browser.meeting, 0, 0, browser.now, RULES)
    assert "đã được xác nhận" in (await browser.page()).text
    assert "code" not in (await browser.page("/now")).json()
    await browser.change(lambda meeting: setattr(meeting, "state", MeetingState.CANCELLED))
    assert "đã hủy" in (await browser.page()).text


async def test_forgotten_open_screen_stops_showing_codes(browser: Browser) -> None:
    await browser.open()
    browser.now = STARTS + timedelta(hours=4)
    assert "Điểm danh đã đóng" in (await browser.page()).text


async def test_unknown_screen(browser: Browser) -> None:
    for path in ("/man-hinh/none", "/man-hinh/none/now", "/man-hinh/none/qr.svg", "/man-hinh/%00", "/other"):
        assert (await browser.client.get(path)).status_code == 404
    assert "Không có màn hình này" in (await browser.client.get("/man-hinh/none")).text
    assert (await browser.client.post(await browser.address())).status_code == 405


async def test_works_without_scripts_and_without_anything_inline(browser: Browser) -> None:
    await browser.open()
    page = (await browser.page()).text
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    assert not re.search(r"<script>|<style|style=|\son\w+=|https?://", page)
    assert not re.search(r"<style|style=|<script", (await browser.page("/qr.svg")).text)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert (await browser.client.get(path)).status_code == 200


async def test_names_typed_by_people_are_escaped(browser: Browser) -> None:
    await browser.change(lambda meeting: setattr(meeting, "place", '"><script>alert(1)</script>'))
    page = (await browser.page()).text
    assert "<script>alert" not in page
    assert "Chi bộ &lt;khu phố&gt; 5" in page


@pytest.mark.parametrize("path", ["", "/now", "/qr.svg", "x", "/../../static/screen.js"])
async def test_every_answer_is_guarded(browser: Browser, path: str) -> None:
    await browser.open()
    headers = (await browser.page(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    expected = "no-cache" if "static" in path else "no-store"
    assert headers["cache-control"] == expected


async def test_alive(browser: Browser) -> None:
    assert (await browser.client.get("/healthz")).text == "ok"


class BusyStore:
    """A store somebody else holds."""

    async def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise StoreBusy("locked")

    async def write(self, use_case: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise StoreBusy("locked")

    async def read_each(self, query: Callable[..., Any], item: Any) -> Any:
        raise StoreBusy("locked")

    async def write_each(self, use_case: Callable[..., Any], item: Any) -> Any:
        raise StoreBusy("locked")

    def write_along(self, use_case: Callable[..., Any], item: Any) -> Any:
        raise StoreBusy("locked")

    async def close(self) -> None:
        return None


async def test_busy_store_says_so_and_tries_again() -> None:
    home = WebHome(BusyStore(), Words("vi"), RULES, lambda payload: payload, lambda: STARTS)
    transport = httpx.ASGITransport(app=build_web(home))
    async with httpx.AsyncClient(transport=transport, base_url="http://room") as client:
        page = await client.get("/man-hinh/any")
        assert page.status_code == 503
        assert "bận" in page.text
        assert 'http-equiv="refresh"' in page.text
        assert (await client.get("/man-hinh/any/now")).status_code == 503
        assert (await client.get("/man-hinh/any/qr.svg")).status_code == 503
