"""For those who watch the process: can it work, what does it count. Nothing here tells of a person."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.exposition import CONTENT_TYPE, exposition
from bot.listening import LateServer, listen
from bot.loopback import is_private
from bot.metrics import Metrics
from bot.settings import Web
from db.depths import Depths, depths, probe
from db.errors import StartRefused, StoreError
from db.store import Store
from members.bots import Bot
from members.budget import left_of

if TYPE_CHECKING:
    from uvicorn import Server

log = logging.getLogger(__name__)
PROBE_SECONDS = 2.0  # a store that takes longer cannot be worked with now
PROBE_AGAIN_SECONDS = 1.0  # asked more often, the last finding is repeated


class Watch:
    """What the process tells about itself. `doors`: the tasks that take updates, each with its channel."""

    def __init__(
        self, store: Store, clock: Clock, metrics: Metrics, bots: Sequence[Bot] = (), zone: tzinfo = UTC
    ) -> None:
        self._store = store
        self._bots = bots
        self._zone = zone
        self._clock = clock
        self._metrics = metrics
        self._doors: Sequence[tuple[str, asyncio.Task[None]]] | None = None
        self._probed: tuple[float, str] = (float("-inf"), "")
        self._probing = asyncio.Lock()

    def opened(self, doors: Sequence[tuple[str, asyncio.Task[None]]]) -> None:
        """The doors are open: from now on we may be ready."""
        self._doors = doors

    def closing(self) -> None:
        """No new work, please."""
        self._doors = None

    async def readiness(self) -> str:
        """Why we cannot work now; empty when we can."""
        if self._doors is None:
            return "starting or stopping"
        shut = next((name for name, task in self._doors if task.done() and not task.cancelled()), None)
        if shut is not None:
            return f"channel {shut} takes no updates"
        return await self._store_finding()

    async def figures(self) -> tuple[bytes, str]:
        """Everything counted, as Prometheus reads it."""
        found = await self._looked_up()
        return exposition(self._metrics, *found), CONTENT_TYPE

    async def _store_finding(self) -> str:
        async with self._probing:
            at, finding = self._probed
            if monotonic() - at > PROBE_AGAIN_SECONDS:
                finding = await self._try_to_write()
                self._probed = (monotonic(), finding)
            return finding

    async def _try_to_write(self) -> str:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._store.write(probe, self._clock.now())
        except TimeoutError:
            return "the store does not answer"
        except StoreError as error:
            log.warning("the store cannot be written: %s", error)
            return "the store cannot be written"
        return ""

    async def _looked_up(self) -> tuple[Depths | None, dict[str, int]]:
        """What waits, and messages left this month of each bot that has a limit."""
        now = self._clock.now()
        month = f"{now.astimezone(self._zone):%Y-%m}"
        try:
            return await self._store.read(depths, now), await self._store.read(_left, self._bots, month)
        except StoreError as error:
            log.warning("the store cannot be read: %s", error)
            return None, {}


def _left(session: Session, bots: Sequence[Bot], month: str) -> dict[str, int]:
    return {bot.name: left_of(session, bot, month) for bot in bots if bot.messages}


class WatchServer:
    """`/metrics`, `/healthz` and `/readyz` on a listener of their own, where `web.metrics` names one."""

    def __init__(self, web: Web, watch: Watch) -> None:
        self._web = web
        self._server = LateServer(partial(_figures_server, watch))

    def listen(self) -> list[socket.socket]:
        """Its socket, none when nobody is to watch. StartRefused when it is taken."""
        if not self._web.metrics:
            return []
        host, _, port = self._web.metrics.rpartition(":")
        host = host.strip("[]")
        if not is_private(host):
            raise StartRefused(
                f"web.metrics is {self._web.metrics}, which is not private: figures are for those who run "
                "this installation; write for example 127.0.0.1:9464"
            )
        return [listen(host, int(port), "web.metrics")]

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Serve until told to stop."""
        await self._server.serve(sockets)

    def stop(self) -> None:
        """Take no new questions."""
        self._server.stop()


def _figures_server(watch: Watch) -> Server:
    from bot.serving import server, watch_app

    return server(watch_app(watch))
