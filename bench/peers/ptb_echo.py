"""python-telegram-bot: the echo bot of its documentation; nothing is stored."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from bench.peers.ptb_run import run


async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Echo the user message."""
    assert update.message is not None and update.message.text is not None
    await update.message.reply_text(update.message.text)


def register(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """The handlers."""
    application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))


if __name__ == "__main__":
    run(register)
