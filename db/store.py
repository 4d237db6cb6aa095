"""The store: use cases are plain functions over a `Session`; handlers await them here.

Whatever waits is run in one transaction, with one durable commit for all of it. Each use case has a savepoint
of its own; what many share does without, as long as nothing fails. `write` returns only after that commit.
`db/sqlite.py` and `db/postgres.py` say how on each.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Concatenate, ParamSpec, Protocol, TypeVar

from msgspec import Struct, field
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from db.errors import MungBaError

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")
Refusal = MungBaError
MAX_BATCH = 256
ALONG_SECONDS = 0.05  # [O] until what goes along with others has a transaction of its own
Committed = Callable[[int, float], None]
"""Hears of each transaction: how many use cases, how many seconds. Called on the event loop."""
Mailed = Callable[[Collection[str]], None]
"""Hears which channel accounts have new messages, once they are committed. Called on the event loop."""


class Store(Protocol):
    """What handlers, scheduler and delivery ask of a database."""

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run `use_case(session, …)` in a transaction; returns after COMMIT, raises with nothing saved."""

    async def write_each(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """Run `use_case(session, items)` once for all who ask for it now; this item's result, after COMMIT.

        For hot paths: a few prepared statements, however many items. An error returned in an item's place
        is raised to whoever asked; when the use case itself raises, each item is tried alone.
        """

    def write_along(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[object]], item: Item
    ) -> asyncio.Future[None]:
        """As `write_each`, in the next transaction of others or a moment later: where nobody waits for it.

        All that go along together have one future, which fails when one of them does.
        """

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `query(session, …)` on a snapshot that cannot be changed."""

    async def read_each(
        self, query: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """Run `query(session, items)` once for all who ask for it now; this item's result.

        An error returned in an item's place is raised to whoever asked.
        """

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""


class Job(Struct):
    """A use case that waits for its transaction."""

    run: Callable[[Session], Any]
    done: asyncio.Future[Any]
    size: ClassVar[int] = 1

    def settle(self, outcome: Outcome) -> None:
        """Tell whoever waits."""
        _settle(self.done, outcome)


class SharedJob(Struct):
    """A use case that many have asked for: run once for all their items."""

    use_case: Callable[[Session, Sequence[Any]], Sequence[Any]]
    items: list[Any] = field(default_factory=list)
    waiting: list[asyncio.Future[Any]] = field(default_factory=list)

    def add(self, item: Any) -> asyncio.Future[Any]:
        """One more; its result is to be waited for."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.items.append(item)
        self.waiting.append(done)
        return done

    def run(self, session: Session) -> list[Any]:
        """Everybody's results, in order."""
        return list(self.use_case(session, self.items))

    @property
    def size(self) -> int:
        """How many asked."""
        return len(self.items)

    def apart(self) -> list[SharedJob]:
        """The same for each item alone."""
        return [SharedJob(self.use_case, [item]) for item in self.items]

    def settle(self, outcome: Outcome) -> None:
        """Tell everybody who waits."""
        if outcome.error is not None:
            for done in self.waiting:
                _settle(done, outcome)
            return
        for done, value in zip(self.waiting, outcome.value, strict=True):
            failed = isinstance(value, Exception)
            _settle(done, Outcome(error=value) if failed else Outcome(value))


class AlongJob(SharedJob):
    """As `SharedJob`, with one future for all."""

    def settle(self, outcome: Outcome) -> None:
        """Tell that it is done, or the first thing that was wrong."""
        values = outcome.value or ()
        error = outcome.error or next((one for one in values if isinstance(one, Exception)), None)
        _settle(self.waiting[0], Outcome(error=error))


AnyJob = Job | SharedJob


class Outcome(Struct):
    """What came of a job: a value, or why nothing of it was saved."""

    value: Any = None
    error: BaseException | None = None


class BatchingStore(ABC):
    """One writer thread for everything that waits, a few threads that read."""

    def __init__(self, write_engine: Engine, read_engine: Engine, readers: int) -> None:
        self._write_engine = write_engine
        self._read_engine = read_engine
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._waiting: list[Job] = []
        self._shared: dict[Callable[..., Any], SharedJob] = {}
        self._along: dict[Callable[..., Any], AlongJob] = {}
        self._alone = False  # what goes along with others waits no longer for them
        self._asked: dict[Callable[..., Any], SharedJob] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._drain: asyncio.Task[None] | None = None
        self.committed: Committed = _nobody_counts
        self.mailed: Mailed = _nobody_sends
        self._mailed: set[str] = set()

    async def write(
        self, use_case: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See `Store.write`."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(lambda session: use_case(session, *args, **kwargs), done))
        self._start()
        return await done

    async def write_each(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """See `Store.write_each`."""
        shared = self._shared.get(use_case)
        if shared is None:
            shared = self._shared[use_case] = SharedJob(use_case)
            self._start()
        result: R = await shared.add(item)
        return result

    def write_along(
        self, use_case: Callable[[Session, Sequence[Item]], Sequence[object]], item: Item
    ) -> asyncio.Future[None]:
        """See `Store.write_along`."""
        along = self._along.get(use_case)
        if along is None:
            loop = asyncio.get_running_loop()
            along = self._along[use_case] = AlongJob(use_case, waiting=[loop.create_future()])
            loop.call_later(ALONG_SECONDS, self._go_alone)
        along.items.append(item)
        return along.waiting[0]

    def _go_alone(self) -> None:
        self._alone = bool(self._along)
        self._start()

    def _start(self) -> None:
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._drain_waiting())

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Store.read`."""
        return await self._ask(lambda: self._query(lambda session: query(session, *args, **kwargs)))

    async def read_each(
        self, query: Callable[[Session, Sequence[Item]], Sequence[R | Refusal]], item: Item
    ) -> R:
        """See `Store.read_each`."""
        asked = self._asked.get(query)
        if asked is None:
            asked = self._asked[query] = SharedJob(query)
            task = asyncio.create_task(self._answer(asked))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        result: R = await asked.add(item)
        return result

    async def _answer(self, asked: SharedJob) -> None:
        del self._asked[asked.use_case]
        try:
            asked.settle(Outcome(await self._ask_shared(asked.run)))
        except Exception as error:
            asked.settle(Outcome(error=error))

    async def close(self) -> None:
        """See `Store.close`."""
        self._go_alone()
        if self._drain is not None:
            await self._drain
        self._writer.shutdown()
        self._readers.shutdown()
        self._let_go()

    def _let_go(self) -> None:
        self._write_engine.dispose()
        self._read_engine.dispose()

    async def _drain_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._shared or self._waiting or self._alone:
            for batch in self._batches():
                began = loop.time()
                outcomes = await self._outcomes(batch)
                self.committed(sum(job.size for job in batch), loop.time() - began)
                for job, outcome in zip(batch, outcomes, strict=True):
                    job.settle(outcome)
                if self._mailed:
                    mailed, self._mailed = self._mailed, set()
                    self.mailed(mailed)

    def _batches(self) -> list[list[AnyJob]]:
        """What waits now, by transactions."""
        along: dict[Callable[..., Any], AlongJob] = {}
        if self._shared or self._alone:
            along, self._along, self._alone = self._along, {}, False
        shared, self._shared = [*along.values(), *self._shared.values()], {}
        batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
        return [[*shared, *batch]]

    async def _ask(self, query: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._readers, query)

    async def _ask_shared(self, query: Callable[[Session], R]) -> R:
        """For a query of a few prepared statements."""
        return await self._ask(lambda: self._query(query))

    @abstractmethod
    async def _outcomes(self, batch: list[AnyJob]) -> list[Outcome]:
        """Run a batch in one transaction, in the writer's thread."""

    @abstractmethod
    def _query(self, query: Callable[[Session], R]) -> R:
        """Run a query on a snapshot, in a reader's thread."""


def _nobody_counts(_use_cases: int, _seconds: float) -> None:
    """Until somebody wants to hear of transactions."""


def _nobody_sends(_accounts: Collection[str]) -> None:
    """Until somebody sends."""


def run_bare(connection: Connection, jobs: Sequence[SharedJob]) -> list[Outcome]:
    """Without savepoints, since what many share hardly ever fails; after an error all is to be undone."""
    with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
        return [_flushed(session, job) for job in jobs]


def _flushed(session: Session, job: SharedJob) -> Outcome:
    value = job.run(session)
    session.flush()
    return Outcome(value)


def only_shared(batch: Sequence[AnyJob]) -> list[SharedJob]:
    """The batch, where nothing else is in it."""
    shared = [job for job in batch if isinstance(job, SharedJob)]
    return shared if len(shared) == len(batch) else []


def run_job(job: AnyJob, alone: Callable[[AnyJob], Outcome]) -> Outcome:
    """`alone` runs a job in a savepoint; what many share and fails for one is tried for each."""
    outcome = alone(job)
    if outcome.error is None or isinstance(job, Job) or job.size == 1:
        return outcome
    return Outcome([_first(alone(one)) for one in job.apart()])


def _first(outcome: Outcome) -> Any:
    return outcome.error if outcome.error is not None else outcome.value[0]


def _settle(done: asyncio.Future[Any], outcome: Outcome) -> None:
    if done.cancelled():
        return
    if outcome.error is not None:
        done.set_exception(outcome.error)
    else:
        done.set_result(outcome.value)
