"""Bots and simulators that start at once: a helper has loaded everything, and each process is a fork of it.

Loading costs more than all else that a start does, and the benches and tests start hundreds. What is forked
is a process of its own as any other: it can be killed, and its exit code is its own.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[1]
CHANNELS = ("telegram", "zalo_bot", "zalo_oa")
LATE = (
    "alembic.command",
    "httpcore",
    "anyio._backends._asyncio",
    "uvicorn.protocols.http.httptools_impl",
    "encodings.idna",
    "jinja2",
    "python_calamine",
    "xlsxwriter",
    "sqlalchemy.dialects.sqlite",
    "uvloop",
)
OURS = (
    "bot.process",
    "bot.serving",
    "bot.desk",
    "bot.checking",
    "bot.keeping",
    "bot.fair_shares",
    "bot.channels.telegram.files",
    "bot.channels.telegram.webhook",
    "bot.channels.telegram.transfer",
    "db.postgres",
    "handlers.office.questions",
    "handlers.office.roster",
    "simulator.server",
    "web.pages.upload",
    *(f"bot.channels.{name}.channel" for name in CHANNELS),
)
LOADED = (*OURS, *LATE)
STDERR = 2
_ASKING = threading.Lock()  # else who asks at the same time may be told the other's process
LARGEST = 1 << 17  # bytes of a request: arguments and environment


class Forked:
    """A running process, with the part of `subprocess.Popen` that its users need."""

    def __init__(self, pid: int, stdout: IO[str], fate: int) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._fate = fate

    def send_signal(self, sign: int) -> None:
        """Nothing when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has, and we are about to hear of it
                os.kill(self.pid, sign)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit code once it has ended."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("bot", timeout or 0)
        return code

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._fate], [], [], timeout)[0]:
            told = os.read(self._fate, 16)
            os.close(self._fate)
            self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode


def start(arguments: Sequence[str], environment: Mapping[str, str], log: IO[str]) -> Forked:
    """`python -m bot` with these arguments; standard error goes to `log`."""
    return _start("bot", arguments, environment, log.fileno())


def simulator(command: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """See `simulator.process.launch`: `command` begins with `python -m simulator`."""
    return _start("simulator", command[3:], environment, STDERR)


def _start(program: str, arguments: Sequence[str], environment: Mapping[str, str], log: int) -> Forked:
    out_read, out_write = os.pipe()
    fate_read, fate_write = os.pipe()
    asked = json.dumps([program, list(arguments), dict(environment)]).encode()
    try:
        with _ASKING:
            helper = _helper()
            socket.send_fds(helper, [asked], [out_write, log, fate_write])
            pid = int(helper.recv(16))
    finally:
        os.close(out_write)
        os.close(fate_write)
    return Forked(pid, os.fdopen(out_read, encoding="utf-8"), fate_read)


@cache
def _helper() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST)
    command = [sys.executable, "-m", "bench.warm", str(theirs.fileno())]
    helper = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(helper.wait)
    atexit.register(ours.close)
    return ours


# In the helper


def serve(asked: socket.socket) -> None:
    """Fork what is asked for and tell its fate, until nobody asks any more."""
    _load()
    died, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    fates: dict[int, int] = {}
    while True:
        watched: list[socket.socket | int] = [asked, died]
        ready, _, _ = select.select(watched, [], [])
        if died in ready:
            os.read(died, 4096)
            _tell_fates(fates)
        if asked in ready and not _answer(asked, fates, lambda: _forget(asked, died, told, *fates.values())):
            return


def _load() -> None:
    """What each process would load or make for itself; frozen, so that no search for garbage copies it."""
    for module in LOADED:
        import_module(module)
    from sqlalchemy.orm import configure_mappers

    from locales.words import LANGUAGES, sentences

    configure_mappers()
    for language in LANGUAGES:
        sentences(language)
    gc.collect()
    gc.freeze()


def _answer(asked: socket.socket, fates: dict[int, int], forget: Callable[[], None]) -> bool:
    """False when the other side is gone."""
    data, handed, _, _ = socket.recv_fds(asked, LARGEST, 3)
    if not data:
        return False
    program, arguments, environment = json.loads(data)
    pid = os.fork()
    if pid == 0:
        forget()
        os.close(handed[2])
        _become(program, arguments, environment, handed[0], handed[1])
    os.close(handed[0])
    os.close(handed[1])
    fates[pid] = handed[2]
    asked.send(str(pid).encode())
    return True


def _forget(asked: socket.socket, *pipes: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked.close()
    for pipe in pipes:
        os.close(pipe)


def _become(program: str, arguments: list[str], environment: dict[str, str], out: int, log: int) -> NoReturn:
    os.dup2(out, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    sys.argv = [program, *arguments]
    code = 1
    try:
        PROGRAMS[program]()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _bot() -> None:
    from bot.cli import main

    main()


def _simulator() -> None:
    from simulator.options import read_options
    from simulator.server import run

    run(read_options())


PROGRAMS = {"bot": _bot, "simulator": _simulator}


def _tell_fates(fates: dict[int, int]) -> None:
    while fates:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        fate = fates.pop(pid)
        os.write(fate, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(fate)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
