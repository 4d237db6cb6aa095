"""Running aiogram: polling, or its handler in an aiohttp application."""

from __future__ import annotations

import asyncio
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

PORT = int(os.environ.get("PORT", "0"))


def run(dispatcher: Dispatcher) -> None:
    """Until it is told to stop."""
    asyncio.run(_run(dispatcher))


async def _run(dispatcher: Dispatcher) -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API_BASE"]))
    bot = Bot(os.environ["TOKEN"], session=session)
    if not PORT:
        dispatcher.startup.register(_ready)
        await dispatcher.start_polling(bot)
        return
    application = web.Application()
    SimpleRequestHandler(dispatcher=dispatcher, bot=bot).register(application, path="/telegram")
    setup_application(application, dispatcher, bot=bot)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    await bot.set_webhook(f"http://127.0.0.1:{PORT}/telegram")
    await _ready()
    await asyncio.Event().wait()


async def _ready() -> None:
    print("ready", flush=True)
