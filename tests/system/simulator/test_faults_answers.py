"""Series A of the test programme, answer by answer: what a plain client sees, and what really happened."""

import asyncio
import json

import httpx
import pytest

from simulator.client import SimClient, SimRefused
from tests.system.simulator.api import Api

HASTY = httpx.Timeout(0.3, connect=10)


async def _send(api: Api, person: int, text: str = "a", **more: object) -> httpx.Response:
    return await api.http.post("sendMessage", json={"chat_id": person, "text": text, **more})


async def _texts(sim: SimClient, api: Api, person: int) -> list[str]:
    return [message["text"] for message in await sim.messages(person, api.username)]


async def test_a_share_of_calls_waits_within_a_range(api: Api, sim: SimClient, person: int) -> None:
    """A1: a fifth of the calls meets 429 with 1-30 s, as the same seed draws it each time."""
    seen = []
    for _ in range(2):
        await sim.fault("429", retry_after=[1, 30], share=0.2, seed=7, bot=api.username)
        seen.append([(await _send(api, person)).headers.get("retry-after") for _ in range(60)])
        await sim.fault("none")
    assert seen[0] == seen[1]
    waits = [int(wait) for wait in seen[0] if wait is not None]
    assert 4 <= len(waits) <= 22
    assert len(set(waits)) > 2 and set(waits) <= set(range(1, 31))


async def test_one_chat_always_waits(api: Api, sim: SimClient, person: int) -> None:
    """A2: one chat meets 429 with 300 s for ever, the others nothing."""
    other = await sim.add_person("Bình", started=True)
    await sim.fault("429", chat=person, retry_after=300, always=True)
    for _ in range(3):
        failed = await api.refused("sendMessage", chat_id=person, text="a")
        assert (failed.code, failed.parameters) == (429, {"retry_after": 300})
        await api.call("sendMessage", chat_id=other, text="a")


@pytest.mark.parametrize(
    ("kind", "codes"),
    [("500", {500}), ("502", {502}), ("503", {503}), ("504", {504}), ("5xx", {500, 502, 503, 504})],
)
async def test_server_errors(api: Api, sim: SimClient, person: int, kind: str, codes: set[int]) -> None:
    """A3: server errors for as long as told; nothing is sent meanwhile, polls go on."""
    await sim.fault(kind, seconds=300)
    assert {(await _send(api, person)).status_code for _ in range(40)} == codes
    assert await api.updates() == []
    await sim.fault("none")
    assert await _texts(sim, api, person) == []


async def test_simulated_seconds(api: Api, sim: SimClient, person: int) -> None:
    """A3: a burst in the simulator's seconds ends when its clock is set forward."""
    await sim.fault("503", sim_seconds=1000)
    assert (await _send(api, person)).status_code == 503
    await sim.advance(1001)
    assert (await sim.state())["faults"]["active"] == []
    assert (await _send(api, person)).status_code == 200


async def test_accepted_and_closed(api: Api, sim: SimClient, person: int) -> None:
    """A4: the message arrives, the connection ends without an answer."""
    await sim.fault("accepted_lost", method="sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        await _send(api, person, "b")
    assert await _texts(sim, api, person) == ["b"]
    line = (await sim.journal())[-1]
    assert (line["ok"], line["fault"], line["wire"]) == (True, "accepted_lost", "close")


async def test_accepted_and_held(api: Api, sim: SimClient, person: int) -> None:
    """A4: the message arrives, the client waits until its own time-out."""
    await sim.fault("accepted_lost", how="hold")
    with pytest.raises(httpx.ReadTimeout):
        await api.http.post("sendMessage", json={"chat_id": person, "text": "b"}, timeout=HASTY)
    assert await _texts(sim, api, person) == ["b"]


async def test_half_open(api: Api, sim: SimClient, person: int) -> None:
    """A5: the connection is taken and never answered; nothing is sent."""
    await sim.fault("half_open", calls=3)
    for _ in range(3):
        with pytest.raises(httpx.ReadTimeout):
            await api.http.post("sendMessage", json={"chat_id": person, "text": "b"}, timeout=HASTY)
    assert await _texts(sim, api, person) == []
    assert (await _send(api, person)).status_code == 200


async def test_half_open_for_a_while(api: Api, sim: SimClient, person: int) -> None:
    """A5: a held connection can end by itself."""
    await sim.fault("half_open", hold=0.1)
    with pytest.raises(httpx.RemoteProtocolError):
        await _send(api, person)


async def test_reset(api: Api, sim: SimClient, person: int) -> None:
    """A5: the connection is reset in the middle of the answer; the message was sent."""
    await sim.fault("reset")
    with pytest.raises(httpx.ReadError):
        await _send(api, person, "b")
    assert await _texts(sim, api, person) == ["b"]


async def test_truncated(api: Api, sim: SimClient, person: int) -> None:
    """A5: half the JSON under a right Content-Length."""
    await sim.fault("truncated")
    answer = await _send(api, person)
    assert answer.status_code == 200
    assert answer.content.startswith(b'{"ok":true')
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(("more", "status"), [({}, 502), ({"status": 200}, 200)])
async def test_html(api: Api, sim: SimClient, person: int, more: dict[str, int], status: int) -> None:
    """A5: a page of a server in between; the call went nowhere."""
    await sim.fault("html", **more)
    answer = await _send(api, person)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert await _texts(sim, api, person) == []


async def test_content_length_too_long(api: Api, sim: SimClient, person: int) -> None:
    """A5: more bytes are promised than come."""
    await sim.fault("wrong_length")
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        await _send(api, person)


async def test_content_length_too_short(api: Api, sim: SimClient, person: int) -> None:
    """A5: fewer bytes are promised than come: the JSON is cut off, and the connection not used again."""
    await sim.fault("wrong_length", by=-5)
    answer = await _send(api, person)
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert (await _send(api, person)).json()["ok"] is True


async def test_slow(api: Api, sim: SimClient, person: int) -> None:
    """A5: byte by byte; whoever waits long enough gets it whole."""
    await sim.fault("slow", bytes_per_second=2000)
    assert (await _send(api, person)).json()["ok"] is True
    await sim.fault("slow")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await _send(api, person, "b")
    assert await _texts(sim, api, person) == ["a", "b"]


GONE = [
    ("blocked", 403, "Forbidden: bot was blocked by the user", {}),
    ("403", 403, "Forbidden: bot was blocked by the user", {}),
    ("deactivated", 403, "Forbidden: user is deactivated", {}),
    ("not_found", 400, "Bad Request: chat not found", {}),
    (
        "migrated",
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": -1000000000001},
    ),
]


@pytest.mark.parametrize(("kind", "code", "sentence", "parameters"), GONE)
async def test_unreachable_people(
    api: Api, sim: SimClient, person: int, kind: str, code: int, sentence: str, parameters: dict[str, int]
) -> None:
    """A6: those who cannot be reached, each in the platform's words."""
    await sim.fault(kind, person=[person, 4], always=True)
    for _ in range(2):
        failed = await api.refused("sendMessage", chat_id=person, text="a")
        assert (failed.code, failed.description, failed.parameters) == (code, sentence, parameters)


async def test_token_revoked(api: Api, sim: SimClient, person: int) -> None:
    """A7: 401 from now on, to everything this bot asks."""
    await sim.fault("401", bot=api.username)
    for method in ("getMe", "getUpdates", "sendMessage", "getMe"):
        assert (await api.refused(method, chat_id=person, text="a")).code == 401
    await sim.end_fault("401")
    await api.call("getMe")


async def test_bad_markup_once(api: Api, sim: SimClient, person: int) -> None:
    """A9: can't parse entities, only for what asks for formatting: plain text passes."""
    await sim.fault("entities", always=True)
    marked = await api.refused("sendMessage", chat_id=person, text="<b>a</b>", parse_mode="HTML")
    assert marked.code == 400
    assert marked.description.startswith("Bad Request: can't parse entities")
    await api.call("sendMessage", chat_id=person, text="a")


async def test_several_at_once(api: Api, sim: SimClient, person: int) -> None:
    """Faults of different names work side by side, each for its own calls, and end one by one."""
    other = await sim.add_person("Bình", started=True)
    await sim.fault("429", name="An waits", person=person, always=True)
    seen = await sim.fault("blocked", name="Bình is gone", person=other, always=True)
    assert [(f["name"], f["kind"]) for f in seen["active"]] == [
        ("An waits", "429"),
        ("Bình is gone", "blocked"),
    ]
    codes = [(await _send(api, who)).status_code for who in (person, other)]
    assert codes == [429, 403]
    left = await sim.end_fault("An waits")
    assert [(f["name"], f["struck"]) for f in left["active"]] == [("Bình is gone", 1)]
    assert [(await _send(api, who)).status_code for who in (person, other)] == [200, 403]
    await sim.fault("none", name="Bình is gone")
    assert (await sim.state())["faults"]["active"] == []
    with pytest.raises(SimRefused) as refused:
        await sim.end_fault("An waits")
    assert refused.value.status == 404


async def test_one_method(api: Api, sim: SimClient, person: int) -> None:
    """A fault aimed at a method leaves the others alone; "*" means polls, too."""
    await sim.fault("500", method=["sendPhoto", "getMe"], always=True)
    assert (await _send(api, person)).status_code == 200
    assert (await api.refused("getMe")).code == 500
    await sim.fault("500", method="*", always=True)
    assert (await api.refused("getUpdates")).code == 500


WRONG = [
    {"kind": "429", "retry_after": [30, 1]},
    {"kind": "429", "retry_after": "x"},
    {"kind": "500", "share": 1.5},
    {"kind": "500", "name": ""},
    {"kind": "500", "person": {"id": 1}},
    {"kind": "slow", "bytes_per_second": 0},
    {"kind": "accepted_lost", "how": "x"},
    {"kind": "reset", "accepted": 1},
    {"kind": "duplicates", "times": 0},
    {"kind": "disorder", "window": 0},
]


@pytest.mark.parametrize("wish", WRONG, ids=str)
async def test_nonsense_is_refused(sim: SimClient, wish: dict[str, object]) -> None:
    """A wish that cannot be meant is refused, and nothing begins."""
    with pytest.raises(SimRefused) as refused:
        await sim.post("fault", **wish)
    assert refused.value.status == 400
    assert (await sim.state())["faults"]["active"] == []


async def test_the_pages_faults_work(sim: SimClient, api: Api) -> None:
    """Every fault the page offers has words in both languages and begins as it is."""
    panel = (await sim.get("faults"))["panel"]
    assert len({entry["id"] for entry in panel}) == len(panel) > 15
    for entry in panel:
        assert entry["vi"] != entry["en"]
        wish = entry["wish"] if entry["wish"]["kind"] == "flood" else {**entry["wish"], "bot": api.username}
        seen = await sim.post("fault", **wish)
        assert [fault["kind"] for fault in seen["active"]] == [wish["kind"]] * (wish["kind"] != "flood")
        await sim.fault("none")
    assert (await sim.get("faults"))["flood"] is False
