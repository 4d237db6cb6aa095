"""aiogram: the echo bot of its documentation; nothing is stored."""

from __future__ import annotations

from aiogram import Dispatcher
from aiogram.types import Message

from bench.peers.aiogram_run import run

dispatcher = Dispatcher()


@dispatcher.message()
async def echo(message: Message) -> None:
    """Echo the user message."""
    await message.answer(message.text or "")


if __name__ == "__main__":
    run(dispatcher)
