"""Answers of the platform's door as bytes, and the HTTP around them."""

from typing import Any

import msgspec
from starlette.responses import Response

from simulator.damage import Damage
from simulator.models import Pending
from simulator.telegram.errors import Refusal

_encode = msgspec.json.encode


class Done(msgspec.Struct):
    """A finished call: status, JSON body and what the journal says about it.

    `damage` tells how the answer is spoilt on its way.
    """

    status: int
    body: bytes
    description: str = ""
    retry_after: int | None = None
    damage: Damage | None = None


def success(result: Any) -> Done:
    description = ""
    if isinstance(result, tuple):
        result, description = result
    told = {"description": description} if description else {}
    return Done(200, _encode({"ok": True, "result": result, **told}))


def failure(refusal: Refusal) -> Done:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    parameters = {"retry_after": refusal.retry_after, "migrate_to_chat_id": refusal.migrate_to}
    told = {name: value for name, value in parameters.items() if value is not None}
    if told:
        body["parameters"] = told
    return Done(refusal.code, _encode(body), refusal.description, refusal.retry_after)


def updates_body(batch: list[Pending]) -> Done:
    return Done(200, b'{"ok":true,"result":[' + b",".join(update.body for update in batch) + b"]}")


def respond(done: Done) -> Response:
    headers = {} if done.retry_after is None else {"Retry-After": str(done.retry_after)}
    return Response(done.body, done.status, headers, "application/json")
