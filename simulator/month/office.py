"""What an office does at the command line: configuration, imports, codes, and the running bot."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.month.installed import Installed
from simulator.ports import free_port
from simulator.process import ROOT, SimulatorProcess

ORGANISATION = "Đảng ủy Trường Chính trị tỉnh (mẫu)"
_PATIENCE = 600.0  # seconds; join codes for 600 people are hashed slowly on purpose
_READY_WITHIN = 60.0
_END_WITHIN = 20.0


class OfficeFailed(Exception):
    """A command of the bot did not do what it should; the text is what it said."""


@dataclass
class Office:
    """An installation in a folder of its own, whose channels are the simulator."""

    folder: Path
    simulator: SimulatorProcess
    bots: Sequence[Installed]
    port: int = field(default_factory=free_port)
    _bot: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "mungba.db"

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    @property
    def _environment(self) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("MUNGBA_")}
        secrets = {name: value for bot in self.bots for name, value in bot.secrets.items()}
        return {**plain, **secrets, "PYTHONUNBUFFERED": "1"}

    def configure(self) -> None:
        """Write the settings; JSON is YAML."""
        pages = f"http://127.0.0.1:{self.port}"
        settings = {
            "organisation": {"name": ORGANISATION},
            "channels": [bot.settings(self.simulator.url) for bot in self.bots],
            "database": {"url": f"sqlite:///{self.database}"},
            "web": {"port": self.port, "public_url": pages},
            "clock": {"follow": f"{self.simulator.url}/sim/clock"},
        }
        self.config.write_text(json.dumps(settings, ensure_ascii=False, indent=2), "utf-8")

    def command(self, *arguments: str) -> str:
        """Run a command to its end; what it said. Raises OfficeFailed."""
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            self._line(*arguments),
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode:
            raise OfficeFailed(f"python -m bot {' '.join(arguments)}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def start(self) -> None:
        """Start the bot and wait until it is ready. Raises OfficeFailed."""
        with self.log.open("a") as log:
            self._bot = subprocess.Popen(  # noqa: S603 - our own module, no shell
                self._line("run"),
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C reaches us; we end it
            )
        watch = threading.Timer(_READY_WITHIN, self._bot.kill)
        watch.start()
        line = self._bot.stdout.readline() if self._bot.stdout else ""
        watch.cancel()
        if "ready" not in line:
            raise OfficeFailed(f"the bot did not start: {self.log.read_text('utf-8')[-2000:]}")

    def events_of(self, bot: Installed) -> str:
        """Where an Official Account's events go: its owner enters this on Zalo's page."""
        return f"http://127.0.0.1:{self.port}/hook/{bot.name}"

    def stop(self) -> int:
        """End the bot in order; its exit status, 0 when all was well."""
        bot, self._bot = self._bot, None
        if bot is None:
            return 0
        bot.send_signal(signal.SIGTERM)
        try:
            return bot.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            bot.kill()
            return bot.wait()
        finally:
            if bot.stdout:
                bot.stdout.close()

    def codes(self, folder: Path) -> dict[tuple[str, str], str]:
        """Fresh join codes by branch and name, as on the printed slips."""
        self.command("codes", str(folder))
        sheets = json.loads((folder / "codes.json").read_text("utf-8"))
        return {(sheet["branch"], one["name"]): one["code"] for sheet in sheets for one in sheet["codes"]}

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bot", *arguments, "--config", str(self.config)]
