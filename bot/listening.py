"""Sockets of the process, taken at the start; what serves them comes with the first visitor."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from db.errors import StartRefused

if TYPE_CHECKING:
    from uvicorn import Server


class LateServer:
    """A server that is loaded and made, with all its pages, when somebody connects.

    Most processes talk with people in chats for hours before a page is opened; a start need not wait for it.
    """

    def __init__(self, make: Callable[[], Server]) -> None:
        self._make = make
        self._made: Server | None = None
        self._somebody = asyncio.Event()
        self._stopped = False

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Serve until told to stop; the sockets are closed at the end."""
        try:
            await self._visitor(sockets)
            if not self._stopped:
                self._made = self._make()
                await self._made.serve(sockets)
        finally:
            for listening in sockets:
                listening.close()

    def stop(self) -> None:
        """Take nobody new."""
        self._stopped = True
        self._somebody.set()
        if self._made is not None:
            self._made.should_exit = True

    async def _visitor(self, sockets: Sequence[socket.socket]) -> None:
        """Until somebody connects to one of them, or all is over."""
        loop = asyncio.get_running_loop()
        for listening in sockets:
            loop.add_reader(listening, self._somebody.set)
        try:
            await self._somebody.wait()
        finally:
            for listening in sockets:
                loop.remove_reader(listening)


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
