"""The first independent client: python-telegram-bot 22, which knows the platform from elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.request import HTTPXRequest

from simulator.client import File, SimClient
from tests.support.bot_api_schema import bot_api
from tests.system.simulator.api import Api, Receiver
from tests.system.simulator.conftest import png

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Có", callback_data="y")]])


class Checked(HTTPXRequest):
    """Holds every answer against the schema before the library reads it."""

    async def do_request(self, url: str, method: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(url, method, *args, **more)
        name = url.rsplit("/", 1)[1]
        if "/file/" not in url and status == 200:
            assert bot_api().problems_of_result(name, json.loads(body)["result"]) == []
        return status, body


@pytest.fixture
async def bot(api: Api, sim: SimClient) -> AsyncIterator[Bot]:
    since = len(await sim.journal())
    base = f"{api.base_url}/bot"
    made = Bot(
        api.token,
        base_url=base,
        base_file_url=f"{api.base_url}/file/bot",
        request=Checked(),
        get_updates_request=Checked(),
    )
    async with made:
        yield made
    for line in await sim.journal(since):
        if line["ok"]:
            assert bot_api().problems_of_wire(line["method"], line["args"]) == [], line["method"]


async def test_send_and_edit(bot: Bot, person: int, sim: SimClient) -> None:
    """sendMessage, editMessageText, and message is not modified as the library's BadRequest."""
    sent = await bot.send_message(person, "<b>Xin chào</b> 🏆", parse_mode="HTML", reply_markup=KEYS)
    assert (sent.text, sent.entities[0].type, sent.reply_markup) == ("Xin chào 🏆", "bold", KEYS)
    edited = await bot.edit_message_text("mới", person, sent.message_id)
    assert not isinstance(edited, bool)
    assert edited.text == "mới"
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("mới", person, sent.message_id)


async def test_poll_tap_answer(bot: Bot, person: int, sim: SimClient) -> None:
    """getUpdates with an offset; a tap; answerCallbackQuery once."""
    await bot.send_message(person, "?", reply_markup=KEYS)
    await sim.tap(person, "Có", bot=bot.username)
    [update] = await bot.get_updates(timeout=5)
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.from_user.id) == ("y", person)
    assert await update.callback_query.answer("Đã ghi") is True
    with pytest.raises(BadRequest, match="Query is too old"):
        await update.callback_query.answer()
    assert await bot.get_updates(offset=update.update_id + 1) == ()


async def test_taps_expire(bot: Bot, person: int, sim: SimClient) -> None:
    """A4: a tap older than 150 s is not delivered."""
    await bot.send_message(person, "?", reply_markup=KEYS)
    await sim.tap(person, "Có", bot=bot.username)
    await sim.advance(151)
    assert await bot.get_updates() == ()


async def test_second_poller(bot: Bot, sim: SimClient) -> None:
    """A4: Conflict for the first of two pollers."""
    first = asyncio.create_task(bot.get_updates(timeout=30))
    while not any(
        b["username"] == bot.username and b["mode"] == "polling" for b in (await sim.state())["bots"]
    ):
        await asyncio.sleep(0)
    second = asyncio.create_task(bot.get_updates(offset=1, timeout=30))
    with pytest.raises(Conflict, match="only one bot instance"):
        await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_webhook(bot: Bot, person: int, sim: SimClient, receiver: Receiver) -> None:
    """setWebhook with a secret; the library reads the update; Conflict for polling; removal."""
    from telegram import Update

    await bot.set_webhook(receiver.url, secret_token="bi-mat", max_connections=5)
    await sim.say(person, "a", bot=bot.username)
    [body] = await receiver.wait(1)
    assert bot_api().problems("Update", body) == []
    update = Update.de_json(body, bot)
    assert update.message is not None
    assert update.message.text == "a"
    with pytest.raises(Conflict):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).max_connections == 5
    assert await bot.delete_webhook() is True


async def test_files(bot: Bot, person: int, sim: SimClient) -> None:
    """Upload, send again by file_id, replace, download."""
    sent = await bot.send_photo(person, png(20, 20), caption="Mã QR")
    again = await bot.send_photo(person, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    media = InputMediaPhoto(png(30, 30), caption="mới")
    edited = await bot.edit_message_media(media, person, again.message_id)
    assert not isinstance(edited, bool)
    assert edited.photo[-1].width == 30
    await bot.send_document(person, b"PK", filename="a.xlsx")
    await sim.send_file(person, File("b.xlsx", b"hello"), bot=bot.username)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    file = await update.message.document.get_file()
    assert await file.download_as_bytearray() == b"hello"


async def test_album_voice_action(bot: Bot, person: int) -> None:
    """sendMediaGroup, sendVoice, sendChatAction, deleteMessage."""
    album = await bot.send_media_group(person, [InputMediaPhoto(png()), InputMediaPhoto(png())])
    assert album[0].media_group_id == album[1].media_group_id
    assert (await bot.send_voice(person, b"OggS", duration=3)).voice is not None
    assert await bot.send_chat_action(person, "typing") is True
    assert await bot.delete_message(person, album[0].message_id) is True


async def test_settings(bot: Bot, person: int) -> None:
    """Commands, names, descriptions, chat, member."""
    assert await bot.set_my_commands([("diem_danh", "Điểm danh")], language_code="vi") is True
    assert [c.command for c in await bot.get_my_commands(language_code="vi")] == ["diem_danh"]
    assert await bot.delete_my_commands(language_code="vi") is True
    await bot.set_my_name("Mùng Ba")
    await bot.set_my_description("Trợ lý")
    await bot.set_my_short_description("Trợ lý")
    await bot.set_chat_menu_button()
    assert (await bot.get_chat(person)).type == "private"
    assert (await bot.get_chat_member(person, person)).status == "member"


async def test_errors(
    bot: Bot, person: int, sim: SimClient, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A8: the library tells the platform's errors apart by code and text."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library warns of the old meaning of retry_after
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "a")
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(person, "a" * 4097)
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(person, "a", reply_markup=_button("a" * 65))
    await sim.fault("429", retry_after=4, calls=1)
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(person, "a")
    assert flood.value.retry_after == timedelta(seconds=4)
    await sim.block(person, bot=api.username)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(person, "a")
    with pytest.raises(InvalidToken):
        async with Bot("123456:wrong-token-here", base_url=f"{api.base_url}/bot"):
            pass


def _button(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])
