"""Series A7 and A8, D5 and D6: rivals for the updates, and updates repeated and out of order."""

import asyncio

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict, TimedOut

from bench import warm
from simulator.client import SimClient, SimRefused
from simulator.process import SimulatorProcess
from tests.system.simulator.api import Api, Receiver
from tests.system.simulator.test_python_telegram_bot import Checked


async def _say(sim: SimClient, api: Api, person: int, count: int) -> list[str]:
    texts = [f"m{n}" for n in range(count)]
    for text in texts:
        await sim.say(person, text, bot=api.username)
    return texts


async def _drain(api: Api, limit: int = 100) -> list[str]:
    """All that comes until nothing waits, as a careful bot polls: the highest number is confirmed."""
    seen: list[str] = []
    offset = 0
    while batch := await api.updates(offset=offset, limit=limit):
        seen += [update["message"]["text"] for update in batch]
        offset = max(offset, max(update["update_id"] for update in batch) + 1)
    return seen


async def test_second_poller(api: Api, sim: SimClient, person: int) -> None:
    """A7: another poller throws the waiting poll out with 409, and is thrown out itself by the next."""
    await sim.fault("second_poller", bot=api.username, every=0.05)
    failed = await api.refused("getUpdates", timeout=50)
    assert (failed.code, failed.description.split(";")[0]) == (
        409,
        "Conflict: terminated by other getUpdates request",
    )
    assert (await api.refused("getUpdates", timeout=50)).code == 409
    await sim.fault("none")
    await sim.say(person, "still here", bot=api.username)
    assert await _drain(api) == ["still here"]


async def test_second_poller_steals(api: Api, sim: SimClient, person: int) -> None:
    """A7: a second copy of the program confirms what it gets, and the first never sees it."""
    await sim.fault("second_poller", bot=api.username, every=0.01, steal=True)
    await sim.say(person, "gone", bot=api.username)
    async with asyncio.timeout(10):
        while next(b for b in (await sim.state())["bots"] if b["username"] == api.username)["pending"]:
            await asyncio.sleep(0.02)
    await sim.fault("none")
    assert await _drain(api) == []


async def test_python_telegram_bot_meets_the_second_poller(api: Api, sim: SimClient) -> None:
    """A7: the library raises Conflict."""
    await sim.fault("409", bot=api.username, every=0.05)
    async with Bot(api.token, base_url=f"{api.base_url}/bot", get_updates_request=Checked()) as bot:
        with pytest.raises(Conflict):
            await bot.get_updates(timeout=50)


async def test_webhook_set_while_polling(api: Api, sim: SimClient, person: int) -> None:
    """A7: somebody sets a webhook: polls fail with 409 until it is gone, and the updates are still there."""
    poll = asyncio.create_task(api.refused("getUpdates", timeout=50))
    async with asyncio.timeout(10):
        while not _waiting(await sim.state(), api):
            await asyncio.sleep(0)
    await sim.fault("webhook_set", bot=api.username)
    assert (await poll).description == "Conflict: terminated by setWebhook request"
    again = await api.refused("getUpdates")
    assert (again.code, "webhook is active" in again.description) == (409, True)
    assert (await api.call("getWebhookInfo"))["url"] == "http://127.0.0.1:9/"
    await sim.say(person, "a", bot=api.username)
    await sim.end_fault("webhook_set")
    assert await _drain(api) == ["a"]


def _waiting(state: dict[str, object], api: Api) -> bool:
    bots = state["bots"]
    assert isinstance(bots, list)
    return any(b["username"] == api.username and b["mode"] == "polling" for b in bots)


async def test_the_bot_may_remove_the_foreign_webhook(api: Api, sim: SimClient) -> None:
    """A7: deleteWebhook is the way out."""
    await sim.fault("webhook_set", bot=api.username)
    await api.call("deleteWebhook")
    assert await api.updates() == []
    await sim.fault("none")
    assert (await api.call("getWebhookInfo"))["url"] == ""


async def test_a_foreign_webhook_stays_on_this_machine(sim: SimClient) -> None:
    """The simulator sends nothing out, whatever a script says."""
    with pytest.raises(SimRefused):
        await sim.fault("webhook_set", url="https://example.org/")


async def test_offline_for_a_while_queues_updates(api: Api, sim: SimClient, person: int) -> None:
    """A8: what people write while the line is dead comes afterwards; taps only for 150 s."""
    await api.call(
        "sendMessage",
        chat_id=person,
        text="q",
        reply_markup={"inline_keyboard": [[{"text": "Có", "callback_data": "y"}]]},
    )
    await sim.fault("offline", sim_seconds=3600, bot=api.username)
    texts = await _say(sim, api, person, 20)
    await sim.tap(person, "Có", bot=api.username)
    with pytest.raises(httpx.RemoteProtocolError):
        await api.http.post("getUpdates")
    await sim.advance(3601)
    assert await _drain(api) == texts


async def test_every_update_twice_by_polling(api: Api, sim: SimClient, person: int) -> None:
    """D5: each update comes k times though it was confirmed; then no more."""
    await sim.fault("duplicates", bot=api.username, times=3)
    texts = await _say(sim, api, person, 7)
    assert sorted(await _drain(api)) == sorted(texts * 3)
    await sim.fault("none")
    await sim.say(person, "once", bot=api.username)
    assert await _drain(api) == ["once"]


async def test_updates_out_of_order(api: Api, sim: SimClient, person: int) -> None:
    """D5: shuffled inside a window, numbers going back; none is lost by confirming a higher one."""
    await sim.fault("disorder", bot=api.username, window=20, seed=3)
    texts = await _say(sim, api, person, 30)
    seen = await _drain(api, limit=5)
    assert seen != texts
    assert sorted(seen) == sorted(texts)
    assert all(abs(texts.index(text) - place) < 60 for place, text in enumerate(seen))


async def test_out_of_order_and_twice(api: Api, sim: SimClient, person: int) -> None:
    """D5: both together; what still waits when the faults end is delivered all the same."""
    await sim.fault("disorder", bot=api.username, window=30)
    await sim.fault("duplicates", bot=api.username, times=2)
    texts = await _say(sim, api, person, 20)
    first = await api.updates(limit=5)
    await sim.fault("none")
    offset = max(update["update_id"] for update in first) + 1
    rest = await api.updates(offset=offset)
    seen = {update["message"]["text"] for update in first + rest}
    assert seen == set(texts)


async def test_every_update_twice_by_webhook(
    api: Api, sim: SimClient, person: int, receiver: Receiver
) -> None:
    """D5: the webhook is called again though it answered 200."""
    await sim.fault("duplicates", bot=api.username, times=3)
    await api.call("setWebhook", url=receiver.url)
    texts = await _say(sim, api, person, 3)
    seen = [update["message"]["text"] for update in await receiver.wait(9)]
    assert seen == [text for text in texts for _ in range(3)]
    counters = await sim.get("state")
    assert next(b for b in counters["bots"] if b["username"] == api.username)["pending"] == 0


async def test_webhook_out_of_order(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """D6: messages of one chat overtake each other."""
    texts = await _say(sim, api, person, 30)
    await sim.fault("disorder", bot=api.username, spread=0.1)
    await api.call("setWebhook", url=receiver.url)
    seen = [update["message"]["text"] for update in await receiver.wait(30)]
    assert seen != texts
    assert sorted(seen) == sorted(texts)


async def test_script(api: Api, sim: SimClient, person: int) -> None:
    """A script begins and ends faults in the simulator's time, tells of them, and ends."""
    since = (await sim.state())["last_event"]
    done = await sim.schedule_faults(
        [
            {"at": 3600, "fault": {"kind": "500", "person": person}, "for": 3600},
            {"at": 9000, "fault": {"kind": "blocked", "person": person}, "for": 100},
        ],
        clock="simulator",
        seed=4,
    )
    assert [entry["at"] for entry in done["entries"]] == [3600, 9000]
    assert (await sim.state())["faults"]["schedule"]["left"] == 2
    codes = []
    for step in (10, 3600, 3600, 1800, 100):
        await sim.advance(step)
        codes.append((await api.http.post("sendMessage", json={"chat_id": person, "text": "a"})).status_code)
    assert codes == [200, 500, 200, 403, 200]
    assert (await sim.state())["faults"]["schedule"] is None
    for kind, state in [("500", "began"), ("500", "ended"), ("blocked", "began"), ("blocked", "ended")]:
        event = await sim.wait_for(lambda e: e["type"] == "fault", since=since)
        since = event["n"]
        assert (event["fault"]["kind"], event["state"]) == (kind, state)


async def test_script_draws_by_its_seed(sim: SimClient) -> None:
    """The same seed plans the same faults; another seed others; `none` ends the script."""
    lines = [
        {
            "at": [1000, 2000],
            "every": [30, 60],
            "times": 5,
            "for": [1, 30],
            "fault": [{"kind": "502"}, {"kind": "html"}, {"kind": "half_open"}],
        }
    ]
    plans = [(await sim.schedule_faults(lines, seed=seed))["entries"] for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    assert len(plans[0]) == 5
    await sim.fault("none")
    assert (await sim.state())["faults"]["schedule"] is None


async def test_script_in_real_time(api: Api, sim: SimClient, person: int) -> None:
    """Natural limits can be switched by a script; `at` 0 begins at once."""
    await sim.schedule_faults([{"at": 0, "fault": {"kind": "503"}, "for": 2}])
    async with asyncio.timeout(20):
        while (await sim.state())["faults"]["active"] == []:
            await asyncio.sleep(0.01)
        while (await sim.state())["faults"]["active"] != []:
            await asyncio.sleep(0.01)
    await api.call("sendMessage", chat_id=person, text="a")


@pytest.mark.parametrize(
    "line",
    [
        {"at": 1},
        {"at": "x", "fault": {"kind": "500"}},
        {"at": 1, "fault": {"kind": "earthquake"}},
        {"at": 1, "fault": {"kind": "500"}, "times": 0},
        {"at": [2, 1], "fault": {"kind": "500"}},
    ],
    ids=str,
)
async def test_a_wrong_script_is_refused(sim: SimClient, line: dict[str, object]) -> None:
    """A script is checked whole before any of it begins."""
    with pytest.raises(SimRefused) as refused:
        await sim.schedule_faults([line])
    assert refused.value.status == 400
    assert (await sim.state())["faults"]["schedule"] is None


async def test_python_telegram_bot_times_out(api: Api, sim: SimClient, person: int) -> None:
    """A4: to the library a held answer is TimedOut, and the message has arrived."""
    await sim.fault("accepted_lost", how="hold", person=person)
    async with Bot(api.token, base_url=f"{api.base_url}/bot") as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(person, "a", read_timeout=0.3)
    assert [m["text"] for m in await sim.messages(person, api.username)] == ["a"]


async def test_a_stop_does_not_wait_for_held_connections() -> None:
    """The simulator ends in order while a connection is half open."""
    with SimulatorProcess(launch=warm.simulator) as process:
        async with SimClient(process.url, process.key) as sim:
            await sim.fault("half_open", method="getMe")
            async with Api(process.url, process.token, process.username) as api:
                call = asyncio.create_task(api.http.post("getMe"))
                async with asyncio.timeout(10):
                    while not (await sim.journal()):
                        await asyncio.sleep(0.01)
                assert await asyncio.to_thread(process.stop) == 0
                with pytest.raises(httpx.RemoteProtocolError):
                    await call
