"""The web side: pages opened from a link in a chat, and whether we live and can work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from web.checkin_screen import CheckinScreen
from web.guard import Guard
from web.health import Readiness, health_routes
from web.home import WebHome
from web.pages.door import PersonalPages
from web.pictures import Pictures

_STATIC = Path(__file__).parent / "static"


def build_web(home: WebHome, more: Sequence[BaseRoute] = (), readiness: Readiness | None = None) -> Starlette:
    """All pages as one ASGI application; `more`: routes of the process, such as a channel's webhook."""
    routes = [
        *health_routes(readiness),
        *CheckinScreen(home).routes(),
        *Pictures(home).routes(),
        *PersonalPages(home).routes(),
        Mount("/static", StaticFiles(directory=_STATIC)),
        *more,
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])
