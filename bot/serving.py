"""What the process serves by HTTP, and the server that does; loaded with the first who asks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.compose import Installation
from bot.limits import LONGEST_HEAD
from bot.watching import Watch
from handlers.checkin.typed import rules_of
from locales.words import Words
from web.app import build_web
from web.health import figures_route, health_routes
from web.home import WebHome

KEEP_ALIVE_SECONDS = 75  # longer than any caller keeps an idle connection: who closes first loses no request


def server(app: ASGIApp) -> uvicorn.Server:
    """A server for `app`, to be run on sockets of ours."""
    config = uvicorn.Config(
        app,
        http=_BoundedHeads,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return _QuietServer(config)


class _BoundedHeads(HttpToolsProtocol):
    """A request whose head or trailer never ends is not gathered for ever: the parser knows no limit."""

    _beside_the_body = 0  # bytes of this request

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._beside_the_body += len(data)
        super().data_received(data)
        if self._beside_the_body > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_body(self, body: bytes) -> None:
        """See `HttpToolsProtocol`."""
        self._beside_the_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See `HttpToolsProtocol`."""
        self._beside_the_body = 0
        super().on_message_complete()


class _QuietServer(uvicorn.Server):
    """Signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def web_app(installation: Installation, watch: Watch | None = None) -> Starlette:
    """Pages and webhook doors in one application."""
    first = next(iter(installation.channels))
    home = WebHome(
        store=installation.home.store,
        words=Words(),
        checkin=rules_of(installation.settings),
        start_link=lambda payload: installation.home.links.start(first, payload),
        now=installation.clock.now,
        public_url=installation.settings.web.public_url,
    )
    take_in = installation.worker.take_in
    doors = [route for channel in installation.channels.values() for route in channel.web_routes(take_in)]
    return build_web(home, doors, watch.readiness if watch else None)


def watch_app(watch: Watch) -> Starlette:
    """`/metrics`, `/healthz` and `/readyz`."""
    return Starlette(routes=[*health_routes(watch.readiness), figures_route(watch.figures)])
