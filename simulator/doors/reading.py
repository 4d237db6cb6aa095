"""Reading values of the people door's requests. Everything wrong is Refused with a sentence."""

from typing import Any

import msgspec
from starlette.requests import Request

from simulator.errors import Refused

_UNSUPPORTED = 415


async def json_body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused("send JSON with content-type application/json", _UNSUPPORTED)
    try:
        value = msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        raise Refused("the body is no JSON") from None
    if not isinstance(value, dict):
        raise Refused("the body must be a JSON object")
    return value


def text(values: dict[str, Any], name: str, default: str | None = None) -> str:
    value = values.get(name, default)
    if not isinstance(value, str):
        raise Refused(f"{name} must be a text")
    return value


def whole(values: dict[str, Any], name: str) -> int:
    value = values.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{name} must be a whole number")
    return value


def number(values: dict[str, Any], name: str) -> float:
    try:
        return float(values[name])
    except (KeyError, TypeError, ValueError):
        raise Refused(f"{name} must be a number") from None


def flag(values: dict[str, Any], name: str) -> bool:
    value = values.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{name} must be true or false")
    return value


def query_number(request: Request, name: str, default: int, top: int = 2**53) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    try:
        return min(int(value), top)
    except ValueError:
        raise Refused(f"{name} must be a whole number") from None
