"""The web side: pages opened from a link in a chat, and whether we are alive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web.checkin_screen import CheckinScreen
from web.files import Files
from web.guard import Guard
from web.home import WebHome

_STATIC = Path(__file__).parent / "static"


def build_web(home: WebHome, more: Sequence[BaseRoute] = ()) -> Starlette:
    """All pages as one ASGI application; `more`: routes of the process, such as a channel's webhook."""
    routes = [
        Route("/healthz", alive),
        *CheckinScreen(home).routes(),
        *Files(home).routes(),
        Mount("/static", StaticFiles(directory=_STATIC)),
        *more,
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])


async def alive(_request: Request) -> Response:
    """The process serves pages."""
    return PlainTextResponse("ok")
