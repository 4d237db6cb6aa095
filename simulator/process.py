"""Starting and stopping the simulator as a process of its own, for tests and scripts."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self
from urllib.parse import urlsplit

from simulator.options import DEFAULT_BOT, bot_of

ROOT = Path(__file__).parent.parent
_READY = "simulator ready "
_START_TIME = 60.0  # seconds; generous, for busy machines


class Running(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    @property
    def stdout(self) -> IO[str] | None: ...

    def send_signal(self, sign: int) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def launch(command: Sequence[str], environment: Mapping[str, str]) -> Running:
    """A process as any other."""
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


@dataclass
class SimulatorProcess:
    """`with SimulatorProcess() as sim:` gives `sim.url`, `sim.key` and `sim.token`.

    port 0 takes a free one, and a later `start` the same again. Without `data` a temporary folder is used.
    `bots` and `zalo_bots` are TOKEN:USERNAME:TITLE, `zalo_oas` as `--zalo-oa` wants them; `arguments` go
    to the command line as they are. `launch` makes the process.
    """

    port: int = 0
    data: Path | None = None
    bots: list[str] = field(default_factory=lambda: [DEFAULT_BOT])
    start_at: str | None = None
    arguments: list[str] = field(default_factory=list)
    zalo_bots: list[str] = field(default_factory=list)
    zalo_oas: list[str] = field(default_factory=list)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    launch: Callable[[Sequence[str], Mapping[str, str]], Running] = launch
    _process: Running | None = field(default=None, repr=False)
    _folder: "tempfile.TemporaryDirectory[str] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The token of the first bot."""
        return bot_of(self.bots[0]).token

    @property
    def username(self) -> str:
        return bot_of(self.bots[0]).username

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the simulator does not run")
        return self._process.pid

    def _command(self) -> list[str]:
        if self.data is None:
            self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
            self.data = Path(self._folder.name)
        command = [sys.executable, "-m", "simulator", "--port", str(self.port), "--data", str(self.data)]
        for option, bots in (
            ("--bot", self.bots),
            ("--zalo-bot", self.zalo_bots),
            ("--zalo-oa", self.zalo_oas),
        ):
            command += [part for bot in bots for part in (option, bot)]
        return command + (["--start", self.start_at] if self.start_at else []) + self.arguments

    def start(self) -> None:
        """Start and wait for the ready line. Raises RuntimeError when the process ends before it."""
        process = self.launch(
            self._command(), {**os.environ, "SIMULATOR_KEY": self.key, "PYTHONUNBUFFERED": "1"}
        )
        self._process = process
        watch = threading.Timer(_START_TIME, process.kill)
        watch.start()
        line = process.stdout.readline() if process.stdout else ""
        watch.cancel()
        if not line.startswith(_READY):
            self.kill()
            raise RuntimeError(f"the simulator did not start: {line!r}")
        self.port = urlsplit(line.removeprefix(_READY)).port or 0

    def stop(self) -> int:
        """End it in order (SIGTERM); the exit status, 0 when all was well."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a power cut would."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            if process.stdout:
                process.stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
