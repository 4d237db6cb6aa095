"""What goes wrong in life: floods, broken servers, dead lines."""

import asyncio

import httpx
import pytest

from simulator.client import SimClient, SimRefused
from simulator.process import SimulatorProcess
from tests.system.simulator.api import Api


async def test_429(api: Api, sim: SimClient, person: int) -> None:
    """A2: 429 with parameters.retry_after and a Retry-After header; nothing was sent."""
    await sim.fault("429", retry_after=7, calls=2)
    for _ in range(2):
        failed = await api.refused("sendMessage", chat_id=person, text="a")
        assert (failed.code, failed.description) == (429, "Too Many Requests: retry after 7")
        assert (failed.parameters, failed.headers["retry-after"]) == ({"retry_after": 7}, "7")
    assert await sim.messages(person, api.username) == []
    await api.call("sendMessage", chat_id=person, text="a")


async def test_429_for_one_person(api: Api, sim: SimClient, person: int) -> None:
    """A2: whether a 429 hits a chat or the bot isn't said: here it may be one chat."""
    other = await sim.add_person("Bình", started=True)
    await sim.fault("429", calls=1, person=person)
    await api.call("sendMessage", chat_id=other, text="a")
    assert (await api.refused("sendMessage", chat_id=person, text="a")).code == 429


async def test_500(api: Api, sim: SimClient, person: int) -> None:
    """A8: 500 Internal Server Error."""
    await sim.fault("500", calls=1)
    assert await api.updates() == []
    failed = await api.refused("sendMessage", chat_id=person, text="a")
    assert (failed.code, failed.description) == (500, "Internal Server Error")
    await api.call("sendMessage", chat_id=person, text="a")


async def test_offline(api: Api, sim: SimClient, person: int) -> None:
    """A dead line: the connection ends without an answer, and nothing happened."""
    since = len(await sim.journal())
    await sim.fault("offline", seconds=300)
    for method in ("getUpdates", "sendMessage"):
        with pytest.raises(httpx.RemoteProtocolError):
            await api.http.post(method, json={"chat_id": person, "text": "a"})
    await sim.fault("none")
    assert await sim.messages(person, api.username) == []
    assert len(await sim.journal()) == since
    await api.call("getMe")


async def test_offline_polls(api: Api, sim: SimClient, person: int) -> None:
    """A poll that waits when the line dies brings nothing; what came meanwhile is there afterwards."""
    poll = asyncio.create_task(api.http.post("getUpdates", json={"timeout": 50}))
    while not any(
        b["username"] == api.username and b["mode"] == "polling" for b in (await sim.state())["bots"]
    ):
        await asyncio.sleep(0)
    await sim.fault("offline", seconds=300)
    await sim.say(person, "a", bot=api.username)
    with pytest.raises(httpx.RemoteProtocolError):
        await poll
    await sim.fault("none")
    assert [update["message"]["text"] for update in await api.updates()] == ["a"]


@pytest.mark.parametrize(
    "wish", [{"kind": "earthquake"}, {"kind": "429", "calls": -1}, {"kind": "offline", "seconds": "x"}]
)
async def test_unknown_faults(sim: SimClient, wish: dict[str, object]) -> None:
    """A fault nobody knows is refused, not ignored."""
    with pytest.raises(SimRefused) as refused:
        await sim.post("fault", **wish)
    assert refused.value.status == 400


async def test_natural_flood_limit(api: Api, sim: SimClient, person: int) -> None:
    """A2: about 1 message a second a chat, short bursts pass; off unless switched on."""
    await sim.fault("flood", on=True)
    try:
        answers = [
            await api.http.post("sendMessage", json={"chat_id": person, "text": "a"}) for _ in range(7)
        ]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert 429 in [answer.status_code for answer in answers[5:]]
        await sim.advance(10)
        await api.call("sendMessage", chat_id=person, text="a")
    finally:
        await sim.fault("flood", on=False)


async def test_every_call_is_in_the_journal(api: Api, sim: SimClient, person: int) -> None:
    """The journal knows every call, its arguments and its outcome, but no token."""
    since = (await sim.journal())[-1]["n"] if await sim.journal() else 0
    await api.call("sendMessage", chat_id=person, text="a")
    await api.refused("sendMessage", chat_id=1, text="a")
    good, bad = await sim.journal(since)
    assert (good["method"], good["args"], good["ok"]) == (
        "sendMessage",
        {"chat_id": person, "text": "a"},
        True,
    )
    assert (bad["ok"], bad["error_code"], bad["description"]) == (False, 400, "Bad Request: chat not found")
    assert api.token not in str(good)


async def test_counters(simulator: SimulatorProcess, api: Api, sim: SimClient, person: int) -> None:
    """Totals of updates: queued = confirmed + expired + waiting."""
    before = await sim.counters()
    await sim.say(person, "a", bot=api.username)
    await api.fresh()
    after = await sim.counters()
    names = ("updates_queued", "updates_delivered", "updates_confirmed", "updates_expired")
    assert [after[name] - before[name] for name in names] == [1, 1, 1, 0]
    assert after["calls"]["getUpdates"] - before["calls"].get("getUpdates", 0) == 2
