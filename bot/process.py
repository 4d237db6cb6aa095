"""The running process: channels, worker, senders, pages and the clock work, from start to a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from bot.away import Presence
from bot.chores import chores_of
from bot.clock import FollowedClock, Progress
from bot.compose import Installation, compose
from bot.context import Home
from bot.delivery import Sender
from bot.listening import LateServer, listen
from bot.opening import open_channels
from bot.settings import Settings
from bot.shares import Alone
from bot.together import chores_of_accounts, in_turn, release_all, release_own, take_new
from bot.watching import Watch, WatchServer
from db import due
from db.errors import ChannelRefused, StartRefused, StoreError
from db.outbox import Priority
from scheduler.clock_work import ClockWork

if TYPE_CHECKING:
    from uvicorn import Server

log = logging.getLogger(__name__)
LAST_WORDS_SECONDS = 8  # [O] out within 10 s of SIGTERM
COLLECT_AFTER = (10_000, 20, 50)  # [O] objects made; then rounds of the younger generations


async def run(
    settings: Settings,
    ready: Callable[[], None],
    environ: Mapping[str, str] = os.environ,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Run until SIGTERM or Ctrl-C. StartRefused when it must not start. `beside` runs once it is ready."""
    with _told_to_stop() as told:
        installation = await compose(settings, environ)
        try:
            async with running(installation) as failed:
                _leave_to_collect_what_comes_now()
                ready()
                helper = asyncio.create_task(beside()) if beside else None
                await _until(told, failed)
                await _give_up(helper)
        finally:
            await installation.close()


def on_quick_loop(work: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run` on uvloop where there is one, which takes a tenth off each answer."""
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(work)
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def _leave_to_collect_what_comes_now() -> None:
    """What was loaded stays until the end: looking for garbage in it costs an eighth of each answer."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[asyncio.Future[None]]:
    """Everything under way; the future fails when a part of it cannot go on."""
    await open_channels(installation.channels.values())
    process = _Process(installation)
    await process.start()
    try:
        yield process.failed
    finally:
        await process.stop()


class _Process:
    """The tasks of a running installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._home: Home = installation.home
        self._tasks: list[asyncio.Task[None]] = []
        self._doors: list[tuple[str, asyncio.Task[None]]] = []
        self._heard: set[asyncio.Task[None]] = set()
        self._presence = Presence(self._home.store, installation.clock)
        watch = _watch_of(installation)
        self._watch = watch
        self._server = LateServer(partial(_page_server, installation, watch))
        self._watch_server = WatchServer(installation.settings.web, watch)
        ours = chores_of_accounts(installation)
        chores = [*in_turn(chores_of(installation.settings), installation.shares), *ours]
        self._clock_work = ClockWork(self._home, chores, installation.clock.now)
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        """Take up what was left, then open the doors."""
        web = self._installation.settings.web
        listening, watched = listen(web.host, web.port, "web.port"), self._watch_server.listen()
        if isinstance(self._installation.clock, FollowedClock):
            self._go(self._installation.clock.follow(self._progress, self._wake_all))
        self._watch_presence()
        shares = self._installation.shares
        if isinstance(shares, Alone):
            await release_all(self._home.store, self._installation.clock.now())
            await self._gain(list(self._installation.channels))
        else:
            await shares.begin(self._gain, self._lose, self._hear)
        self._go(self._server.serve([listening]))
        if watched:
            self._go(self._watch_server.serve(watched))
        self._clock_work.start()
        self._watch.opened(self._doors)

    async def _gain(self, accounts: Sequence[str]) -> None:
        """Work for these: what was left first, then what comes, and what is to be sent."""
        for name in accounts:
            self._presence.forget(name)
        await self._installation.worker.resume(accounts)
        for name in accounts:
            self._doors.append((name, self._go(self._door(name))))
        for sender in self._senders_of(accounts):
            self._go(sender.run())

    async def _door(self, account: str) -> None:
        """Take updates until cancelled; where the platform calls us, the door just stays open."""
        await self._installation.channels[account].listen(self._installation.worker.take_in)
        await asyncio.Event().wait()

    async def _lose(self, accounts: Sequence[str]) -> None:
        """Work for these no more: another process does, or will."""
        for name, door in [pair for pair in self._doors if pair[0] in accounts]:
            door.cancel()
            self._doors.remove((name, door))
        for sender in self._senders_of(accounts):
            sender.stop()
        await self._installation.worker.leave(accounts, LAST_WORDS_SECONDS)
        for sender in self._senders_of(accounts):
            if self._installation.shares.holds(sender.account):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WORDS_SECONDS):
                        await sender.idle()
            await sender.abandon()
        await release_own(self._installation, accounts)

    def _hear(self, accounts: Sequence[str]) -> None:
        """Another process stored something for these."""
        task = asyncio.create_task(take_new(self._installation.worker, accounts))
        self._heard.add(task)
        task.add_done_callback(self._heard.discard)

    def _senders_of(self, accounts: Sequence[str]) -> list[Sender]:
        return [sender for sender in self._installation.senders if sender.account in accounts]

    def _watch_presence(self) -> None:
        """A poll that came back is a sign of its platform; a platform that calls us is there while we are."""
        presence = self._presence
        self._installation.worker.heard = presence.seen
        for account in self._installation.settings.channels:
            if account.mode == "webhook":
                self._go(presence.beat(account.name))

    async def stop(self) -> None:
        """No new updates; what is being handled is finished, what is being sent is recorded."""
        self._watch.closing()
        self._clock_work.stop()
        for sender in self._installation.senders:
            sender.stop()
        self._server.stop()
        self._watch_server.stop()
        for _, door in self._doors:
            door.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._installation.worker.finish()
                await asyncio.gather(*(sender.idle() for sender in self._installation.senders))
        await self._installation.worker.abandon()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not isinstance(self._installation.shares, Alone):
            await self._installation.shares.end()

    def _go(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._look_at)
        self._tasks.append(task)
        return task

    def _look_at(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        if isinstance(error, ChannelRefused):
            self.failed.set_exception(StartRefused(str(error)))
        elif error is not None:
            self.failed.set_exception(error)

    def _wake_all(self) -> None:
        self._clock_work.wake()
        for sender in self._installation.senders:
            sender.wake()

    async def _progress(self) -> Progress:
        try:
            return await self._looked_up()
        except StoreError as error:
            log.warning("what waits is not known while the store is away: %s", error)
            return Progress(self._clock_work.next_due, backlog=1)

    async def _looked_up(self) -> Progress:
        now = self._installation.clock.now()
        quiet = any(sender.is_quiet(now) for sender in self._installation.senders)
        worst = Priority.MEETING if quiet else Priority.BULK
        waiting = await self._home.store.read(due.waiting_count, now, worst)
        later = await self._home.store.read(_next_message, list(self._installation.channels), worst)
        moments = [moment for moment in (self._clock_work.next_due, later) if moment is not None]
        backlog = waiting + self._installation.worker.backlog + self._clock_work.busy
        return Progress(min(moments, default=None), backlog)


def _watch_of(installation: Installation) -> Watch:
    settings = installation.settings
    store, clock = installation.home.store, installation.clock
    return Watch(store, clock, installation.metrics, settings.bots, settings.zone)


def _next_message(session: Session, channels: list[str], worst: Priority) -> Any:
    return due.next_due(session, channels, worst)


def _page_server(installation: Installation, watch: Watch) -> Server:
    from bot.serving import server, web_app

    made = server(web_app(installation, watch))
    gc.freeze()  # what was loaded for it stays
    return made


@contextlib.contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """Set by SIGTERM or Ctrl-C. A second one changes nothing: the end is under way, and bounded."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    signs = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(sign) for sign in signs]
    for sign in signs:
        loop.add_signal_handler(sign, told.set)
    try:
        yield told
    finally:
        for sign, handler in zip(signs, before, strict=True):
            loop.remove_signal_handler(sign)
            signal.signal(sign, handler)


async def _until(told: asyncio.Event, failed: asyncio.Future[None]) -> None:
    """Until we are told to stop; raises when a part cannot go on."""
    waiting = asyncio.ensure_future(told.wait())
    either: list[asyncio.Future[Any]] = [waiting, failed]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    await _give_up(waiting)
    if failed.done():
        failed.result()
    failed.cancel()


async def _give_up(task: asyncio.Task[Any] | None) -> None:
    if task is None:
        return
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
