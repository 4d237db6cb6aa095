"""The webhook of a Zalo bot (zalo.md 2.4, 2.5, section 5)."""

from collections.abc import AsyncIterator

import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Receiver
from tests.system.simulator.zalo_api import BotApi, raw_hook, zalo_bot

SECRET = "mot-bi-mat-dai"
HEADER = "x-bot-api-secret-token"


@pytest.fixture
async def api(sim: SimClient) -> AsyncIterator[BotApi]:
    async with zalo_bot(sim) as made:
        yield made


@pytest.fixture
async def person(sim: SimClient) -> int:
    return await sim.add_person("Nguyễn Văn An")


async def test_no_webhook_is_404(api: BotApi) -> None:
    """2.4: getWebhookInfo answers 404; deleteWebhook succeeds also then."""
    assert await api.refused("getWebhookInfo") == 404
    assert (await api.call("deleteWebhook"))["url"] == ""


async def test_set_webhook(api: BotApi, receiver: Receiver) -> None:
    """2.4: probed at once, with the header; getUpdates answers 400 from then on."""
    result = await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    assert result["url"] == receiver.url
    check = result["verification"]
    assert (check["ok"], check["outcome"], check["status_code"]) == (True, "webhook.ok", 200)
    assert receiver.got[0][0][HEADER] == SECRET
    info = await api.call("getWebhookInfo")
    assert info == {"url": receiver.url, "updated_at": result["updated_at"]}
    assert await api.refused("getUpdates", timeout=0) == 400
    await api.call("deleteWebhook")
    assert await api.refused("getUpdates", timeout=0) == 408


@pytest.mark.parametrize(("status", "outcome"), [
    (403, "webhook.http.403"), (404, "webhook.http.404"), (503, "webhook.http.5xx"),
    (302, "webhook.http.other"),
])  # fmt: skip
async def test_a_failed_probe_is_kept(api: BotApi, receiver: Receiver, status: int, outcome: str) -> None:
    """2.4: the address is stored even when the probe fails."""
    receiver.answer = lambda _update: (status, {}, b"")
    check = (await api.call("setWebhook", url=receiver.url, secret_token=SECRET))["verification"]
    assert (check["ok"], check["outcome"]) == (False, outcome)
    assert (await api.call("getWebhookInfo"))["url"] == receiver.url


async def test_an_unreachable_address(api: BotApi) -> None:
    """2.4: outcome webhook.err.unreachable."""
    result = await api.call("setWebhook", url="https://bot.example.vn/zalo", secret_token=SECRET)
    assert result["verification"]["outcome"] == "webhook.err.unreachable"


@pytest.mark.parametrize("values", [
    {"url": "http://bot.example.vn/x"}, {"url": ""}, {"url": "ftp://x"}, {"secret_token": ""},
    {"secret_token": "short"}, {"secret_token": "x" * 257},
])  # fmt: skip
async def test_what_set_webhook_refuses(api: BotApi, values: dict[str, str]) -> None:
    """2.4: HTTPS, and a secret of 8-256 characters, needed."""
    given = {"url": "https://bot.example.vn/x", "secret_token": SECRET, **values}
    assert await api.refused("setWebhook", **given) == 400


async def test_local_addresses_as_zalo_does(api: BotApi, receiver: Receiver) -> None:
    """2.4: localhost refused; section 5: allowed for tests."""
    await api.turn(public_webhook_only=True)
    assert await api.refused("setWebhook", url=receiver.url, secret_token=SECRET) == 400


async def test_test_webhook(api: BotApi, receiver: Receiver) -> None:
    """2.4: the same probe again, with a daily limit: 426."""
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    await api.turn(probes_a_day=1)
    assert (await api.call("testWebhook"))["verification"]["ok"] is True
    assert await api.refused("testWebhook") == 426


@pytest.mark.parametrize("empty", [True, False])
async def test_the_probes_body(api: BotApi, empty: bool) -> None:
    """2.4, source B17: the probe may be empty."""
    await api.turn(empty_probe=empty)
    async with raw_hook() as hook:
        await api.call("setWebhook", url=hook.url, secret_token=SECRET)
    assert [body for _, body in hook.got] == [b"" if empty else b"{}"]


async def test_bare_bodies(api: BotApi, receiver: Receiver, person: int) -> None:
    """2.5: POST, JSON, the secret unchanged, the update bare; no update waits any more."""
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    await api.sim.say(person, "chào", bot=api.username)
    update = (await receiver.wait(2))[1]
    assert (update["event_name"], update["message"]["text"]) == ("message.text.received", "chào")
    assert receiver.got[1][0][HEADER] == SECRET


async def test_wrapped_bodies(api: BotApi, receiver: Receiver, person: int) -> None:
    """2.5: as documented, wrapped like an answer."""
    await api.turn(webhook_body="wrapped")
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    await api.sim.say(person, "chào", bot=api.username)
    update = (await receiver.wait(2))[1]
    assert update["ok"] is True
    assert update["result"]["message"]["text"] == "chào"


async def test_what_waits_is_pushed(api: BotApi, receiver: Receiver, person: int) -> None:
    """Section 5: a webhook takes over what nobody has polled."""
    await api.sim.say(person, "trước", bot=api.username)
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    assert (await receiver.wait(2))[1]["message"]["text"] == "trước"


async def test_delivered_again_until_200(api: BotApi, receiver: Receiver, person: int) -> None:
    """2.5: another answer than 200 leads to the same message_id again."""
    statuses = iter([200, 500, 202, 200])
    receiver.answer = lambda _update: (next(statuses), {}, b"")
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    await api.sim.say(person, "chào", bot=api.username)
    ids = [update["message"]["message_id"] for update in (await receiver.wait(4))[1:]]
    assert len(set(ids)) == 1


async def test_lost_after_the_last_try(api: BotApi, receiver: Receiver, person: int) -> None:
    """2.5, source B7 (uncertain): after some tries the update is gone; the next one comes."""
    await api.turn(webhook_tries=2)
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    statuses = iter([500, 500, 200])
    receiver.answer = lambda _update: (next(statuses), {}, b"")
    await api.sim.say(person, "mất", bot=api.username)
    await api.sim.say(person, "còn", bot=api.username)
    texts = [update["message"]["text"] for update in (await receiver.wait(4))[1:]]
    assert texts == ["mất", "mất", "còn"]
    assert (await api.turn())["lost"] == 1


async def test_duplicates(api: BotApi, receiver: Receiver, person: int) -> None:
    """Section 5: duplicate delivery."""
    await api.turn(webhook_times=3)
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    await api.sim.say(person, "chào", bot=api.username)
    updates = (await receiver.wait(4))[1:]
    assert updates == [updates[0]] * 3


async def test_disorder_loses_nothing(api: BotApi, receiver: Receiver, person: int) -> None:
    """Section 5: out of order."""
    await api.turn(webhook_disorder=True)
    await api.call("setWebhook", url=receiver.url, secret_token=SECRET)
    wanted = [f"{number}" for number in range(10)]
    for text in wanted:
        await api.sim.say(person, text, bot=api.username)
    texts = [update["message"]["text"] for update in (await receiver.wait(11))[1:]]
    assert sorted(texts) == wanted
