"""A long poll that begins while an update arrives does not sleep over it."""

import asyncio
from pathlib import Path

from simulator.store import Store
from simulator.telegram.updates import Queue
from simulator.world import World


async def test_an_update_between_look_and_wait_ends_the_wait(tmp_path: Path) -> None:
    store = Store(tmp_path)
    world = World(store)
    queue = Queue(world, world.add_bot("1:abc", "bot", "Bot"), [])
    waiting = asyncio.create_task(queue.arrival(3_600))  # begins only after this function pauses
    queue.add("message", "chat:1", {"text": "hello"})
    async with asyncio.timeout(10):
        await waiting
    assert len(queue.items) == 1
    store.close()
