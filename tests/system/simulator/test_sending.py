"""sendMessage and its like: what is taken, what is refused, and in which words."""

from typing import Any

import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Api

STRANGER = 99


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Có mặt", **button}]]}


async def test_get_me_names_the_bot(api: Api) -> None:
    """getMe: basic information about the bot as a User object."""
    me = await api.call("getMe")
    assert me["is_bot"] is True
    assert (me["id"], me["username"]) == (int(api.token.partition(":")[0]), api.username)


async def test_a_message_arrives(api: Api, sim: SimClient, person: int) -> None:
    """sendMessage: on success the sent Message is returned; a private chat's id is the user's id."""
    sent = await api.call("sendMessage", chat_id=person, text="Xin chào")
    assert sent["chat"] == {"id": person, "type": "private", "first_name": "Nguyễn Văn An"}
    assert sent["from"]["id"] == (await api.call("getMe"))["id"]
    seen = await sim.messages(person, api.username)
    assert [(m["id"], m["text"]) for m in seen] == [(sent["message_id"], "Xin chào")]


TEXTS = [
    ("A3: text is 1-4096 long", "a" * 4096, None),
    ("A3: longer than 4096 is refused", "a" * 4097, "Bad Request: message is too long"),
    ("A3: length counts UTF-16 units, an emoji two", "🏆" * 2048, None),
    ("A3: one emoji more is too long", "🏆" * 2048 + "a", "Bad Request: message is too long"),
    ("A3: an empty text is refused", "", "Bad Request: message text is empty"),
    ("A3: spaces only are refused", " \n\t ", "Bad Request: text must be non-empty"),
    (
        "A3: raw text over 32,768 bytes is refused before parsing",
        "ế" * 11000,
        "Bad Request: text is too long",
    ),
]


@pytest.mark.parametrize(("rule", "text", "refusal"), TEXTS, ids=[t[0] for t in TEXTS])
async def test_length_of_text(api: Api, person: int, rule: str, text: str, refusal: str | None) -> None:
    if refusal is None:
        assert (await api.call("sendMessage", chat_id=person, text=text))["text"] == text, rule
    else:
        failed = await api.refused("sendMessage", chat_id=person, text=text)
        assert (failed.code, failed.description) == (400, refusal), rule


async def test_length_counts_after_parsing(api: Api, person: int) -> None:
    """A3: 1-4096 characters after entities parsing: tags do not count."""
    text = "".join(f"<b>{'a' * 64}</b>" for _ in range(64))
    sent = await api.call("sendMessage", chat_id=person, text=text, parse_mode="HTML")
    assert len(sent["text"]) == 4096
    assert len(sent["entities"]) == 64


MARKUPS = [
    ("A3: callback_data may be 64 bytes", keyboard(callback_data="a" * 64), None),
    ("A3: callback_data of 65 bytes", keyboard(callback_data="a" * 65), "BUTTON_DATA_INVALID"),
    ("A3: bytes count, not letters: 22 of ế are 66", keyboard(callback_data="ế" * 22), "BUTTON_DATA_INVALID"),
    ("A3: 21 of ế are 63 bytes", keyboard(callback_data="ế" * 21), None),
    ("A3: callback_data is 1 byte at least", keyboard(callback_data=""), "BUTTON_DATA_INVALID"),
    (
        "InlineKeyboardButton: an action is needed",
        keyboard(),
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "InlineKeyboardButton: exactly one action",
        keyboard(callback_data="a", url="https://example.org"),
        "can't parse inline keyboard button: exactly one action must be specified",
    ),
    ("InlineKeyboardButton: url", keyboard(url="https://example.org/a"), None),
    (
        "InlineKeyboardButton: url must be one",
        keyboard(url="nowhere"),
        "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ),
    (
        "InlineKeyboardButton: text is required",
        {"inline_keyboard": [[{"callback_data": "a"}]]},
        "can't parse inline keyboard button: Can't find field \"text\"",
    ),
    (
        "A8: reply markup is too long",
        {"inline_keyboard": [[{"text": "x", "callback_data": "a"}] * 8] * 13},
        "reply markup is too long",
    ),
    ("reply_markup must be an object", [1], "object expected as reply markup"),
    ("ReplyKeyboardMarkup: keys are texts or objects", {"keyboard": [["A", {"text": "B"}]]}, None),
    ("ReplyKeyboardRemove", {"remove_keyboard": True}, None),
    ("ForceReply", {"force_reply": True}, None),
]


@pytest.mark.parametrize(("rule", "markup", "refusal"), MARKUPS, ids=[m[0] for m in MARKUPS])
async def test_reply_markup(api: Api, person: int, rule: str, markup: Any, refusal: str | None) -> None:
    answer = await api.http.post("sendMessage", json={"chat_id": person, "text": "?", "reply_markup": markup})
    body = answer.json()
    if refusal is None:
        assert body["ok"] is True, rule
        assert body["result"].get("reply_markup") == (markup if "inline_keyboard" in markup else None), rule
    else:
        assert (body["error_code"], body["description"]) == (400, f"Bad Request: {refusal}"), rule


async def test_reply_keyboard_stays_until_removed(api: Api, sim: SimClient, person: int) -> None:
    """ReplyKeyboardMarkup stays on the phone; ReplyKeyboardRemove takes it away."""
    rows = [[{"text": "Có mặt"}, {"text": "Vị trí", "request_location": True}]]
    await api.call("sendMessage", chat_id=person, text="1", reply_markup={"keyboard": rows})
    await api.call("sendMessage", chat_id=person, text="2")
    keys = [[{"text": "Có mặt", "kind": "text"}, {"text": "Vị trí", "kind": "location"}]]
    assert (await sim.chat(person, api.username))["keyboard"] == keys
    await api.call("sendMessage", chat_id=person, text="3", reply_markup={"remove_keyboard": True})
    assert (await sim.chat(person, api.username))["keyboard"] is None


ADDRESSEES = [
    ("A8: unknown person", STRANGER, 400, "Bad Request: chat not found"),
    ("A8: a name nobody has", "@nobody", 400, "Bad Request: chat not found"),
    ("chat_id is required", "", 400, "Bad Request: chat_id is empty"),
    ("chat_id must be one", "abc", 400, "Bad Request: chat not found"),
]


@pytest.mark.parametrize(("rule", "chat", "code", "text"), ADDRESSEES, ids=[a[0] for a in ADDRESSEES])
async def test_addressee(api: Api, rule: str, chat: Any, code: int, text: str) -> None:
    failed = await api.refused("sendMessage", chat_id=chat, text="a")
    assert (failed.code, failed.description) == (code, text), rule


async def test_a_bot_cannot_write_first(api: Api, sim: SimClient) -> None:
    """A7: the user must press Start before a bot can write."""
    stranger = await sim.add_person("Bình")
    failed = await api.refused("sendMessage", chat_id=stranger, text="a")
    assert (failed.code, failed.description) == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )
    await sim.start(stranger, bot=api.username)
    await api.call("sendMessage", chat_id=stranger, text="a")


async def test_blocked(api: Api, sim: SimClient, person: int) -> None:
    """A8: 403 bot was blocked by the user, until the user unblocks."""
    await sim.block(person, bot=api.username)
    failed = await api.refused("sendMessage", chat_id=person, text="a")
    assert (failed.code, failed.description) == (403, "Forbidden: bot was blocked by the user")
    await sim.block(person, blocked=False, bot=api.username)
    await api.call("sendMessage", chat_id=person, text="a")


LENIENCIES: list[tuple[str, dict[str, Any]]] = [
    ("A8: numbers as text are taken", {"chat_id": "{person}", "text": "a"}),
    ("A8: unknown parameters are ignored", {"chat_id": "{person}", "text": "a", "colour": "blue"}),
    (
        "reply_markup may be JSON as text",
        {"chat_id": "{person}", "text": "a", "reply_markup": '{"force_reply":true}'},
    ),
    (
        "disable_notification may be text",
        {"chat_id": "{person}", "text": "a", "disable_notification": "True"},
    ),
]


@pytest.mark.parametrize("way", ["json", "form", "query", "multipart"])
@pytest.mark.parametrize(("rule", "values"), LENIENCIES, ids=[x[0] for x in LENIENCIES])
async def test_leniency(api: Api, person: int, rule: str, values: dict[str, str], way: str) -> None:
    """Making requests: URL query string, form, JSON and multipart are all supported."""
    values = {
        name: value.format(person=person) if name == "chat_id" else value for name, value in values.items()
    }
    if way == "json":
        answer = await api.http.post("sendMessage", json=values)
    elif way == "form":
        answer = await api.http.post("sendMessage", data=values)
    elif way == "query":
        answer = await api.http.get("sendMessage", params=values)
    else:
        parts = {name: (None, value) for name, value in values.items()}
        answer = await api.http.post("sendMessage", files=parts)
    assert answer.json()["result"]["text"] == "a", rule


async def test_method_names_in_any_case(api: Api) -> None:
    """Making requests: all methods are case-insensitive."""
    assert (await api.http.get("GETME")).json()["ok"] is True


async def test_reply(api: Api, sim: SimClient, person: int) -> None:
    """ReplyParameters: the message replied to is in the answer; an unknown one is refused unless allowed."""
    asked = await sim.say(person, "hỏi", bot=api.username)
    sent = await api.call("sendMessage", chat_id=person, text="đáp", reply_parameters={"message_id": asked})
    assert sent["reply_to_message"]["text"] == "hỏi"
    gone = {"message_id": 10**6}
    failed = await api.refused("sendMessage", chat_id=person, text="đáp", reply_parameters=gone)
    assert failed.description == "Bad Request: message to be replied not found"
    lenient = {**gone, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await api.call(
        "sendMessage", chat_id=person, text="đáp", reply_parameters=lenient
    )


async def test_message_ids_grow(api: Api, sim: SimClient, person: int) -> None:
    """Message.message_id: unique in the chat, growing, shared by both sides."""
    first = await sim.say(person, "a", bot=api.username)
    second = (await api.call("sendMessage", chat_id=person, text="b"))["message_id"]
    third = await sim.say(person, "c", bot=api.username)
    assert first < second < third


async def test_chat_action(api: Api, sim: SimClient, person: int) -> None:
    """sendChatAction: True, and the phone shows it; unknown actions are refused."""
    since = (await sim.state())["last_event"]
    assert await api.call("sendChatAction", chat_id=person, action="typing") is True
    await sim.wait_for(lambda e: e["type"] == "typing" and e["person"] == person, since=since)
    failed = await api.refused("sendChatAction", chat_id=person, action="dancing")
    assert failed.description == "Bad Request: wrong parameter action in request"


async def test_wrong_token(api: Api) -> None:
    """A8: 401 Unauthorized for a token nobody has; 404 for what is no token."""
    assert (await api.http.get(f"{api.base_url}/bot8123:wrong-token/getMe")).status_code == 401
    malformed = await api.http.get(f"{api.base_url}/botnonsense/getMe")
    assert malformed.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_unknown_method(api: Api) -> None:
    """A8: 404 method not found."""
    failed = await api.refused("sendTelepathy", chat_id=1)
    assert (failed.code, failed.description) == (404, "Not Found: method not found")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"a"'])
async def test_broken_json(api: Api, body: bytes) -> None:
    """A body that is no JSON object is a bad request, never a crash."""
    answer = await api.http.post("sendMessage", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
