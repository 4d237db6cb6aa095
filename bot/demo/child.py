"""The simulator's process beside the demo: started while other things are prepared, it never outlives us."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bot.demo.sample import ROOT
from db.errors import StartRefused

TOKEN = "7000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-1"  # noqa: S105 (opens the simulator only)
BOT_NAME = "mung_ba_bot"
ZALO_TOKEN = "8000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-8"  # noqa: S105 (opens the simulator only)
ZALO_NAME = "bot_mung_ba"
READY = "simulator ready "
START_SECONDS = 60
_END_SECONDS = 4
_PORT_SECONDS = 2  # what a killed demo's simulator takes to notice
_LOOPBACK = "127.0.0.1"


async def free_ports(*ports: int) -> None:
    """StartRefused when somebody listens on one of them."""
    for port in ports:
        if not await _becomes_free(port):
            raise StartRefused(f"port {port} is taken: end what runs there, or choose another with PORT=")


async def _becomes_free(port: int) -> bool:
    for _ in range(_PORT_SECONDS * 10):
        if _is_free(port):
            return True
        await asyncio.sleep(0.1)
    return _is_free(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True


@asynccontextmanager
async def simulator(
    port: int, folder: Path, key: str, first: datetime
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, which ends when its standard input does: with this context, or with us."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--end-with-stdin", "--port", str(port), "--data", str(folder)),
        *("--bot", f"{TOKEN}:{BOT_NAME}:Mùng Ba", "--zalo-bot", f"{ZALO_TOKEN}:{ZALO_NAME}:Bot Mùng Ba"),
        *("--start", first.isoformat()),
        env={**os.environ, "SIMULATOR_KEY": key, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us; we end it after the bot
    )
    try:
        yield child
    finally:
        await _end(child)


async def page_of(child: asyncio.subprocess.Process) -> str:
    """The page's address, once the simulator says it is ready."""
    if child.stdout is None:
        raise RuntimeError("the simulator has no output")
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await child.stdout.readline()).decode()
    except TimeoutError:
        raise StartRefused(f"the simulator is not ready after {START_SECONDS} s") from None
    if not line.startswith(READY):
        sys.exit(2)  # it has said why
    return line.removeprefix(READY).strip()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_END_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
