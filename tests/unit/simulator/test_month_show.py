"""The page's story: when it can be played, and who plays what."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator import people
from simulator.app import App
from simulator.errors import Refused
from simulator.floods import Floods
from simulator.month.cast import Post
from simulator.security import HEADER, Guard
from simulator.show import player_of
from simulator.store import Store
from simulator.telegram.platform import Telegram
from simulator.world import World

SLIP = "Mã tham gia: K7M2-9XQD"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(tmp_path)
    made = World(store)
    made.add_bot("1:abc", "mung_ba_bot", "Mùng Ba")
    yield made
    store.close()


@pytest.fixture
async def page(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = App(Telegram(world, Floods(on=False)), Guard("key", 8801))
    door = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=door, base_url="http://127.0.0.1:8801", headers={HEADER: "key"}, trust_env=False
    ) as client:
        yield client


async def story(page: httpx.AsyncClient) -> Any:
    return (await page.get("/sim/state")).json()["story"]


async def test_the_story_waits_for_a_slip_for_everybody_shown(world: World, page: httpx.AsyncClient) -> None:
    assert await story(page) is None
    an = people.add(world, {"name": "An", "note": SLIP})
    assert await story(page) == {"text": ""}
    binh = people.add(world, {"name": "Bình"})
    assert await story(page) is None
    assert (await page.post("/sim/story", json={"action": "start"})).status_code == 409
    people.change(binh, {"shown": False}, [])
    assert await story(page) == {"text": ""}
    people.change(binh, {"shown": True, "started": True}, list(world.bots.values()))
    assert await story(page) == {"text": ""}
    assert an.note == SLIP


async def test_stop_clears_what_was_told_and_other_words_are_refused(
    world: World, page: httpx.AsyncClient
) -> None:
    people.add(world, {"name": "An", "note": SLIP})
    stopped = await page.post("/sim/story", json={"action": "stop"})
    assert stopped.json()["story"]["text"] == ""
    assert world.events.since(world.events.last - 1)[0]["type"] == "story"
    assert (await page.post("/sim/story", json={"action": "dance"})).status_code == 400


async def test_notes_are_seen_changed_and_kept(world: World, page: httpx.AsyncClient) -> None:
    person = (await page.post("/sim/people", json={"name": "An", "note": SLIP})).json()
    assert person["note"] == SLIP
    changed = (await page.patch(f"/sim/people/{person['id']}", json={"note": ""})).json()
    assert changed["note"] == ""
    with pytest.raises(Refused):
        people.change(world.people[person["id"]], {"note": 7}, [])


@pytest.mark.parametrize(
    ("role", "branch", "posts"),
    [
        ("Bí thư · Chi bộ 1", "Chi bộ 1", {Post.SECRETARY}),
        ("Phó bí thư · Chi bộ 1", "Chi bộ 1", {Post.COMMITTEE}),
        ("Lãnh đạo đảng ủy · Chi bộ 1", "Chi bộ 1", {Post.LEADER}),
        ("Đảng viên cao tuổi · Chi bộ 1", "Chi bộ 1", set()),
        ("Thư ký · Chi bộ 1", "Chi bộ 1", {Post.OTHER}),
        ("Đảng viên", "Đảng viên", set()),
    ],
)
def test_roles_become_posts(world: World, role: str, branch: str, posts: set[Post]) -> None:
    player = player_of(
        people.add(world, {"name": "An", "role": role, "note": SLIP}), list(world.bots.values())
    )
    assert (player.branch, set(player.posts), player.code) == (branch, posts, "K7M2-9XQD")
