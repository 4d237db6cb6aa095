"""Running python-telegram-bot: polling, or the custom webhook of its examples (Starlette and uvicorn)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application

PORT = int(os.environ.get("PORT", "0"))
App = Application[Any, Any, Any, Any, Any, Any]


def run(register: Callable[[App], None]) -> None:
    """Until it is told to stop. Updates are handled side by side, as its page on speed advises."""
    builder = Application.builder().token(os.environ["TOKEN"]).base_url(f"{os.environ['API_BASE']}/bot")
    builder = builder.concurrent_updates(True).pool_timeout(30)  # noqa: FBT003 (its own signature)
    if PORT:
        application = builder.updater(None).build()
        register(application)
        asyncio.run(_webhook(application))
        return
    application = builder.post_init(_ready).build()
    register(application)
    application.run_polling(allowed_updates=Update.ALL_TYPES)


async def _webhook(application: App) -> None:
    async def telegram(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(data=await request.json(), bot=application.bot))
        return Response()

    web = Starlette(routes=[Route("/telegram", telegram, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(web, port=PORT, use_colors=False, log_level="warning"))
    async with application:
        await application.bot.set_webhook(
            f"http://127.0.0.1:{PORT}/telegram", allowed_updates=Update.ALL_TYPES
        )
        await application.start()
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
        await _ready(application)
        await serving
        await application.stop()


async def _ready(_application: App) -> None:
    print("ready", flush=True)
