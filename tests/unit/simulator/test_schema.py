"""The checker notices what is wrong: otherwise the contract suite would prove nothing."""

from typing import Any

import pytest

from simulator.telegram.methods import NAMES
from tests.support.bot_api_schema import RETURNS, bot_api

SMALL = {"file_id": "a", "file_unique_id": "b", "width": 1}
CHAT = {"id": 1, "type": "private"}
MESSAGE = {"message_id": 1, "date": 1, "chat": CHAT}


def test_version_and_size() -> None:
    """Bot API 10.3: 185 methods, 400 types, 26 unions."""
    schema = bot_api()
    assert (schema.version, len(schema.methods), len(schema.types), len(schema.unions)) == (
        "10.3",
        185,
        400,
        26,
    )


def test_every_method_of_the_simulator_is_one() -> None:
    assert set(NAMES.values()) <= set(bot_api().methods)
    assert set(NAMES.values()) == set(RETURNS)


GOOD: list[tuple[str, Any]] = [
    ("Message", MESSAGE),
    ("Array of Message", [MESSAGE, MESSAGE]),
    ("Update", {"update_id": 1, "message": MESSAGE}),
    ("MaybeInaccessibleMessage", {"chat": CHAT, "message_id": 1, "date": 0}),
    ("ChatMember", {"status": "left", "user": {"id": 1, "is_bot": False, "first_name": "A"}}),
    ("Integer or String", "@a"),
    ("Float", 1),
]


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_good(kind: str, value: Any) -> None:
    assert bot_api().problems(kind, value) == []


BAD: list[tuple[str, Any, str]] = [
    ("Message", {"message_id": 1, "chat": CHAT}, "Message.date: missing"),
    ("Message", {**MESSAGE, "date": "1"}, "Message.date: '1' is no Integer"),
    ("Message", {**MESSAGE, "colour": 1}, "Message.colour: unknown"),
    ("Message", {**MESSAGE, "chat": {"id": 1}}, "Message.chat.type: missing"),
    ("Message", {**MESSAGE, "photo": {}}, "Message.photo: {} is no Array"),
    ("Message", {**MESSAGE, "photo": [SMALL]}, "Message.photo[0].height: missing"),
    ("Integer", True, "Integer: True is no Integer"),
    ("True", False, "True: False is no True"),
    (
        "CallbackQuery",
        {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": "A"}},
        "CallbackQuery.chat_instance: missing",
    ),
]


@pytest.mark.parametrize(("kind", "value", "problem"), BAD, ids=[b[2] for b in BAD])
def test_bad(kind: str, value: Any, problem: str) -> None:
    assert bot_api().problems(kind, value) == [problem]


def test_calls() -> None:
    """A call has known names, its required ones, and the right types; on the wire all may be text."""
    schema = bot_api()
    assert schema.problems_of_call("sendMessage", {"chat_id": 1, "text": "a"}) == []
    assert schema.problems_of_call("sendMessage", {"chat_id": 1}) == ["sendMessage.text: missing"]
    assert schema.problems_of_call("sendMessage", {"chat_id": 1, "text": 5}) == [
        "sendMessage.text: 5 is no String"
    ]
    assert schema.problems_of_call("sendTelepathy", {}) == ["sendTelepathy: no such method"]
    wire = {
        "chat_id": "1",
        "text": "5",
        "disable_notification": "True",
        "reply_markup": '{"force_reply":true}',
    }
    assert schema.problems_of_wire("sendMessage", wire) == []
    assert schema.problems_of_wire("sendMessage", wire | {"reply_markup": "[]"}) != []
    photo = {"chat_id": "1", "photo": {"file": "a.png", "size": 3}, "attached1": {"file": "b.png", "size": 3}}
    assert schema.problems_of_wire("sendPhoto", photo) == []
