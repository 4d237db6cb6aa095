"""What a Zalo bot may say, and what it meets (zalo.md 2.1, 2.3, 2.4, 2.7, section 5)."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from simulator.client import SimClient
from tests.system.simulator.conftest import png
from tests.system.simulator.zalo_api import BotApi, gallery, zalo_bot


@pytest.fixture
async def api(sim: SimClient) -> AsyncIterator[BotApi]:
    async with zalo_bot(sim) as made:
        yield made


async def test_get_me(api: BotApi) -> None:
    """2.4 getMe: the id is a text of digits."""
    me = await api.call("getMe")
    assert me["id"] == api.token.partition(":")[0]
    assert me["account_name"].startswith("bot.")
    assert (me["account_type"], me["can_join_groups"], me["display_name"]) == ("BASIC", False, "Bot Chi bộ")


async def test_wrong_token(api: BotApi) -> None:
    """2.3: 401; also a token of the other platform's door."""
    answer = await api.http.get(f"{api.sim.base_url}/zalo-bot/bot1:nobody/getMe")
    assert (answer.status_code, answer.json()["error_code"]) == (401, 401)
    assert (await api.http.get(f"{api.sim.base_url}/bot{api.token}/getMe")).json()["ok"] is False


@pytest.mark.parametrize("code", [400, 404])
async def test_unknown_method(api: BotApi, code: int) -> None:
    """Section 5: 400, or 404; 2.1: names are case-sensitive; 2.2: no editing, no files."""
    await api.turn(unknown_method=code)
    for method in ("getme", "editMessageText", "sendDocument", "getFile"):
        assert await api.refused(method) == code


async def test_every_encoding(api: BotApi) -> None:
    """2.1: query, form, JSON, multipart."""
    _, chat = await api.known()
    values = {"chat_id": chat, "text": "chào"}
    for answer in (
        await api.http.get("sendMessage", params=values),
        await api.http.post("sendMessage", data=values),
        await api.http.post("sendMessage", json=values),
        await api.http.post("sendMessage", data=values, files={"x": b"y"}),
    ):
        assert answer.json()["ok"] is True


async def test_send_message(api: BotApi) -> None:
    """2.4: a text id, and milliseconds."""
    person, chat = await api.known()
    sent = await api.call("sendMessage", chat_id=chat, text="Kính chào đồng chí")
    assert set(sent) == {"message_id", "date"}
    assert isinstance(sent["message_id"], str)
    assert sent["date"] > 10**12
    [message] = await api.sim.messages(person, api.username)
    assert (message["text"], message["buttons"]) == ("Kính chào đồng chí", [])


@pytest.mark.parametrize(("text", "fits"), [
    ("", False), (" ", False), ("ố" * 2000, True), ("ố" * 2001, False), ("🎉" * 1000, True),
    ("🎉" * 1001, False),
])  # fmt: skip
async def test_length(api: BotApi, text: str, fits: bool) -> None:
    """2.4: 1-2000, in UTF-16 units as assumed there."""
    _, chat = await api.known()
    assert (await api.answer("sendMessage", chat_id=chat, text=text)).status_code == (200 if fits else 400)


@pytest.mark.parametrize("code", [400, 403, 404])
async def test_nobody_is_written_to_first(api: BotApi, code: int) -> None:
    """2.7: nobody before their first message; section 5: the code is not known."""
    await api.turn(unknown_chat=code)
    assert await api.refused("sendMessage", chat_id="0" * 20, text="x") == code


async def test_no_window(api: BotApi) -> None:
    """2.7: a known chat can be written to at any time."""
    _, chat = await api.known()
    await api.sim.advance(60 * 24 * 3600)
    await api.call("sendMessage", chat_id=chat, text="lâu rồi")


async def test_markup(api: BotApi) -> None:
    """2.4: markdown, html, text_styles; what is not known of modes is a 400."""
    person, chat = await api.known()
    await api.call("sendMessage", chat_id=chat, text="**đậm** {red}đỏ{/red} \\*", parse_mode="markdown")
    await api.call("sendMessage", chat_id=chat, text="<b>đậm</b> &lt;", parse_mode="html")
    styles = [{"start": 0, "len": 3, "st": ["b", "f_18"]}]
    await api.call("sendMessage", chat_id=chat, text="đậm", text_styles=styles)
    shown = await api.sim.messages(person, api.username)
    assert [message["text"] for message in shown] == ["đậm đỏ *", "đậm <", "đậm"]
    bold = {"type": "bold", "offset": 0, "length": 3}
    assert all(message["entities"] == [bold] for message in shown)
    assert await api.refused("sendMessage", chat_id=chat, text="x", parse_mode="HTML5") == 400


async def test_broken_markup(api: BotApi) -> None:
    """2.4, source B6: broken markup is a 400, where the switch says so."""
    _, chat = await api.known()
    await api.call("sendMessage", chat_id=chat, text="<b>x", parse_mode="html")
    await api.turn(markup_errors=True)
    for text, mode in (("<b>x", "html"), ("<a href='x'>x</a>", "html"), ("**x", "markdown")):
        assert await api.refused("sendMessage", chat_id=chat, text=text, parse_mode=mode) == 400


async def test_a_photo_is_fetched_twice(api: BotApi) -> None:
    """2.4 sendPhoto, section 5: by address only, fetched more than once."""
    person, chat = await api.known()
    async with gallery(png()) as place:
        await api.call("sendPhoto", chat_id=chat, photo=place.url, caption="Bảng")
        await place.wait(2)
    [message] = await api.sim.messages(person, api.username)
    assert (message["kind"], message["caption"], message["file"]["width"]) == ("photo", "Bảng", 2)


async def test_a_photo_that_vanishes_turns_black(api: BotApi) -> None:
    """2.4 sendPhoto, source B4: gone after the first fetch, black for the person; section 5: recorded."""
    person, chat = await api.known()
    last = (await api.sim.state())["last_event"]
    async with gallery(png(), lasts=1) as place:
        await api.call("sendPhoto", chat_id=chat, photo=place.url)
        await api.sim.wait_for(lambda e: e["type"] == "edited" and e["person"] == person, since=last)
    assert (await api.sim.messages(person, api.username))[0]["file"] is None
    assert (await api.turn())["photos"] == {"fetched": 1, "gone": 1}


@pytest.mark.parametrize("photo", ["", "AgACAgU", "data:image/png;base64,AAAA", "ftp://127.0.0.1/x.png",
                                   "http://127.0.0.1:9/x.png"])  # fmt: skip
async def test_photos_that_are_none(api: BotApi, photo: str) -> None:
    """2.4 sendPhoto: no upload, no base64, no file id; what is not there is refused."""
    _, chat = await api.known()
    assert await api.refused("sendPhoto", chat_id=chat, photo=photo) == 400


async def test_a_slow_photo(api: BotApi) -> None:
    """2.4 sendPhoto: the call can be slow; section 5: `photo_seconds`, in the simulator's time."""
    _, chat = await api.known()
    await api.turn(photo_seconds=1e6)
    async with gallery(png()) as place:
        call = asyncio.create_task(api.call("sendPhoto", chat_id=chat, photo=place.url))
        for _ in range(5):
            await api.call("getMe")
        assert (call.done(), place.visits) == (False, 0)
        while not call.done():
            await api.sim.advance(1e6)
        await call
        await place.wait(2)


async def test_other_kinds(api: BotApi) -> None:
    """2.4: sticker, voice, typing."""
    person, chat = await api.known()
    await api.call("sendSticker", chat_id=chat, sticker="abc")
    await api.call("sendVoice", chat_id=chat, voice_url="https://example.vn/a.aac")
    assert await api.call("sendChatAction", chat_id=chat, action="typing") is None
    assert [m["kind"] for m in await api.sim.messages(person, api.username)] == ["sticker", "voice"]


async def test_a_voice_to_a_group_is_not_delivered(api: BotApi) -> None:
    """2.4 sendVoice: ok without delivery."""
    person = await api.sim.add_person("An")
    group = await api.sim.zalo_group(api.username, "Chi bộ 3")
    await api.sim.say_in_group(person, group, "lịch", api.username)
    chat = (await api.update())["message"]["chat"]["id"]
    await api.call("sendVoice", chat_id=chat, voice_url="https://example.vn/a.aac")
    assert await api.sim.messages(group, api.username) == []


async def test_the_months_messages(api: BotApi) -> None:
    """2.7: beyond the limit 429 on sending, without retry_after (2.3); a new month begins anew."""
    _, chat = await api.known()
    await api.turn(quota_messages=1)
    await api.call("sendMessage", chat_id=chat, text="một")
    answer = await api.answer("sendMessage", chat_id=chat, text="hai")
    assert answer.status_code == 429
    assert set(answer.json()) == {"ok", "description", "error_code"}
    assert "retry-after" not in answer.headers
    await api.sim.advance(32 * 24 * 3600)
    await api.call("sendMessage", chat_id=chat, text="tháng sau")


async def test_the_quota_may_count_inbound(api: BotApi) -> None:
    """2.7: whether inbound counts is uncertain."""
    _, chat = await api.known()
    await api.turn(quota_messages=1, quota_counts_inbound=True)
    assert await api.refused("sendMessage", chat_id=chat, text="một") == 429


async def test_blocked(api: BotApi) -> None:
    """Section 4: a send to who has blocked the bot fails, or is silently lost."""
    person, chat = await api.known()
    await api.sim.block(person, bot=api.username)
    assert await api.refused("sendMessage", chat_id=chat, text="x") == 403
    await api.turn(blocked="lost")
    await api.call("sendMessage", chat_id=chat, text="x")
    assert await api.sim.messages(person, api.username) == []


@pytest.mark.parametrize("code", [502, 504])
async def test_outage(api: BotApi, code: int) -> None:
    """2.3: getUpdates of all bots answered 502 and 504 for hours."""
    await api.turn(outage=code)
    answer = await api.answer("getUpdates", timeout=0)
    assert (answer.status_code, answer.headers["content-type"]) == (code, "text/html; charset=utf-8")
    await api.turn(outage=0)
    assert (await api.answer("getMe")).status_code == 200


async def test_the_common_faults_strike_here_too(api: BotApi) -> None:
    """Section 5: connections reset; a 429 has no parameters on Zalo."""
    person, chat = await api.known()
    await api.sim.fault("429", calls=1, retry_after=9, bot=api.username)
    assert await api.refused("sendMessage", chat_id=chat, text="x") == 429
    await api.sim.fault("reset", calls=1, person=person)
    with pytest.raises(httpx.HTTPError):
        await api.answer("sendMessage", chat_id=chat, text="tới nơi")
    assert [m["text"] for m in await api.sim.messages(person, api.username)] == ["tới nơi"]


async def test_duplicate_server_header(api: BotApi) -> None:
    """2.1, source B6: two Server headers, which httpx reads."""
    assert len((await api.answer("getMe")).headers.get_list("server")) == 1
    await api.turn(duplicate_server=True)
    assert len((await api.answer("getMe")).headers.get_list("server")) == 2


async def test_people_met_before(api: BotApi) -> None:
    """For scripts: people who have written long ago, without an update; ids as in updates."""
    person = await api.sim.add_person("An")
    chat = (await api.sim.zalo_met(api.username, [person]))[person]
    await api.call("sendMessage", chat_id=chat, text="x")
    assert (await api.hears(person, "chào"))["chat"]["id"] == chat
