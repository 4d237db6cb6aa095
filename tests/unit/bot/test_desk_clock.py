"""Work at the desk is dated by the installation's own clock: in the demo, the simulator's."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.desk import desk
from bot.settings import Clock, Database, Settings

AHEAD = timedelta(days=31)


class _Clock(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"offset": AHEAD.total_seconds()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def clock_address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Clock) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sim/clock"
        server.shutdown()
        thread.join()


def settings_in(folder: Path, follow: str) -> Settings:
    return Settings(database=Database(url=f"sqlite:///{folder / 'mungba.db'}"), clock=Clock(follow=follow))


async def test_a_followed_clock_dates_the_work(tmp_path: Path, clock_address: str) -> None:
    before = datetime.now(UTC)
    async with desk(settings_in(tmp_path, clock_address)) as at:
        assert before + AHEAD <= at.now <= datetime.now(UTC) + AHEAD


async def test_without_one_it_is_the_machine_s(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    async with desk(settings_in(tmp_path, "")) as at:
        assert before <= at.now <= datetime.now(UTC)
