"""The simulator stands alone and starts light."""

import subprocess
import sys

from simulator.process import ROOT

HEAVY = {"httpx", "aiohttp", "telegram", "aiogram", "sqlalchemy", "pydantic", "jinja2"}
ROOMS = {
    "bot",
    "db",
    "handlers",
    "locales",
    "meetings",
    "members",
    "opinions",
    "quizzes",
    "reports",
    "scheduler",
    "web",
}


def test_imports() -> None:
    """Nothing of the project's other rooms, no client library, when the server is imported."""
    code = "import simulator.server, sys; print(' '.join({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "starlette" in loaded
    assert loaded & (HEAVY | ROOMS) == set()
