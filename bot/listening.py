"""Web servers of the process: sockets taken at the start, signals left to the process."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.limits import LONGEST_HEAD
from db.errors import StartRefused

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


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; who connects from now on is served once the server runs.

    StartRefused names the `setting` to change.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)  # a named protocol: asyncio's TCP_NODELAY needs it
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()
        except OSError:
            listening.close()
            raise
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise StartRefused(f"port {port} on {host} {why}: set {setting} in config.yaml") from None
    return listening
