"""setWebhook and what is delivered there."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Api, Receiver, Reply

SECRET = "x-telegram-bot-api-secret-token"
KEYS = {"inline_keyboard": [[{"text": "Có", "callback_data": "y"}]]}


async def test_updates_come_with_the_secret(
    api: Api, sim: SimClient, person: int, receiver: Receiver
) -> None:
    """A5: POST of a JSON Update, the secret in X-Telegram-Bot-Api-Secret-Token."""
    assert await api.call("setWebhook", url=receiver.url, secret_token="Bi-Mat_1") is True
    await sim.say(person, "a", bot=api.username)
    [update] = await receiver.wait(1)
    headers = receiver.got[0][0]
    assert (update["message"]["text"], headers[SECRET]) == ("a", "Bi-Mat_1")
    assert headers["content-type"] == "application/json"


async def test_without_a_secret_no_header(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """A5: the header comes only when a secret_token was set."""
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "a", bot=api.username)
    await receiver.wait(1)
    assert SECRET not in receiver.got[0][0]


async def test_what_waits_is_delivered(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """A5: updates that waited before the webhook was set go there, in order."""
    for text in "abc":
        await sim.say(person, text, bot=api.username)
    await api.call("setWebhook", url=receiver.url)
    assert [update["message"]["text"] for update in await receiver.wait(3)] == ["a", "b", "c"]


async def test_drop_pending_updates(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """setWebhook.drop_pending_updates: what waited is dropped."""
    await sim.say(person, "old", bot=api.username)
    await api.call("setWebhook", url=receiver.url, drop_pending_updates=True)
    await sim.say(person, "new", bot=api.username)
    assert (await receiver.wait(1))[0]["message"]["text"] == "new"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_confirms(
    api: Api, sim: SimClient, person: int, receiver: Receiver, status: int
) -> None:
    """A5: any 2xx confirms."""
    receiver.answer = lambda _: (status, {}, b"")
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "a", bot=api.username)
    await receiver.wait(1)
    await sim.say(person, "b", bot=api.username)
    assert [update["message"]["text"] for update in await receiver.wait(2)] == ["a", "b"]


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
async def test_refused_updates_come_again(
    api: Api, sim: SimClient, person: int, receiver: Receiver, status: int
) -> None:
    """A5: everything else is tried again (redirects are not followed), and told by getWebhookInfo."""
    answers: Iterator[Reply] = iter([(status, {}, b""), (status, {}, b"")])
    receiver.answer = lambda _: next(answers, (200, {}, b""))
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "a", bot=api.username)
    updates = await receiver.wait(3)
    assert updates[0] == updates[1] == updates[2]
    info = await api.call("getWebhookInfo")
    assert info["last_error_message"] == f"Wrong response from the webhook: {status}"


async def test_one_refused_update_holds_up_its_key_only(
    api: Api, sim: SimClient, person: int, receiver: Receiver
) -> None:
    """A5: strictly one after another within a key: messages by chat; other chats go on."""

    def stubborn(update: dict[str, Any]) -> Reply:
        return (500 if update["message"]["text"] == "poison" and len(receiver.got) < 6 else 200), {}, b""

    receiver.answer = stubborn
    other = await sim.add_person("Bình", started=True)
    await api.call("setWebhook", url=receiver.url)
    for who, text in ((person, "poison"), (person, "behind"), (other, "beside")):
        await sim.say(who, text, bot=api.username)
    order = [update["message"]["text"] for update in await receiver.wait(7)]
    assert order.index("beside") < order.index("behind")
    assert order[order.index("behind") - 1] == "poison"
    assert order[-1] == "behind"


async def test_taps_have_their_own_key(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """A5: callback queries by user, messages by chat: a tap may overtake the message before it."""
    receiver.answer = lambda update: (200 if "callback_query" in update else 500, {}, b"")
    await api.call("sendMessage", chat_id=person, text="?", reply_markup=KEYS)
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "trước", bot=api.username)
    await receiver.wait(1)
    await sim.tap(person, "Có", bot=api.username)
    while not any("callback_query" in update for _, update in receiver.got):
        await receiver.wait(len(receiver.got) + 1)
    assert (await api.call("getWebhookInfo"))["pending_update_count"] == 1


async def test_max_connections(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """setWebhook.max_connections: so many deliveries at once, one of each key."""
    receiver.hold = asyncio.Event()
    people = [person] + [await sim.add_person(f"Số {n}", started=True) for n in range(4)]
    await api.call("setWebhook", url=receiver.url, max_connections=2)
    for who in people:
        await sim.say(who, "a", bot=api.username)
    await receiver.wait(2)
    assert receiver.open == 2
    receiver.hold.set()
    await receiver.wait(5)
    assert receiver.most_open == 2


async def test_a_tap_expires_while_refused(api: Api, sim: SimClient, person: int, receiver: Receiver) -> None:
    """A5: retries go on until the update expires, 150 s for taps."""
    receiver.answer = lambda _: (500, {}, b"")
    await api.call("sendMessage", chat_id=person, text="?", reply_markup=KEYS)
    await api.call("setWebhook", url=receiver.url)
    await sim.tap(person, "Có", bot=api.username)
    await receiver.wait(1)
    assert (await api.call("getWebhookInfo"))["pending_update_count"] == 1
    await sim.advance(151)
    assert (await api.call("getWebhookInfo"))["pending_update_count"] == 0


async def test_410_for_23_hours_removes_the_webhook(
    api: Api, sim: SimClient, person: int, receiver: Receiver
) -> None:
    """A5: answer 410 for 23 hours and the webhook is removed."""
    receiver.answer = lambda _: (410, {}, b"")
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "a", bot=api.username)
    await receiver.wait(1)
    assert (await api.call("getWebhookInfo"))["url"] == receiver.url
    await sim.advance(23 * 3600 + 60)
    while (await api.call("getWebhookInfo"))["url"]:
        await asyncio.sleep(0)
    assert len(await api.updates()) == 1


ANSWERS: list[tuple[str, dict[str, Any], bool]] = [
    ("sendMessage", {"text": "trả lời"}, True),
    ("getMe", {}, False),
    ("setWebhook", {"url": ""}, False),
    ("deleteWebhook", {}, False),
]


@pytest.mark.parametrize(("method", "values", "done"), ANSWERS, ids=[a[0] for a in ANSWERS])
async def test_method_in_the_answer(
    api: Api, sim: SimClient, person: int, receiver: Receiver, method: str, values: dict[str, Any], done: bool
) -> None:
    """A5: a method in the webhook's answer is carried out, but for get…, setWebhook, deleteWebhook …"""
    call = json.dumps({"method": method, "chat_id": person, **values}).encode()
    answers: Iterator[Reply] = iter([(200, {"content-type": "application/json"}, call)])
    receiver.answer = lambda _: next(answers, (200, {}, b""))
    since = (await sim.journal())[-1]["n"]
    await api.call("setWebhook", url=receiver.url)
    await sim.say(person, "a", bot=api.username)
    await receiver.wait(1)
    await sim.say(person, "b", bot=api.username)
    await receiver.wait(2)
    carried = [line["method"] for line in await sim.journal(since) if line["via"] == "webhook"]
    assert carried == ([method] if done else [])
    assert (await api.call("getWebhookInfo"))["url"] == receiver.url


ADDRESSES = [
    ("A5: HTTPS only", "http://bot.example.org/", "bad webhook: An HTTPS URL must be provided for webhook"),
    (
        "A5: ports 443, 80, 88, 8443",
        "https://bot.example.org:8080/",
        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    ),
    (
        "the simulator calls nobody but this machine",
        "https://bot.example.org/",
        "bad webhook: Failed to resolve host: the simulator calls nobody but this machine",
    ),
]


@pytest.mark.parametrize(("rule", "url", "text"), ADDRESSES, ids=[a[0] for a in ADDRESSES])
async def test_addresses(api: Api, rule: str, url: str, text: str) -> None:
    failed = await api.refused("setWebhook", url=url)
    assert (failed.code, failed.description) == (400, f"Bad Request: {text}"), rule


@pytest.mark.parametrize("secret", ["có dấu", "a b", "a" * 257])
async def test_secrets(api: Api, receiver: Receiver, secret: str) -> None:
    """A5: secret_token 1-256 of A-Z a-z 0-9 _ -."""
    failed = await api.refused("setWebhook", url=receiver.url, secret_token=secret)
    assert failed.description == "Bad Request: secret token contains unallowed characters"


async def test_no_polling_beside_a_webhook(api: Api, receiver: Receiver) -> None:
    """A4: a set webhook gives 409 to getUpdates."""
    await api.call("setWebhook", url=receiver.url)
    failed = await api.refused("getUpdates")
    assert (failed.code, "webhook is active" in failed.description) == (409, True)
    await api.call("deleteWebhook")
    assert await api.updates() == []


async def test_setting_a_webhook_ends_the_poll(api: Api, sim: SimClient, receiver: Receiver) -> None:
    """A5: setting it aborts a running long poll."""
    poll = asyncio.create_task(api.refused("getUpdates", timeout=50))
    while not any(
        b["username"] == api.username and b["mode"] == "polling" for b in (await sim.state())["bots"]
    ):
        await asyncio.sleep(0)
    await api.call("setWebhook", url=receiver.url)
    failed = await asyncio.wait_for(poll, 10)
    assert (failed.code, failed.description) == (409, "Conflict: terminated by setWebhook request")


async def test_setting_it_twice(api: Api, receiver: Receiver) -> None:
    """A5: setWebhook is idempotent when nothing changes."""
    await api.call("setWebhook", url=receiver.url)
    again = (await api.http.post("setWebhook", json={"url": receiver.url})).json()
    assert again == {"ok": True, "result": True, "description": "Webhook is already set"}


async def test_webhook_info(api: Api, receiver: Receiver) -> None:
    """getWebhookInfo: url is empty when there is none."""
    assert (await api.call("getWebhookInfo"))["url"] == ""
    await api.call("setWebhook", url=receiver.url, max_connections=7, allowed_updates=["message"])
    info = await api.call("getWebhookInfo")
    assert (info["url"], info["max_connections"], info["allowed_updates"]) == (receiver.url, 7, ["message"])


async def test_nobody_listens(api: Api, sim: SimClient, person: int) -> None:
    """getWebhookInfo.last_error_message: the most recent error of delivery."""
    await api.call("setWebhook", url="http://127.0.0.1:9/")
    await sim.say(person, "a", bot=api.username)
    while "last_error_message" not in (info := await api.call("getWebhookInfo")):
        await asyncio.sleep(0)
    assert (info["last_error_message"], info["pending_update_count"]) == ("Connection refused", 1)
