"""What the contract's tests use of aiogram, and a session of it that looks at every answer."""

import json
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    Update,
)

from tests.support.bot_api_schema import bot_api

__all__ = [
    "AiohttpSession",
    "Bot",
    "BotCommand",
    "BufferedInputFile",
    "Checked",
    "InlineKeyboardButton",
    "InlineKeyboardMarkup",
    "InputMediaPhoto",
    "Message",
    "TelegramAPIServer",
    "TelegramBadRequest",
    "TelegramConflictError",
    "TelegramForbiddenError",
    "TelegramNotFound",
    "TelegramRetryAfter",
    "TelegramServerError",
    "TelegramUnauthorizedError",
    "Update",
]


class Checked(AiohttpSession):
    """Holds every answer against the schema before the library reads it."""

    def check_response(self, bot: Bot, method: Any, status_code: int, content: str) -> Any:
        if status_code == 200:
            result = json.loads(content)["result"]
            assert bot_api().problems_of_result(method.__api_method__, result) == []
        return super().check_response(bot, method, status_code, content)
