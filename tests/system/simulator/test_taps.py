"""Buttons: callback queries and their answers."""

from typing import Any

import pytest

from simulator.client import SimClient, SimRefused
from tests.support.bot_api_schema import bot_api
from tests.system.simulator.api import Api

KEYS = {
    "inline_keyboard": [
        [{"text": "Có", "callback_data": "y"}, {"text": "Không", "callback_data": "n"}],
        [{"text": "Trang", "url": "https://example.org/"}],
    ]
}
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def asked(api: Api, person: int) -> int:
    sent = await api.call("sendMessage", chat_id=person, text="Đi họp?", reply_markup=KEYS)
    return int(sent["message_id"])


async def tapped(api: Api, sim: SimClient, person: int, **how: Any) -> dict[str, Any]:
    """The callback query that a tap on a fresh question makes."""
    number = await asked(api, person)
    how = how or {"label": "Có"}
    await sim.tap(person, message_id=number, bot=api.username, **how)
    [update] = await api.fresh()
    query: dict[str, Any] = update["callback_query"]
    return query


async def test_a_tap_is_a_callback_query(api: Api, sim: SimClient, person: int) -> None:
    """CallbackQuery: from, message with its keyboard, chat_instance, data."""
    query = await tapped(api, sim, person)
    assert (query["from"]["id"], query["data"], query["message"]["reply_markup"]) == (person, "y", KEYS)


async def test_tap_by_place(api: Api, sim: SimClient, person: int) -> None:
    """InlineKeyboardMarkup: rows of buttons, each with its own data."""
    assert (await tapped(api, sim, person, at=(0, 1)))["data"] == "n"


async def test_a_link_tells_the_bot_nothing(api: Api, sim: SimClient, person: int) -> None:
    """InlineKeyboardButton.url: opened on the phone, no update."""
    number = await asked(api, person)
    opened = await sim.tap(person, message_id=number, at=(1, 0), bot=api.username)
    assert opened == {"url": "https://example.org/"}
    assert await api.updates() == []


async def test_taps_on_what_is_not_there(api: Api, sim: SimClient, person: int) -> None:
    """A phone can press only what it shows."""
    number = await asked(api, person)
    for how in ({"at": (5, 5)}, {"at": (-1, 0)}, {"label": "Có lẽ"}):
        with pytest.raises(SimRefused):
            await sim.tap(person, message_id=number, bot=api.username, **how)
    assert await api.updates() == []


async def test_answer_shows_a_toast(api: Api, sim: SimClient, person: int) -> None:
    """answerCallbackQuery: a notification at the top, or an alert with show_alert."""
    query = await tapped(api, sim, person)
    since = (await sim.state())["last_event"]
    await api.call("answerCallbackQuery", callback_query_id=query["id"], text="Đã ghi", show_alert=True)
    event = await sim.wait_for(lambda e: e["type"] == "toast" and e["person"] == person, since=since)
    assert (event["text"], event["alert"], event["callback_id"]) == ("Đã ghi", True, query["id"])


async def test_answered_once(api: Api, sim: SimClient, person: int) -> None:
    """A8: answered twice, or a query nobody made: query is too old … or query ID is invalid."""
    query = await tapped(api, sim, person)
    await api.call("answerCallbackQuery", callback_query_id=query["id"])
    for number in (query["id"], "12345", ""):
        failed = await api.refused("answerCallbackQuery", callback_query_id=number)
        assert (failed.code, failed.description) == (400, TOO_OLD)


@pytest.mark.parametrize(("seconds", "taken"), [(140, True), (151, False)])
async def test_answered_within_150_seconds(
    api: Api, sim: SimClient, person: int, seconds: int, taken: bool
) -> None:
    """A4, A8: a callback query lives 150 s."""
    query = await tapped(api, sim, person)
    await sim.advance(seconds)
    answer = (await api.http.post("answerCallbackQuery", json={"callback_query_id": query["id"]})).json()
    assert answer == ({"ok": True, "result": True} if taken else answer | {"description": TOO_OLD})


@pytest.mark.parametrize(("seconds", "kinds"), [(140, ["message", "callback_query"]), (151, ["message"])])
async def test_undelivered_taps_die_messages_stay(
    api: Api, sim: SimClient, person: int, seconds: int, kinds: list[str]
) -> None:
    """A4: callback queries wait 150 s for the bot, messages 24 h."""
    number = await asked(api, person)
    await sim.say(person, "có mặt", bot=api.username)
    await sim.tap(person, "Có", message_id=number, bot=api.username)
    await sim.advance(seconds)
    assert [kind for update in await api.updates() for kind in update if kind != "update_id"] == kinds


@pytest.mark.parametrize(("length", "taken"), [(200, True), (201, False)])
async def test_toast_length(api: Api, sim: SimClient, person: int, length: int, taken: bool) -> None:
    """A3: callback answer text 0-200 characters."""
    query = await tapped(api, sim, person)
    values = {"callback_query_id": query["id"], "text": "a" * length}
    body = (await api.http.post("answerCallbackQuery", json=values)).json()
    assert body.get("description") == (None if taken else "Bad Request: MESSAGE_TOO_LONG")


async def test_data_may_be_forged(api: Api, sim: SimClient, person: int) -> None:
    """CallbackQuery.data: a bad client can send arbitrary data, for a button the message never had."""
    assert (await tapped(api, sim, person, data="admin:1"))["data"] == "admin:1"


async def test_message_that_is_gone(api: Api, sim: SimClient, person: int) -> None:
    """InaccessibleMessage: chat, message_id, and date 0."""
    number = await asked(api, person)
    await api.call("deleteMessage", chat_id=person, message_id=number)
    await sim.tap(person, data="y", message_id=number, bot=api.username)
    [update] = await api.fresh()
    message = update["callback_query"]["message"]
    assert bot_api().problems("InaccessibleMessage", message) == []
    assert (message["date"], message["message_id"]) == (0, number)


async def test_another_bots_query(api: Api, sim: SimClient, person: int) -> None:
    """A callback query belongs to the bot it was made for."""
    query = await tapped(api, sim, person)
    other = "8999999999:another-bot-of-the-suite"
    await sim.add_bot(other, "another_suite_bot")
    answer = await api.http.post(
        f"{api.base_url}/bot{other}/answerCallbackQuery", json={"callback_query_id": query["id"]}
    )
    assert answer.json()["description"] == TOO_OLD
    await api.call("answerCallbackQuery", callback_query_id=query["id"])
