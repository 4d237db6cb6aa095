"""What `/sim/verdict` says of real calls."""

import httpx
import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Api


async def test_early_calls(api: Api, sim: SimClient, person: int) -> None:
    """A1, A2: a call inside the wait is named; after the wait (the clock set forward) it is not early."""
    await sim.reset_verdict()
    await sim.fault("429", person=person, retry_after=300)
    await api.refused("sendMessage", chat_id=person, text="a")
    await api.call("sendMessage", chat_id=person, text="a")
    seen = (await sim.verdict())["inside_retry_after"]
    assert (seen["count"], seen["real"], seen["simulator"]) == (1, 1, 1)
    assert [(call["chat"], call["method"]) for call in seen["calls"]] == [(str(person), "sendMessage")]
    await sim.advance(301)
    await api.call("sendMessage", chat_id=person, text="b")
    seen = (await sim.verdict())["inside_retry_after"]
    assert (seen["count"], seen["real"], seen["simulator"]) == (1, 2, 1)


async def test_copies_and_unclear_answers(api: Api, sim: SimClient, person: int) -> None:
    """A4: accepted but lost, sent again: one copy, excused."""
    await sim.reset_verdict()
    await sim.fault("accepted_lost")
    with pytest.raises(httpx.RemoteProtocolError):
        await api.http.post("sendMessage", json={"chat_id": person, "text": "họp"})
    await api.call("sendMessage", chat_id=person, text="họp")
    seen = await sim.verdict()
    assert (seen["duplicates"]["count"], seen["duplicates"]["unexcused"]) == (1, 0)
    assert (seen["ambiguous"]["accepted"], seen["messages"], seen["calls"]) == (1, 2, 2)


async def test_rates(api: Api, sim: SimClient, person: int) -> None:
    """A10: ten quick messages are ten of one second by both clocks, polls are none."""
    await sim.reset_verdict()
    for n in range(10):
        await api.call("sendMessage", chat_id=person, text=f"{n}")
    await api.updates()
    seen = (await sim.verdict())["maxima"]
    assert 1 <= seen["real"]["second"]["most"] <= 10
    assert seen["simulator"]["chat_second"]["chat"] == str(person)
    await sim.reset_verdict()
    assert (await sim.verdict())["maxima"]["real"]["second"]["most"] == 0


async def test_files_are_told_apart(api: Api, sim: SimClient, person: int) -> None:
    """Two files without a caption are copies only when they are called the same."""
    await sim.reset_verdict()
    for name in ("a.txt", "b.txt", "a.txt"):
        await api.upload("sendDocument", {"document": (name, b"x")}, chat_id=str(person))
    assert (await sim.verdict())["duplicates"]["count"] == 1
