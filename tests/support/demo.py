"""`python -m bot demo` as a person starts it: a process in a group of its own, ended by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from simulator.ports import free_port
from tests.support.installation import ROOT

READY = "Mùng Ba: "
READY_SECONDS = 120
END_SECONDS = 90


@dataclass
class Demo:
    """A demo in `folder`; `page` is its address once it is ready."""

    folder: Path
    port: int = field(default_factory=lambda: free_port(in_a_row=2))
    page: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def command(self) -> list[str]:
        """What is typed."""
        port = ["--port", str(self.port)]
        return [sys.executable, "-m", "bot", "demo", "--no-browser", *port, "--data", str(self.folder)]

    @property
    def complaints(self) -> str:
        """Everything on standard error so far."""
        return self.folder.with_suffix(".err").read_text("utf-8")

    def start(self) -> str:
        """Start; the first line on standard output, '' when it ended without one."""
        with self.folder.with_suffix(".err").open("a") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        watch = threading.Timer(READY_SECONDS, self.process.kill)
        watch.start()
        line = self.process.stdout.readline() if self.process.stdout else ""
        watch.cancel()
        self.page = line.removeprefix(READY).strip()
        return line

    def press_ctrl_c(self) -> None:
        """SIGINT to everything in the foreground, as a terminal sends it."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to the demo alone."""
        if self.process is not None:
            self.process.kill()

    def ended(self) -> tuple[int, str]:
        """Wait for the end: exit code, and what was said after the first line."""
        if self.process is None:
            return 0, ""
        try:
            rest, _ = self.process.communicate(timeout=END_SECONDS)
        finally:
            self.process.kill()
        code, self.process = self.process.returncode, None
        return code, rest

    def stop(self) -> tuple[int, str]:
        """Ctrl-C and the end."""
        self.press_ctrl_c()
        return self.ended()
