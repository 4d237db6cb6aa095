"""What a Zalo bot hears, by polling (zalo.md 2.4, 2.5, 2.6, section 5)."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from simulator.client import File, SimClient, SimRefused
from tests.system.simulator.conftest import png
from tests.system.simulator.zalo_api import BotApi, zalo_bot

HEX = re.compile(r"[0-9a-f]{20}")


@pytest.fixture
async def api(sim: SimClient) -> AsyncIterator[BotApi]:
    async with zalo_bot(sim) as made:
        yield made


@pytest.fixture
async def person(sim: SimClient) -> int:
    return await sim.add_person("Nguyễn Văn An")


async def test_one_object_and_no_list(api: BotApi, person: int) -> None:
    """2.4: getUpdates returns one update, without a number; 2.5: ids are texts, dates milliseconds."""
    await api.sim.say(person, "diem danh 4821", bot=api.username)
    await api.sim.say(person, "lần nữa", bot=api.username)
    update = await api.update()
    assert set(update) == {"event_name", "message"}
    assert update["event_name"] == "message.text.received"
    message = update["message"]
    assert message["text"] == "diem danh 4821"
    assert message["message_type"] == "CHAT_MESSAGE"
    assert HEX.fullmatch(message["message_id"])
    assert HEX.fullmatch(message["from"]["id"])
    assert message["chat"] == {"id": message["from"]["id"], "chat_type": "PRIVATE"}
    assert message["from"]["display_name"] == "Nguyễn Văn An"
    assert message["from"]["is_bot"] is False
    assert isinstance(message["date"], int)
    assert message["date"] > 10**12
    assert (await api.update())["message"]["text"] == "lần nữa"


async def test_nothing_arrived_is_408(api: BotApi) -> None:
    """2.3, 2.4: an empty long poll is HTTP 408, also with the timeout as text."""
    assert await api.refused("getUpdates", timeout=0) == 408
    assert await api.refused("getUpdates", timeout="0") == 408


async def test_an_empty_poll_may_be_an_empty_result(api: BotApi) -> None:
    """Section 5: the `empty result` variant."""
    await api.turn(empty_poll="empty")
    assert await api.call("getUpdates", timeout=0) == {}


async def test_a_poll_is_answered_when_something_comes(api: BotApi, person: int) -> None:
    """2.4: the poll waits."""
    poll = asyncio.create_task(api.call("getUpdates", timeout=30))
    await api.call("getMe")
    assert not poll.done()
    await api.sim.say(person, "chào", bot=api.username)
    assert (await poll)["message"]["text"] == "chào"


async def test_two_polls_share_the_stream(api: BotApi, person: int) -> None:
    """2.4: each update goes to one of those who poll."""
    polls = [asyncio.create_task(api.call("getUpdates", timeout=30)) for _ in range(2)]
    for text in ("một", "hai"):
        await api.sim.say(person, text, bot=api.username)
    found = [update["message"]["text"] for update in await asyncio.gather(*polls)]
    assert sorted(found) == ["hai", "một"]
    assert await api.refused("getUpdates", timeout=0) == 408


async def test_at_most_once(api: BotApi, person: int) -> None:
    """2.4, sources B18, B19: what was read does not come again."""
    await api.hears(person, "một lần")
    assert await api.refused("getUpdates", timeout=0) == 408


async def test_replay(api: BotApi, person: int) -> None:
    """2.4, source B3: what was read comes back on each poll, at once, until its time is over."""
    await api.turn(ack="replay", replay_seconds=10_000)
    first = await api.hears(person, "lặp lại")
    assert (await api.update())["message"] == first
    assert (await api.hears(person, "mới"))["text"] == "mới"
    again = {(await api.update())["message"]["text"] for _ in range(2)}
    assert again == {"lặp lại", "mới"}
    await api.turn(replay_seconds=0)
    assert await api.refused("getUpdates", timeout=0) == 408


async def test_lost_while_nobody_polls(api: BotApi, person: int) -> None:
    """2.4, source B18: messages sent while nobody polled are lost."""
    view = await api.turn(away_lost=True)
    await api.sim.say(person, "có ai không", bot=api.username)
    assert (await api.turn())["lost"] == view["lost"] + 1
    assert await api.refused("getUpdates", timeout=0) == 408
    assert (await api.hears(person, "giờ thì có"))["text"] == "giờ thì có"


@pytest.mark.parametrize("field", ["photo_url", "photo"])
async def test_a_picture(api: BotApi, person: int, field: str) -> None:
    """2.5: the address stands in photo_url, in the docs in photo; it is public."""
    await api.turn(photo_field=field)
    await api.sim.send_file(person, File("a.png", png(), "photo", "ảnh đây"), bot=api.username)
    update = await api.update()
    message = update["message"]
    assert update["event_name"] == "message.image.received"
    assert (message["message_type"], message["caption"]) == ("CHAT_PHOTO", "ảnh đây")
    assert (await api.http.get(message[field])).content == png()


async def test_a_document_has_no_content(api: BotApi, person: int) -> None:
    """2.5: `unsupported` covers documents; no name, no address."""
    await api.sim.send_file(person, File("danh-sach.xlsx", b"PK"), bot=api.username)
    update = await api.update()
    assert update["event_name"] == "message.unsupported.received"
    assert set(update["message"]) == {"message_id", "date", "from", "chat"}


async def test_an_unsupported_message_may_be_missing(api: BotApi, person: int) -> None:
    """2.5: `message` may be missing."""
    await api.turn(unsupported_message=False)
    await api.sim.send_file(person, File("a.pdf", b"%PDF"), bot=api.username)
    assert await api.update() == {"event_name": "message.unsupported.received"}


async def test_a_bare_link_is_unsupported(api: BotApi, person: int) -> None:
    """2.5: links with preview are unsupported."""
    await api.sim.say(person, "https://example.vn/tin", bot=api.username)
    assert (await api.update())["event_name"] == "message.unsupported.received"
    assert (await api.hears(person, "xem https://example.vn/tin"))["text"].startswith("xem")


@pytest.mark.parametrize(("kind", "event", "field"), [
    ("sticker", "message.sticker.received", "url"), ("voice", "message.voice.received", "voice_url"),
])  # fmt: skip
async def test_stickers_and_voices(api: BotApi, person: int, kind: str, event: str, field: str) -> None:
    """2.5: sticker and voice carry addresses."""
    await api.sim.send_file(person, File(kind, b"RIFF", kind), bot=api.username)
    update = await api.update()
    assert update["event_name"] == event
    assert (await api.http.get(update["message"][field])).content == b"RIFF"


async def test_places_are_not_delivered(api: BotApi, person: int) -> None:
    """Section 4: location check-in is not delivered."""
    await api.sim.send_location(person, 10.7, 106.7, bot=api.username)
    assert await api.refused("getUpdates", timeout=0) == 408


async def test_no_event_for_opening_or_blocking(api: BotApi, person: int) -> None:
    """2.5: the bot learns of a person only by the first message; 2.8: links carry no payload."""
    await api.sim.start(person, bot=api.username)
    await api.sim.scan(person, f"https://zalo.me/{api.token.partition(':')[0]}?start=abc")
    await api.sim.block(person, bot=api.username)
    assert await api.refused("getUpdates", timeout=0) == 408
    with pytest.raises(SimRefused, match="no payload"):
        await api.sim.start(person, "ma-moi", bot=api.username)


async def test_no_buttons_and_no_edits(api: BotApi, person: int) -> None:
    """2.2: buttons, callbacks and edits are not there."""
    number = await api.sim.say(person, "chào", bot=api.username)
    for attempt in (
        api.sim.edit(person, number, "khác", bot=api.username),
        api.sim.tap(person, message_id=number, data="x", bot=api.username),
    ):
        with pytest.raises(SimRefused):
            await attempt


async def test_a_group_message_needs_a_mention(api: BotApi, person: int) -> None:
    """2.6: in a group only what mentions the bot arrives, with the mention in the text."""
    group = await api.sim.zalo_group(api.username, "Chi bộ 3")
    await api.sim.say_in_group(person, group, "nói với nhau", api.username, mention=False)
    await api.sim.say_in_group(person, group, "lịch", api.username)
    message = (await api.update())["message"]
    assert message["text"] == "@Bot Chi bộ lịch"
    assert message["chat"]["chat_type"] == "GROUP"
    assert re.fullmatch(r"zgr-[0-9a-f]{20}", message["chat"]["id"])
    assert message["from"]["display_name"] == "Nguyễn Văn An"
    assert await api.refused("getUpdates", timeout=0) == 408
    await api.call("sendMessage", chat_id=message["chat"]["id"], text="Mời nhắn riêng")
    assert (await api.sim.messages(group, api.username))[0]["text"] == "Mời nhắn riêng"


async def test_the_51st_person_gets_no_service(api: BotApi) -> None:
    """2.7, source B18: beyond the number of people nothing reaches the bot."""
    await api.turn(quota_people=1)
    await api.known()
    second = await api.sim.add_person("Trần Thị Bình")
    await api.sim.say(second, "tôi nữa", bot=api.username)
    assert await api.refused("getUpdates", timeout=0) == 408
    assert (await api.turn())["turned_away"] == [second]


async def test_raw_updates(api: BotApi) -> None:
    """Hostile input: whatever is put in comes out as it stands."""
    await api.sim.raw({"event_name": "message.reaction.received"}, bot=api.username)
    assert await api.update() == {"event_name": "message.reaction.received"}


async def test_protected_people(api: BotApi, person: int) -> None:
    """2.5: messages of protected users carry no content."""
    await api.turn(protected=[person])
    await api.sim.say(person, "chào", bot=api.username)
    update = await api.update()
    assert update["event_name"] == "message.unsupported.received"
    assert "text" not in update["message"]


async def test_common_faults_of_updates(api: BotApi, person: int) -> None:
    """Section 5: duplicate delivery, out of order; a dead line loses nothing."""
    await api.sim.fault("duplicates", times=3, bot=api.username)
    first = await api.hears(person, "một")
    assert [(await api.update())["message"] for _ in range(2)] == [first] * 2
    assert await api.refused("getUpdates", timeout=0) == 408
    await api.sim.fault("none")
    texts = [f"{number}" for number in range(20)]
    for text in texts:
        await api.sim.say(person, text, bot=api.username)
    await api.sim.fault("disorder", bot=api.username, seed=1)
    found = [(await api.update())["message"]["text"] for _ in texts]
    assert found != texts
    assert sorted(found) == sorted(texts)


async def test_a_dead_line_takes_no_update(api: BotApi, person: int) -> None:
    """Section 5: the connection ends without an answer, and what waits still comes."""
    await api.sim.say(person, "chào", bot=api.username)
    await api.sim.fault("offline", seconds=600, bot=api.username)
    with pytest.raises(httpx.HTTPError):
        await api.update()
    await api.sim.fault("none")
    assert (await api.update())["message"]["text"] == "chào"
