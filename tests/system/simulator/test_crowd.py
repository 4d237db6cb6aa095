"""Ten thousand people: made at once, written to at the speed of one, counted at once."""

import httpx
import pytest

from simulator.client import SimClient, SimRefused
from tests.system.simulator.api import Api


async def test_crowd(api: Api, sim: SimClient) -> None:
    """People who have pressed Start with one bot, off the page, told by one event."""
    since = (await sim.get("state", people=0))["last_event"]
    crowd = await sim.add_crowd(500, bot=api.username, name="Đảng viên", role="member")
    assert len(crowd) == 500
    people = {p["id"]: p for p in (await sim.state())["people"] if p["id"] in crowd}
    last = people[crowd[-1]]
    assert (last["name"], last["role"], last["shown"]) == ("Đảng viên 500", "member", False)
    assert last["started"] == {**dict.fromkeys(last["started"], False), api.username: True}
    assert (await sim.get("state", people=0))["people"] == []
    events = await sim.wait_for(lambda e: e["type"] in {"person", "people"}, since=since)
    assert (events["type"], events["first"], events["count"]) == ("people", crowd[0], 500)
    await api.call("sendMessage", chat_id=crowd[-1], text="a")


@pytest.mark.parametrize(
    "wish", [{"count": 0}, {"count": "5"}, {"count": 5, "first_id": -3}, {"count": 10**9}]
)
async def test_an_impossible_crowd(sim: SimClient, wish: dict[str, object]) -> None:
    with pytest.raises(SimRefused) as refused:
        await sim.post("people/crowd", **wish)
    assert refused.value.status == 400


async def test_ids_are_taken_once(sim: SimClient) -> None:
    """A crowd takes nobody's id."""
    crowd = await sim.add_crowd(3, first_id=880_000_000)
    with pytest.raises(SimRefused) as refused:
        await sim.add_crowd(3, first_id=crowd[-1])
    assert refused.value.status == 409


async def test_received(api: Api, sim: SimClient) -> None:
    """Who got what, how often: by part of the text, by the whole of it, in captions."""
    crowd = await sim.add_crowd(4, bot=api.username)
    for person, text in zip(
        [*crowd, crowd[0]], ["<b>Họp</b> 1", "Họp 2", "Nghỉ", "Họp 1", "Họp 1"], strict=True
    ):
        await api.call("sendMessage", chat_id=person, text=text, parse_mode="HTML")
    await api.upload("sendDocument", {"document": ("a", b"x")}, chat_id=str(crowd[2]), caption="Họp 3")
    await sim.say(crowd[2], "Họp 1", bot=api.username)
    ids = list(crowd)
    assert await sim.received("Họp", bot=api.username) == {ids[0]: 2, ids[1]: 1, ids[2]: 1, ids[3]: 1}
    assert await sim.received("Họp 1", exact=True, bot=api.username) == {ids[0]: 2, ids[3]: 1}
    assert await sim.received("Tết", bot=api.username) == {}


async def test_a_message_that_was_accepted_but_lost_was_received(api: Api, sim: SimClient) -> None:
    """A4: the person has it twice when the bot sends it again."""
    (person,) = await sim.add_crowd(1, bot=api.username)
    await sim.fault("accepted_lost")
    with pytest.raises(httpx.RemoteProtocolError):
        await api.http.post("sendMessage", json={"chat_id": person, "text": "a"})
    await api.call("sendMessage", chat_id=person, text="a")
    assert await sim.received("a", bot=api.username) == {person: 2}
