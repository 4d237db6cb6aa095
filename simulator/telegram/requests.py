"""Reading a call's values out of an HTTP request: query, form, multipart or JSON."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request

from simulator.telegram.arguments import Arguments, Upload
from simulator.telegram.checks import UPLOAD
from simulator.telegram.errors import Refusal, bad

_SLACK = 1 << 20  # fields beside the file
_MAX_FIELD = 1 << 20


async def read_arguments(request: Request) -> Arguments:
    """Values of the query and the body together; the body wins. Raises Refusal."""
    values: dict[str, Any] = dict(parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True))
    if request.method != "POST":
        return Arguments(values)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length") or 0) > UPLOAD + _SLACK:
        raise Refusal(413, "Request Entity Too Large")
    if kind == "multipart/form-data":
        return await _multipart(request, values)
    body = await request.body()
    if kind == "application/json" and body.strip():
        values |= _json(body)
    elif kind == "application/x-www-form-urlencoded":
        values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Arguments(values)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise bad("can't parse request body as a JSON object") from None
    if not isinstance(value, dict):
        raise bad("object expected as request body")
    return value


async def _multipart(request: Request, values: dict[str, Any]) -> Arguments:
    uploads: dict[str, Upload] = {}
    async with request.form(max_files=20, max_fields=200, max_part_size=_MAX_FIELD) as form:
        for name, part in form.multi_items():
            if isinstance(part, UploadFile):
                uploads[name] = Upload(part.filename or "", part.content_type or "", await part.read())
            else:
                values[name] = part
    return Arguments(values, uploads)
