"""What comes to a listener that is no request of a platform or a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.limits import LONGEST_HEAD
from bot.listening import LateServer, listen
from bot.serving import server

FILLER = b"x" * 1000


async def _size(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def port() -> AsyncIterator[int]:
    serving = LateServer(lambda: server(Starlette(routes=[Route("/", _size, methods=["POST"])])))
    listening = listen("127.0.0.1", 0, "web.port")
    task = asyncio.create_task(serving.serve([listening]))
    yield listening.getsockname()[1]
    serving.stop()
    await asyncio.wait_for(task, 60)


async def _said(port: int, sent: bytes) -> bytes:
    """The first line of what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer.strip()


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n0\r\n"


@pytest.mark.parametrize("before", [b"", CHUNKED], ids=["head", "trailer"])
@pytest.mark.parametrize("again", [b"x", b"x\r\nX-More: "], ids=["one long", "many"])
async def test_a_head_that_never_ends_is_refused(port: int, before: bytes, again: bytes) -> None:
    begun = b"POST / HTTP/1.1\r\nHost: x\r\n" + before + b"X-Long: "
    endless = begun + again * LONGEST_HEAD
    assert await _said(port, endless[: LONGEST_HEAD + 1]) == b"HTTP/1.1 400 Bad Request"


async def test_a_long_body_is_no_long_head(port: int) -> None:
    body = b"x" * LONGEST_HEAD * 3
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert await _said(port, head + body) == b"HTTP/1.1 200 OK"


async def test_requests_one_after_the_other_count_alone(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(LONGEST_HEAD // len(FILLER) + 5):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\nContent-Length: 2\r\n\r\n{}" % FILLER)
        answer = await reader.readuntil(b"\r\n\r\n2")
        assert answer.startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


async def test_what_is_no_request(port: int) -> None:
    assert await _said(port, b"\x16\x03\x01 something else\r\n\r\n") == b"HTTP/1.1 400 Bad Request"


async def test_what_nobody_visits_is_not_made_and_ends_when_told() -> None:
    made = []

    def make() -> NoReturn:
        made.append(1)
        raise AssertionError

    serving, listening = LateServer(make), listen("127.0.0.1", 0, "web.port")
    task = asyncio.create_task(serving.serve([listening]))
    await asyncio.sleep(0)
    serving.stop()
    await asyncio.wait_for(task, 60)
    assert made == []
    assert listening.fileno() == -1
