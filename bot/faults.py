"""Named fault points of the process, for tests that end it exactly where it hurts.

`MUNGBA_FAULTS` holds entries such as `outbox.claimed:3=kill`, `inbox.answered:1=raise` or
`outbox.sent:*=pause:0.5`, separated by commas: at the third, first or every passing of a point the process
is killed, an error is raised, or it waits so many seconds. Without the variable a point costs one look into
an empty dictionary. Refused beside a platform that is not on this machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Generator, Iterable, Mapping

from msgspec import Struct

from bot.loopback import is_loopback
from db.errors import StartRefused

VARIABLE = "MUNGBA_FAULTS"
POINTS = frozenset(
    {
        "inbox.storing",  # taken from the platform, not yet stored
        "inbox.stored",  # committed, not yet acknowledged
        "inbox.answering",  # handled, the answer not yet stored
        "inbox.answered",  # the answer is stored, nothing sent
        "inbox.sending",  # just before the answer goes out
        "inbox.sent",  # the platform took it, nothing recorded
        "inbox.finished",  # recorded as done
        "outbox.claimed",
        "outbox.sending",
        "outbox.sent",
        "outbox.recorded",
    }
)
_ENTRY = re.compile(r"(?P<point>[a-z.]+):(?P<hit>\*|[1-9]\d*)=(?P<deed>kill|raise|pause:\d+(\.\d+)?)")
EVERY = 0


class FaultRaised(Exception):
    """The error that `…=raise` asks for."""


class _Fault(Struct):
    """What happens at the n-th passing (`EVERY`: at each)."""

    hit: int
    deed: str
    passed: int = 0

    async def pass_by(self, name: str) -> None:
        self.passed += 1
        if self.hit not in {EVERY, self.passed}:
            return
        if self.deed == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.deed == "raise":
            raise FaultRaised(name)
        await asyncio.sleep(float(self.deed.removeprefix("pause:")))


_armed: dict[str, list[_Fault]] = {}


def point(name: str) -> Awaitable[None]:
    """A place where a test can end, break or hold the process. Await it; a no-op unless armed."""
    return _pass_by(_armed[name], name) if name in _armed else _NOTHING


async def _pass_by(faults: Iterable[_Fault], name: str) -> None:
    for fault in faults:
        await fault.pass_by(name)


class _Nothing:
    """Over as soon as it is awaited."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_NOTHING = _Nothing()


def arm(addresses: Iterable[str], environ: Mapping[str, str] = os.environ) -> None:
    """Arm what the environment names (nothing: disarm). StartRefused beside a real platform's address."""
    _armed.clear()
    wanted = environ.get(VARIABLE, "").strip()
    if not wanted:
        return
    real = next((address for address in addresses if not is_loopback(address)), None)
    if real is not None:
        raise StartRefused(
            f"{VARIABLE} is for tests on this machine only, and a channel talks to {real}: unset it"
        )
    for entry in wanted.split(","):
        _arm_one(entry.strip())


def _arm_one(entry: str) -> None:
    found = _ENTRY.fullmatch(entry)
    if found is None or found["point"] not in POINTS:
        raise StartRefused(
            f"{VARIABLE}: '{entry}' names no fault; write for example inbox.stored:1=kill. "
            f"Points: {', '.join(sorted(POINTS))}"
        )
    hit = EVERY if found["hit"] == "*" else int(found["hit"])
    _armed.setdefault(found["point"], []).append(_Fault(hit, found["deed"]))
