"""python-telegram-bot: a quiz whose answers are stored, by polling or (with PORT) by webhook."""

from __future__ import annotations

import os
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from bench.peers.paper import shown
from bench.peers.ptb_run import run
from bench.peers.store import record, sessions

SESSIONS = sessions(os.environ["DATABASE_URL"])


async def tapped(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Store the answer, then show the next question."""
    query = update.callback_query
    assert query is not None and query.data is not None
    question, option = map(int, query.data.split(":"))
    new = await record(SESSIONS, query.from_user.id, question, option)
    await query.answer()
    if new is None:
        await query.edit_message_text("Đồng chí chưa tham gia.")
        return
    text, choices = shown(question + 1, f"Đã ghi câu {question + 1}.\n" if new else "Câu này đã trả lời.\n")
    buttons = [InlineKeyboardButton(letter, callback_data=data) for letter, data in choices]
    keyboard = InlineKeyboardMarkup([buttons[:2], buttons[2:]]) if buttons else None
    await query.edit_message_text(text, reply_markup=keyboard)


def register(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """The handlers."""
    application.add_handler(CallbackQueryHandler(tapped))


if __name__ == "__main__":
    run(register)
