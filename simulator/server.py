"""One process, one loop: the world behind uvicorn, bound to this machine only."""

import asyncio
import contextlib
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvicorn

from simulator import people
from simulator.app import App
from simulator.clock import moment_of
from simulator.floods import Floods
from simulator.options import DEFAULT_BOT, Options, bot_of
from simulator.security import Guard
from simulator.store import FILE, Store
from simulator.telegram.platform import Telegram
from simulator.world import World

LOOPBACK = "127.0.0.1"
_STOP_WITHIN = 2  # seconds
_KEEP_ALIVE = (
    75  # seconds, longer than any caller keeps an idle connection: who closes first loses no request
)


class _Server(uvicorn.Server):
    """Ends open streams when asked to stop: a page listens for ever."""

    def __init__(self, config: uvicorn.Config, app: App, link: str) -> None:
        super().__init__(config)
        self._app = app
        self._link = link

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"simulator ready {self._link}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._app.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but a signal that ended us in order is not raised again: exit 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def make_world(options: Options, store: Store) -> World:
    """The stored world, with what the command line adds to it."""
    world = World(store, options.pause_scale)
    if options.start and not any(True for _ in store.rows("offset", float)):
        world.clock.move_to(moment_of(options.start))
        store.put("offset", "clock", world.clock.offset)
    wanted = options.bots or ([] if world.bots else [bot_of(DEFAULT_BOT)])
    for bot in wanted:
        world.add_bot(bot.token, bot.username, bot.title, bot.platform)
    if options.people:
        for wish in msgspec.json.decode(options.people.read_bytes()):
            people.add(world, wish)
    return world


def _listen(port: int) -> socket.socket:
    # The loop sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as problem:
        listening.close()
        raise SystemExit(f"cannot listen on {LOOPBACK}:{port}: {problem.strerror}") from None
    return listening


def _end_with_stdin(server: uvicorn.Server) -> None:
    """A parent holds the other end of the pipe; however it ends, the pipe ends too."""
    stdin = sys.stdin.fileno()
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            server.should_exit = True

    loop.add_reader(stdin, look)


async def _serve(app: App, listening: socket.socket, link: str, *, end_with_stdin: bool) -> None:
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=_STOP_WITHIN,
        timeout_keep_alive=_KEEP_ALIVE,
    )
    server = _Server(config, app, link)
    if end_with_stdin:
        _end_with_stdin(server)
    app.open()
    flushing = asyncio.create_task(app.telegram.world.store.keep_flushing())
    try:
        await server.serve([listening])
    finally:
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)


def _opened(folder: Path) -> Store:
    try:
        return Store(folder)
    except (sqlite3.Error, OSError) as problem:
        raise SystemExit(
            f"{folder / FILE} cannot be used ({problem}): begin anew in another folder"
        ) from None


def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM."""
    key = os.environ.get("SIMULATOR_KEY") or secrets.token_urlsafe(18)
    listening = _listen(options.port)
    store = _opened(options.data)
    port = listening.getsockname()[1]
    try:
        telegram = Telegram(make_world(options, store), Floods(options.flood))
        app = App(telegram, Guard(key, port))
        link = f"http://{LOOPBACK}:{port}/?key={key}"
        asyncio.run(_serve(app, listening, link, end_with_stdin=options.end_with_stdin))
    finally:
        listening.close()
        store.close()
