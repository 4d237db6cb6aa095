"""Nonsense in any argument of any method is refused in words, never with a crash."""

import random
from typing import Any

import pytest

from simulator.client import SimClient
from simulator.telegram.methods import NAMES
from tests.support.bot_api_schema import bot_api
from tests.system.simulator.api import Api

BUTTONS: list[Any] = [5, [[5]], [[{"text": "x", "callback_data": 5}]], [[{"text": "x", "url": {}}]]]
ENTITIES: list[Any] = [{"type": "bold", "offset": "x", "length": 1}, {"offset": 0}]
MEDIA: list[Any] = [{"type": 1}, {"type": "photo"}, {"type": "photo", "media": 5}]
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2**64,
        1.5,
        "",
        "x",
        "\x00\ud7ff",
        "{",
        "[]",
        "{}",
        "null",
        "5",
        [],
        {},
        [None],
        [[]],
        [[1]],
    ),
    *({"inline_keyboard": rows} for rows in BUTTONS),
    *({"keyboard": rows} for rows in BUTTONS),
    *([entity] for entity in ENTITIES),
    [{"type": "text_link", "offset": 0, "length": 1}],
    [{"type": "bold", "offset": 10**30, "length": 1}],
    *MEDIA,
    *([one, one] for one in MEDIA),
    {"type": "chat"},
    {"message_id": "x"},
    {"message_id": []},
    [{"command": 1, "description": 2}],
]
METHODS = sorted(set(NAMES.values()) - {"getUpdates", "setWebhook"})


@pytest.mark.parametrize("method", METHODS)
async def test_nonsense(api: Api, sim: SimClient, person: int, method: str) -> None:
    sent = await api.call("sendMessage", chat_id=person, text="a")
    fixed = {
        "chat_id": person,
        "message_id": sent["message_id"],
        "text": "b",
        "user_id": person,
        "action": "typing",
    }
    fields, dice = list(bot_api().methods[method]), random.Random(method)
    for name in fields:
        for value in dice.sample(VALUES, len(VALUES) // 2):
            await _sane(api, method, {k: v for k, v in fixed.items() if k in fields} | {name: value})
    for _ in range(20):
        await _sane(api, method, {name: dice.choice(VALUES) for name in fields})


async def _sane(api: Api, method: str, values: dict[str, Any]) -> None:
    answer = await api.http.post(method, json=values)
    assert answer.status_code in {200, 400, 403, 404}, (method, values, answer.text)
    body = answer.json()
    if body["ok"]:
        assert bot_api().problems_of_result(method, body["result"]) == [], (method, values)
    else:
        assert body["description"], (method, values)
