"""Pictures at their addresses: found by the whole address only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from db import pictures
from db.errors import StoreBusy
from db.places import Place
from locales.words import Words
from tests.unit.meetings.checkin_room import RULES, STARTS, room_in
from web.app import build_web
from web.home import WebHome

PNG = b"\x89PNG picture"


@dataclass(slots=True)
class Shelf:
    """A client of the addresses, with the clock in its hand."""

    home: Any
    client: httpx.AsyncClient
    days: float = 0

    async def put(self, data: bytes, name: str) -> str:
        token: str = await self.home.store.write(pictures.keep, data, name, STARTS)
        return token


@pytest.fixture
async def shelf(place: Place) -> AsyncIterator[Shelf]:
    async with room_in(place) as room:
        days: list[Shelf] = []
        home = WebHome(
            store=room.store,
            words=Words(),
            checkin=RULES,
            start_link=str,
            now=lambda: STARTS + timedelta(days=days[0].days),
        )
        transport = httpx.ASGITransport(app=build_web(home))
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
            days.append(Shelf(home, client))
            yield days[0]


async def test_a_picture_can_be_fetched_again_and_again(shelf: Shelf) -> None:
    token = await shelf.put(PNG, "hinh.png")
    for _ in range(3):
        answer = await shelf.client.get(f"/hinh/{token}.png")
        assert (answer.status_code, answer.content) == (200, PNG)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_after_its_time_it_is_gone(shelf: Shelf) -> None:
    token = await shelf.put(PNG, "hinh.png")
    shelf.days = 31
    assert (await shelf.client.get(f"/hinh/{token}.png")).status_code == 404


@pytest.mark.parametrize("path", ["/hinh/x.png", "/hinh/.png", "/hinh/{token}", "/hinh/..%2f{token}.png"])
async def test_any_other_address_finds_nothing(shelf: Shelf, path: str) -> None:
    token = await shelf.put(PNG, "hinh.png")
    assert (await shelf.client.get(path.format(token=token))).status_code == 404


async def test_what_is_no_picture_is_not_found_by_its_token(shelf: Shelf) -> None:
    token = await shelf.put(b"<script>", "danh-sach.html")
    for path in (f"/hinh/{token}.png", f"/tep/{token}", f"/trang/{token}"):
        assert (await shelf.client.get(path)).status_code == 404


async def test_a_busy_store_is_said_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_what: object) -> None:
        raise StoreBusy

    monkeypatch.setattr(shelf.home.store, "read", busy, raising=False)
    assert (await shelf.client.get("/hinh/x.png")).status_code == 503
