"""The people door and the page: who may enter, and what a script can do."""

import asyncio
from typing import Any

import httpx
import pytest

from simulator.client import SimClient, SimRefused
from simulator.process import SimulatorProcess
from tests.system.simulator.api import Api

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


async def ask(simulator: SimulatorProcess, path: str, method: str = "GET", **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False) as http:
        return await http.request(method, path, **how)


async def test_page_wants_the_key(simulator: SimulatorProcess) -> None:
    """Without key or cookie: 403 with a plain sentence."""
    for path in ("/", "/?key=wrong"):
        answer = await ask(simulator, path)
        assert (answer.status_code, "?key=" in answer.text) == (403, True)


async def test_page_sets_the_cookie(simulator: SimulatorProcess) -> None:
    """The right key sets a strict same-site cookie; the cookie opens everything."""
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False) as http:
        page = await http.get(f"/?key={simulator.key}")
        assert {"HttpOnly", "SameSite=Strict"} <= set(page.headers["set-cookie"].split("; "))
        assert (await http.get("/")).status_code == page.status_code
        assert (await http.get("/sim/state")).status_code == 200


async def test_page_policy(simulator: SimulatorProcess) -> None:
    """The page may load nothing from anywhere else, and nobody may frame it."""
    for path in ("/", "/page/page.css", "/page/nothing"):
        headers = (await ask(simulator, path)).headers
        assert (headers["content-security-policy"], headers["cache-control"]) == (POLICY, "no-store")
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/page/../world.py", "/page/%2e%2e/world.py", "/page/..%2fworld.py", "/page//etc/passwd"]
)
async def test_no_way_out_of_the_folder(simulator: SimulatorProcess, path: str) -> None:
    """Path traversal on the page's files is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{simulator.port}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("path", ["/", "/sim/state", "/bot1:abc/getMe", "/page/page.css"])
async def test_foreign_host(simulator: SimulatorProcess, path: str) -> None:
    """DNS rebinding: only loopback names with our port are answered."""
    for host in ("evil.example", "127.0.0.1", f"evil.example:{simulator.port}"):
        answer = await ask(simulator, path, headers={"Host": host, "X-Sim-Key": simulator.key})
        assert answer.status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_foreign_origin(simulator: SimulatorProcess, origin: str) -> None:
    """A page of another site cannot call, not even with the cookie."""
    headers = {"Origin": origin, "X-Sim-Key": simulator.key}
    assert (
        await ask(simulator, "/sim/people", "POST", json={"name": "X"}, headers=headers)
    ).status_code == 403


async def test_own_origin(simulator: SimulatorProcess) -> None:
    """The page itself may."""
    headers = {"Origin": simulator.url, "X-Sim-Key": simulator.key}
    assert (await ask(simulator, "/sim/state", headers=headers)).status_code == 200


async def test_forms_are_refused(simulator: SimulatorProcess) -> None:
    """JSON content type is demanded: a form of another site cannot send it."""
    answer = await ask(
        simulator, "/sim/people", "POST", data={"name": "X"}, headers={"X-Sim-Key": simulator.key}
    )
    assert (answer.status_code, "error" in answer.json()) == (415, True)


PATHS = ["state", "chats/1", "journal", "counters", "events", "files/x"]


@pytest.mark.parametrize("path", PATHS)
async def test_people_door_wants_the_key(simulator: SimulatorProcess, path: str) -> None:
    """Every answer of /sim needs the key, but the clock the bot follows."""
    assert (await ask(simulator, f"/sim/{path}")).status_code == 403


async def test_clock_follower(simulator: SimulatorProcess, sim: SimClient) -> None:
    """GET /sim/clock needs no key, answers the offset and remembers what the follower told."""
    now = (await sim.state())["now"]
    told = {"applied": 0, "next_due": "2036-01-01T00:00:00+00:00", "backlog": 3}
    answer = await ask(simulator, "/sim/clock", params=told)
    assert set(answer.json()) == {"offset"}
    follower = (await sim.state())["follower"]
    assert (follower["next_due"], follower["backlog"]) == ("2036-01-01T00:00:00.000Z", 3)
    assert follower["seen_at"] is not None
    await ask(simulator, "/sim/clock", params={"applied": 0, "backlog": 0})
    with pytest.raises(SimRefused):
        await sim.to_next_due()
    assert (await sim.state())["now"] >= now


async def test_people_by_id(sim: SimClient) -> None:
    """POST /sim/people is idempotent by id."""
    first = await sim.post("people", id=77_001, name="Một", role="bí thư")
    second = await sim.post("people", id=77_001, name="Hai")
    assert (first["id"], second["name"], second["role"]) == (second["id"], "Hai", "bí thư")
    changed = await sim.change_person(77_001, large=True, shown=False)
    assert (changed["large"], changed["shown"]) == (True, False)
    assert [p["name"] for p in (await sim.state())["people"] if p["id"] == 77_001] == ["Hai"]


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("people", {"name": ""}, 400),
    ("people", {"name": "X", "bot": "nobody_s_bot"}, 400),
    ("people", {"name": "X", "id": -1}, 400),
    ("say", {"person": 1, "text": "x"}, 404),
    ("say", {"person": 77_002, "text": "x", "bot": "nobody_bot"}, 404),
    ("say", {"person": 77_002, "text": "  "}, 400),
    ("say", {"person": 77_002, "text": 5}, 400),
    ("start", {"person": 77_002, "payload": "có dấu"}, 400),
    ("start", {"person": 77_002, "payload": "a" * 65}, 400),
    ("scan", {"person": 77_002, "link": "https://example.org/?start=a"}, 400),
    ("scan", {"person": 77_002, "link": "https://t.me/nobody_bot?start=a"}, 404),
    ("tap", {"person": 77_002, "label": "nichts"}, 404),
    ("edit", {"person": 77_002, "message_id": 10**6, "text": "x"}, 404),
    ("block", {"person": 77_002, "blocked": "yes"}, 400),
    ("clock", {}, 400),
    ("clock", {"to": "tomorrow"}, 400),
    ("raw", {"update": 5}, 400),
]


@pytest.mark.parametrize(("path", "values", "status"), REFUSED, ids=[f"{p}-{v}"[:60] for p, v, _ in REFUSED])
async def test_refused_with_a_sentence(
    sim: SimClient, path: str, values: dict[str, Any], status: int
) -> None:
    """What cannot be done is refused with one sentence and a 4xx."""
    await sim.post("people", id=77_002, name="Hai")
    with pytest.raises(SimRefused) as refused:
        await sim.post(path, **values)
    assert refused.value.status == status


async def test_long_texts_are_split(api: Api, sim: SimClient, person: int) -> None:
    """A phone splits what is longer than 4096."""
    answer = await sim.post("say", person=person, bot=api.username, text="a" * 4095 + "🏆" + "b" * 10)
    assert len(answer["message_ids"]) == 2
    texts = [update["message"]["text"] for update in await api.updates()]
    assert texts == ["a" * 4095, "🏆" + "b" * 10]


async def test_blocked_people_must_unblock(api: Api, sim: SimClient, person: int) -> None:
    """Who has blocked a bot cannot write to it; pressing Start unblocks."""
    await sim.block(person, bot=api.username)
    with pytest.raises(SimRefused):
        await sim.say(person, "a", bot=api.username)
    await sim.start(person, bot=api.username)
    await sim.say(person, "a", bot=api.username)


async def test_unread(api: Api, sim: SimClient, person: int) -> None:
    """A bot's message is unread until the chat is looked at."""
    await api.call("sendMessage", chat_id=person, text="a")

    async def unread() -> int:
        return next(int(p["unread"]) for p in (await sim.state())["people"] if p["id"] == person)

    assert await unread() == 1
    await sim.get(f"chats/{person}", bot=api.username)
    assert await unread() == 0


async def test_person_sees_when_the_bot_has_it(api: Api, sim: SimClient, person: int) -> None:
    """A person's message counts as read when the bot has been given it."""
    await sim.say(person, "a", bot=api.username)
    assert (await sim.chat(person, api.username))["messages"][0]["read"] is False
    await api.updates()
    assert (await sim.chat(person, api.username))["messages"][0]["read"] is True


async def test_events_go_on_where_they_were(api: Api, sim: SimClient, person: int) -> None:
    """Events are numbered; a reconnecting page names the last one and misses nothing."""
    since = (await sim.state())["last_event"]
    for text in "abc":
        await api.call("sendMessage", chat_id=person, text=text)
    found = []
    async for event in sim.events(since):
        if event["type"] == "message":
            found.append((event["n"], event["message"]["text"]))
        if len(found) == 3:
            break
    assert [text for _, text in found] == ["a", "b", "c"]
    later = await sim.wait_for(lambda e: e["type"] == "message", since=found[1][0])
    assert later["message"]["text"] == "c"


async def test_events_too_old(sim: SimClient) -> None:
    """A number the server does not know gets one event: reset."""
    event = await sim.wait_for(lambda _: True, since=10**9)
    assert (event["type"], event["n"]) == ("reset", (await sim.state())["last_event"])


async def test_waiting_for_a_message(api: Api, sim: SimClient, person: int) -> None:
    """wait_for_message finds what is there, what comes, and what is edited in place."""
    sent = await api.call("sendMessage", chat_id=person, text="một")
    assert (await sim.wait_for_message(person, bot=api.username))["text"] == "một"
    waiting = asyncio.create_task(
        sim.wait_for_message(person, lambda m: m["text"] == "hai", bot=api.username)
    )
    await api.call("editMessageText", chat_id=person, message_id=sent["message_id"], text="hai")
    assert (await waiting)["id"] == sent["message_id"]
    with pytest.raises(TimeoutError, match="hai"):
        await sim.wait_for_message(person, lambda m: m["text"] == "ba", 0.05, bot=api.username)
