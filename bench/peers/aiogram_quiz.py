"""aiogram: a quiz whose answers are stored, by polling or (with PORT) by webhook."""

from __future__ import annotations

import os

from aiogram import Dispatcher
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bench.peers.aiogram_run import run
from bench.peers.paper import shown
from bench.peers.store import record, sessions

SESSIONS = sessions(os.environ["DATABASE_URL"])
dispatcher = Dispatcher()


@dispatcher.callback_query()
async def tapped(query: CallbackQuery) -> None:
    """Store the answer, then show the next question."""
    assert query.data is not None and isinstance(query.message, Message)
    question, option = map(int, query.data.split(":"))
    new = await record(SESSIONS, query.from_user.id, question, option)
    await query.answer()
    if new is None:
        await query.message.edit_text("Đồng chí chưa tham gia.")
        return
    text, choices = shown(question + 1, f"Đã ghi câu {question + 1}.\n" if new else "Câu này đã trả lời.\n")
    buttons = [InlineKeyboardButton(text=letter, callback_data=data) for letter, data in choices]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[buttons[:2], buttons[2:]]) if buttons else None
    await query.message.edit_text(text, reply_markup=keyboard)


if __name__ == "__main__":
    run(dispatcher)
