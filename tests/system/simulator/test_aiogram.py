"""The second independent client: aiogram 3. All its tests are here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from simulator.client import File, SimClient
from tests.support.bot_api_schema import bot_api
from tests.system.simulator.api import Api, Receiver
from tests.system.simulator.conftest import png

if TYPE_CHECKING:
    from tests.system.simulator.aiogram_client import (
        AiohttpSession,
        Bot,
        BotCommand,
        BufferedInputFile,
        Checked,
        InlineKeyboardButton,
        InlineKeyboardMarkup,
        InputMediaPhoto,
        Message,
        TelegramAPIServer,
        TelegramBadRequest,
        TelegramConflictError,
        TelegramForbiddenError,
        TelegramNotFound,
        TelegramRetryAfter,
        TelegramServerError,
        TelegramUnauthorizedError,
        Update,
    )


@pytest.fixture(scope="module", autouse=True)
def load_the_library() -> None:
    """Its import takes seconds, and each test process collects this file: loaded where its tests run."""
    globals().update(vars(import_module("tests.system.simulator.aiogram_client")))


@pytest.fixture
async def bot(api: Api, sim: SimClient) -> AsyncIterator[Bot]:
    since = len(await sim.journal())
    made = Bot(api.token, session=Checked(api=TelegramAPIServer.from_base(api.base_url)))
    yield made
    await made.session.close()
    for line in await sim.journal(since):
        if line["ok"]:
            assert bot_api().problems_of_wire(line["method"], line["args"]) == [], line["method"]


async def test_get_me(bot: Bot, api: Api) -> None:
    """getMe."""
    assert (await bot.get_me()).username == api.username


async def test_send_and_edit(bot: Bot, person: int) -> None:
    """sendMessage, editMessageText, editMessageReplyMarkup; message is not modified."""
    sent = await bot.send_message(
        person, "<b>Xin chào</b> 🏆", parse_mode="HTML", reply_markup=_button("y", "Có")
    )
    assert sent.entities is not None
    assert (sent.text, sent.entities[0].type) == ("Xin chào 🏆", "bold")
    edited = await bot.edit_message_text("mới", chat_id=person, message_id=sent.message_id)
    assert isinstance(edited, Message)
    assert edited.text == "mới"
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("mới", chat_id=person, message_id=sent.message_id)


async def test_poll_tap_answer(bot: Bot, person: int, sim: SimClient, api: Api) -> None:
    """getUpdates with an offset; a tap; answerCallbackQuery once."""
    await bot.send_message(person, "?", reply_markup=_button("y", "Có"))
    await sim.tap(person, "Có", bot=api.username)
    [update] = await bot.get_updates(timeout=5)
    assert update.callback_query is not None
    assert update.callback_query.data == "y"
    assert await bot.answer_callback_query(update.callback_query.id, text="Đã ghi") is True
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(update.callback_query.id)
    assert await bot.get_updates(offset=update.update_id + 1) == []


async def test_taps_expire(bot: Bot, person: int, sim: SimClient, api: Api) -> None:
    """A4: a tap can be answered for 150 s."""
    await bot.send_message(person, "?", reply_markup=_button("y", "Có"))
    await sim.tap(person, "Có", bot=api.username)
    [update] = await bot.get_updates()
    await sim.advance(151)
    assert update.callback_query is not None
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(update.callback_query.id)


async def test_second_poller(bot: Bot, sim: SimClient, api: Api) -> None:
    """A4: 409 for the first of two pollers."""
    first = asyncio.create_task(bot.get_updates(timeout=30))
    while not any(
        b["username"] == api.username and b["mode"] == "polling" for b in (await sim.state())["bots"]
    ):
        await asyncio.sleep(0)
    second = asyncio.create_task(bot.get_updates(offset=1, timeout=30))
    with pytest.raises(TelegramConflictError, match="only one bot instance"):
        await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_webhook(bot: Bot, person: int, sim: SimClient, api: Api, receiver: Receiver) -> None:
    """setWebhook with a secret; the library reads what comes; 409 for polling; removal."""
    await bot.set_webhook(receiver.url, secret_token="bi-mat", allowed_updates=["message"])
    await sim.start(person, "ab_1", bot=api.username)
    update = Update.model_validate((await receiver.wait(1))[0])
    assert update.message is not None
    assert update.message.text == "/start ab_1"
    with pytest.raises(TelegramConflictError):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).allowed_updates == ["message"]
    assert await bot.delete_webhook(drop_pending_updates=True) is True


async def test_files(bot: Bot, person: int, sim: SimClient, api: Api) -> None:
    """Upload, album, replace, download."""
    sent = await bot.send_photo(person, BufferedInputFile(png(20, 20), "a.png"), caption="Mã QR")
    assert sent.photo is not None
    media = InputMediaPhoto(media=BufferedInputFile(png(30, 30), "b.png"))
    edited = await bot.edit_message_media(media, chat_id=person, message_id=sent.message_id)
    assert isinstance(edited, Message)
    assert edited.photo is not None
    assert edited.photo[0].width == 30
    album = await bot.send_media_group(person, [InputMediaPhoto(media=sent.photo[0].file_id)] * 2)
    assert album[0].media_group_id == album[1].media_group_id
    await sim.send_file(person, File("b.xlsx", b"hello"), bot=api.username)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    content = await bot.download(update.message.document)
    assert content is not None
    assert content.read() == b"hello"


async def test_what_people_do(bot: Bot, person: int, sim: SimClient, api: Api) -> None:
    """Every kind of update the simulator makes is one the library reads."""
    number = await sim.say(person, "a", bot=api.username)
    await sim.edit(person, number, "b", bot=api.username)
    await sim.send_file(person, File("a.png", png(), "photo"), bot=api.username)
    await sim.send_file(person, File("a.ogg", b"OggS", "voice"), bot=api.username)
    await sim.send_file(person, File("a.webp", b"RIFF", "sticker"), bot=api.username)
    await sim.send_location(person, 21.0, 105.8, bot=api.username)
    await sim.block(person, bot=api.username)
    await sim.start(person, bot=api.username)
    kinds = [update.event_type for update in await bot.get_updates()]
    assert kinds == [
        "message",
        "edited_message",
        *["message"] * 4,
        "my_chat_member",
        "my_chat_member",
        "message",
    ]


async def test_settings(bot: Bot, person: int) -> None:
    """Commands, texts, chat, member."""
    commands = [BotCommand(command="diem_danh", description="Điểm danh")]
    assert await bot.set_my_commands(commands) is True
    assert [(c.command, c.description) for c in await bot.get_my_commands()] == [("diem_danh", "Điểm danh")]
    await bot.set_my_short_description("Trợ lý")
    assert (await bot.get_my_short_description()).short_description == "Trợ lý"
    assert (await bot.get_chat(person)).id == person
    assert (await bot.get_chat_member(person, person)).status == "member"


async def test_errors(bot: Bot, person: int, sim: SimClient, api: Api) -> None:
    """A8: the library tells the platform's errors apart by code and text."""
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(1, "a")
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(person, "a", reply_markup=_button("a" * 65))
    with pytest.raises(TelegramBadRequest, match="can't parse entities"):
        await bot.send_message(person, "<b>a", parse_mode="HTML")
    await sim.fault("429", retry_after=4, calls=1)
    with pytest.raises(TelegramRetryAfter) as flood:
        await bot.send_message(person, "a")
    assert flood.value.retry_after == 4
    await sim.fault("500", calls=1)
    with pytest.raises(TelegramServerError):
        await bot.send_message(person, "a")
    await sim.block(person, bot=api.username)
    with pytest.raises(TelegramForbiddenError, match="blocked by the user"):
        await bot.send_message(person, "a")


async def test_wrong_tokens(api: Api) -> None:
    """A8: 401 for a token nobody has, 404 for what is none."""
    wanted = {"123456:wrong-token": TelegramUnauthorizedError, "1:a": TelegramNotFound}
    for token, error in wanted.items():
        stranger = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api.base_url)))
        with pytest.raises(error):
            await stranger.get_me()
        await stranger.session.close()


def _button(data: str, label: str = "x") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=data)]])
