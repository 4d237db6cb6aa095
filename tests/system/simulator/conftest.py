"""One simulator for the whole suite; a bot and a person of its own for every test."""

import itertools
import struct
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest

from bench import warm
from simulator.client import SimClient
from simulator.process import SimulatorProcess
from tests.system.simulator.api import Api, Receiver, receiving

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """Pauses of the platform (3 s after a conflict, webhook retries …) are a fiftieth as long here."""
    with SimulatorProcess(arguments=["--pause-scale", "0.02"], launch=warm.simulator) as process:
        yield process


@pytest.fixture
async def sim(simulator: SimulatorProcess) -> AsyncIterator[SimClient]:
    async with SimClient(simulator.url, simulator.key) as client:
        yield client
        await client.fault("none")


@pytest.fixture
async def api(simulator: SimulatorProcess, sim: SimClient) -> AsyncIterator[Api]:
    number = next(_numbers)
    token, username = f"{8000000000 + number}:contract-suite-{number}", f"contract_{number}_bot"
    await sim.add_bot(token, username, "Mùng Ba")
    async with Api(simulator.url, token, username) as made:
        yield made
        await made.http.post("deleteWebhook")


@pytest.fixture
async def person(sim: SimClient, api: Api) -> int:
    """Somebody who has pressed Start with this test's bot, without an update waiting."""
    return await sim.add_person("Nguyễn Văn An", started=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def png(width: int = 2, height: int = 2, padding: int = 0) -> bytes:
    """A small picture; `padding` bytes behind it make the file bigger."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * min(height, 8))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts + b"\0" * padding
