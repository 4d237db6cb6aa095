"""getUpdates: offsets, limits, one consumer, wanted kinds, expiry."""

import asyncio
from typing import Any

import pytest

from simulator.client import SimClient
from tests.support.bot_api_schema import bot_api
from tests.system.simulator.api import Api

DAY = 24 * 3600
OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


async def say(api: Api, sim: SimClient, person: int, *texts: str) -> None:
    for text in texts:
        await sim.say(person, text, bot=api.username)


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_numbers_grow_by_one(api: Api, sim: SimClient, person: int) -> None:
    """Update.update_id: identifiers increase sequentially."""
    await say(api, sim, person, "a", "b", "c")
    numbers = [update["update_id"] for update in await api.updates()]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert numbers[0] > 0


async def test_the_same_again_without_an_offset(api: Api, sim: SimClient, person: int) -> None:
    """A4: without a higher offset the same updates come again."""
    await say(api, sim, person, "a", "b")
    first = await api.updates()
    assert texts(first) == ["a", "b"]
    assert await api.updates(offset=first[0]["update_id"]) == first


async def test_a_higher_offset_confirms(api: Api, sim: SimClient, person: int) -> None:
    """A4: getUpdates(offset) removes everything below the offset and returns the rest."""
    await say(api, sim, person, "a", "b", "c")
    first = (await api.updates())[0]["update_id"]
    assert texts(await api.updates(offset=first + 1)) == ["b", "c"]
    assert texts(await api.updates(offset=first + 2)) == ["c"]
    assert texts(await api.updates(offset=0)) == ["c"]


@pytest.mark.parametrize(("offset", "left"), [(-1, ["c"]), (-2, ["b", "c"]), (-9, ["a", "b", "c"])])
async def test_negative_offset(api: Api, sim: SimClient, person: int, offset: int, left: list[str]) -> None:
    """A4: a negative offset drops all but the last n; the rest is forgotten."""
    await say(api, sim, person, "a", "b", "c")
    assert texts(await api.updates(offset=offset)) == left
    assert texts(await api.updates(limit=100, offset=0)) == left


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2), (100, 3), (0, 1), (1000, 3)])
async def test_limit(api: Api, sim: SimClient, person: int, limit: int, count: int) -> None:
    """getUpdates.limit: values between 1-100 are accepted, the earliest come first."""
    await say(api, sim, person, "a", "b", "c")
    assert texts(await api.updates(limit=limit)) == ["a", "b", "c"][:count]


async def test_at_most_a_hundred(api: Api, sim: SimClient, person: int) -> None:
    """A4: at most 100 at a time."""
    for number in range(103):
        await sim.raw({"message": {"n": number}}, bot=api.username)
    batch = (await api.http.get("getUpdates")).json()["result"]
    assert len(batch) == 100
    assert (
        len(
            (await api.http.get("getUpdates", params={"offset": batch[-1]["update_id"] + 1})).json()["result"]
        )
        == 3
    )


async def test_long_poll_answers_at_once(api: Api, sim: SimClient, person: int) -> None:
    """getUpdates.timeout: the poll waits, and answers as soon as there is something."""
    poll = asyncio.create_task(api.updates(timeout=50))
    while not await _polling(sim, api):
        await asyncio.sleep(0)
    await say(api, sim, person, "a")
    assert texts(await asyncio.wait_for(poll, 10)) == ["a"]


async def test_poll_ends_empty(api: Api) -> None:
    """getUpdates.timeout: nothing came in that time: an empty list."""
    assert await api.updates(timeout=1) == []


async def test_second_poller_ends_the_first(api: Api, sim: SimClient, person: int) -> None:
    """A4: a second getUpdates ends the first with 409."""
    first = asyncio.create_task(api.refused("getUpdates", timeout=50))
    while not await _polling(sim, api):
        await asyncio.sleep(0)
    second = asyncio.create_task(api.updates(timeout=50, offset=1))
    failed = await asyncio.wait_for(first, 10)
    assert (failed.code, failed.description) == (409, OTHER)
    await say(api, sim, person, "a")
    assert texts(await asyncio.wait_for(second, 10)) == ["a"]


async def _polling(sim: SimClient, api: Api) -> bool:
    bots = (await sim.state())["bots"]
    return any(bot["username"] == api.username and bot["mode"] == "polling" for bot in bots)


async def test_wanted_kinds_are_remembered(api: Api, sim: SimClient, person: int) -> None:
    """A4: allowed_updates is remembered; kinds not wanted at the time are never queued."""
    await api.updates(allowed_updates=["callback_query"])
    await say(api, sim, person, "a")
    assert await api.updates() == []
    await api.updates(allowed_updates=["message"])
    await say(api, sim, person, "b")
    assert texts(await api.updates()) == ["b"]


ALL = ["message", "edited_message", "my_chat_member", "my_chat_member"]
KINDS: list[tuple[str, list[str], list[str]]] = [
    ("an empty list means the default", [], ALL),
    ("a list without a known name means the default", ["telepathy"], ALL),
    ("unknown names are ignored", ["telepathy", "message"], ["message"]),
    ("each name is its kind", ["edited_message"], ["edited_message"]),
]


@pytest.mark.parametrize(("rule", "wanted", "kinds"), KINDS, ids=[k[0] for k in KINDS])
async def test_wanted_kinds(
    api: Api, sim: SimClient, person: int, rule: str, wanted: list[str], kinds: list[str]
) -> None:
    """A4: getUpdates.allowed_updates."""
    await api.updates(allowed_updates=["message"])
    await api.updates(allowed_updates=wanted)
    number = await sim.say(person, "a", bot=api.username)
    await sim.edit(person, number, "b", bot=api.username)
    await sim.block(person, bot=api.username)
    await sim.block(person, blocked=False, bot=api.username)
    found = [kind for update in await api.updates() for kind in update if kind != "update_id"]
    assert found == kinds, rule


@pytest.mark.parametrize(("seconds", "left"), [(DAY - 60, ["a"]), (DAY + 1, [])])
async def test_messages_wait_a_day(
    api: Api, sim: SimClient, person: int, seconds: int, left: list[str]
) -> None:
    """A4: updates wait up to 24 h."""
    await say(api, sim, person, "a")
    await sim.advance(seconds)
    assert texts(await api.updates()) == left


async def test_block_is_told(api: Api, sim: SimClient, person: int) -> None:
    """A7: my_chat_member comes when the user blocks (kicked) or unblocks (member)."""
    await sim.block(person, bot=api.username)
    await sim.start(person, bot=api.username)
    kicked, member, start = await api.updates()
    assert kicked["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert member["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert start["message"]["text"] == "/start"


async def test_start_with_a_payload(api: Api, sim: SimClient, person: int) -> None:
    """A7: t.me/BOT?start=PAYLOAD gives "/start PAYLOAD", the command marked as one."""
    for way in (f"https://t.me/{api.username}?start=ab_1", f"tg://resolve?domain={api.username}&start=ab_1"):
        await sim.scan(person, way)
    for update in await api.updates():
        assert update["message"]["text"] == "/start ab_1"
        assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_edited_message(api: Api, sim: SimClient, person: int) -> None:
    """Update.edited_message: the same message_id, edit_date, the new text."""
    number = await sim.say(person, "a", bot=api.username)
    await sim.edit(person, number, "b", bot=api.username)
    edited = (await api.updates())[-1]["edited_message"]
    assert (edited["message_id"], edited["text"]) == (number, "b")
    assert edited["edit_date"] >= edited["date"]


async def test_raw_updates_come_as_they_are(api: Api, sim: SimClient) -> None:
    """Updates put in by hand are not repaired: bots must bear what they cannot read."""
    number = await sim.raw({"callback_query": {"id": 5}}, bot=api.username)
    assert (await api.http.get("getUpdates")).json()["result"] == [
        {"callback_query": {"id": 5}, "update_id": number}
    ]
    assert bot_api().problems("CallbackQuery", {"id": 5}) != []


async def test_raw_text_comes_once(api: Api, sim: SimClient, person: int) -> None:
    """A text put in by hand may break the whole answer, but only once."""
    await sim.raw("{no json", bot=api.username)
    await say(api, sim, person, "a")
    assert "{no json" in (await api.http.get("getUpdates")).text
    assert texts((await api.http.get("getUpdates?offset=1")).json()["result"]) == ["a"]


async def test_raw_update_with_an_old_number(api: Api, sim: SimClient, person: int) -> None:
    """The same update_id may be delivered twice; it is confirmed like any other."""
    await say(api, sim, person, "a")
    [first] = await api.fresh()
    await sim.raw(first, bot=api.username)
    assert await api.updates() == [first]
    assert await api.updates(offset=first["update_id"] + 1) == []
