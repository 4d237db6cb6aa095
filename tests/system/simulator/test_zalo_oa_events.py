"""What an Official Account hears, and how it is signed (zalo.md 3.3, 3.9, section 5)."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator.client import File, SimClient, SimRefused
from tests.system.simulator.conftest import png
from tests.system.simulator.zalo_api import Json, OaApi, RawHook, raw_hook, zalo_oa


@pytest.fixture
async def api(sim: SimClient) -> AsyncIterator[OaApi]:
    async with zalo_oa(sim) as made:
        yield made


@pytest.fixture
async def hook(api: OaApi) -> AsyncIterator[RawHook]:
    """Set as the account's webhook; Zalo's look at it came first."""
    async with raw_hook() as made:
        await api.sim.zalo(api.username, made.url)
        yield made
        await api.sim.zalo(api.username, "")


@pytest.fixture
async def person(sim: SimClient) -> int:
    return await sim.add_person("Nguyễn Văn An")


async def test_the_check_on_saving(api: OaApi) -> None:
    """3.9: an unsigned POST that needs 200."""
    async with raw_hook() as hook:
        await api.sim.zalo(api.username, hook.url)
        assert "x-zevent-signature" not in hook.got[0][0]
        hook.status = 401
        with pytest.raises(SimRefused, match="unsigned"):
            await api.sim.zalo(api.username, hook.url)
        await api.sim.zalo(api.username, "")


async def test_a_text_event(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: all ids and the timestamp are texts."""
    await api.sim.say(person, "chào", bot=api.username)
    event = (await hook.wait(2))[1]
    assert event["event_name"] == "user_send_text"
    assert (event["app_id"], event["oa_id"]) == (api.app_id, api.oa_id)
    assert event["recipient"] == {"id": api.oa_id}
    assert event["message"]["text"] == "chào"
    assert isinstance(event["timestamp"], str)
    assert event["sender"]["id"].isdecimal()
    assert event["sender"]["id"] != event["user_id_by_app"]


@pytest.mark.parametrize(("how", "right"), [("right", True), ("wrong", False)])
async def test_the_signature(api: OaApi, hook: RawHook, person: int, how: str, right: bool) -> None:
    """3.9: mac= SHA-256 over app id, raw body, timestamp, OA secret key; no HMAC."""
    await api.turn(signature=how)
    await api.sim.say(person, "chào", bot=api.username)
    event = (await hook.wait(2))[1]
    headers, body = hook.got[1]
    signed = api.app_id.encode() + body + event["timestamp"].encode() + api.oa_secret.encode()
    assert (headers["x-zevent-signature"] == f"mac={hashlib.sha256(signed).hexdigest()}") is right


async def test_a_missing_signature(api: OaApi, hook: RawHook, person: int) -> None:
    """Section 5: forged events."""
    await api.turn(signature="missing")
    await api.sim.say(person, "chào", bot=api.username)
    await hook.wait(2)
    assert "x-zevent-signature" not in hook.got[1][0]


async def test_follow_and_unfollow(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: follow and unfollow name the follower."""
    await api.sim.start(person, bot=api.username)
    await api.sim.block(person, bot=api.username)
    await api.sim.block(person, blocked=False, bot=api.username)
    events = (await hook.wait(4))[1:]
    assert [event["event_name"] for event in events] == ["follow", "unfollow", "follow"]
    assert len({event["follower"]["id"] for event in events}) == 1
    assert all("sender" not in event for event in events)


async def attachment(api: OaApi, hook: RawHook, person: int, file: File) -> tuple[str, Json, Json]:
    await api.sim.send_file(person, file, bot=api.username)
    event = (await hook.wait(2))[1]
    [found] = event["message"]["attachments"]
    return event["event_name"], event["message"], found


async def test_a_file(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9 user_send_file: address, name, size as text."""
    file = File("danh-sach.xlsx", b"PK-content")
    name, _, found = await attachment(api, hook, person, file)
    assert (name, found["type"]) == ("user_send_file", "file")
    assert (found["payload"]["name"], found["payload"]["size"]) == ("danh-sach.xlsx", "10")
    assert (await api.http.get(found["payload"]["url"])).content == b"PK-content"


async def test_a_picture(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: image payload has url and thumbnail."""
    name, message, found = await attachment(api, hook, person, File("a.png", png(), "photo", "ảnh"))
    assert (name, found["type"], message["text"]) == ("user_send_image", "image", "ảnh")
    assert set(found["payload"]) == {"url", "thumbnail"}
    assert (await api.http.get(found["payload"]["url"])).content == png()


@pytest.mark.parametrize(("kind", "event"), [("sticker", "user_send_sticker"), ("voice", "user_send_audio")])
async def test_stickers_and_voices(api: OaApi, hook: RawHook, person: int, kind: str, event: str) -> None:
    """3.9: user_send_sticker, user_send_audio."""
    name, _, found = await attachment(api, hook, person, File(kind, b"RIFF", kind))
    assert name == event
    assert "url" in found["payload"]


async def test_a_place(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9, section 4: user_send_location."""
    await api.sim.send_location(person, 10.5, 106.5, bot=api.username)
    event = (await hook.wait(2))[1]
    assert event["event_name"] == "user_send_location"
    [found] = event["message"]["attachments"]
    assert found["payload"]["coordinates"] == {"latitude": "10.5", "longitude": "106.5"}


async def send_buttons(api: OaApi, hook: RawHook, person: int, *buttons: Json) -> None:
    await api.sim.say(person, "chào", bot=api.username)
    user_id = (await hook.wait(2))[1]["sender"]["id"]
    message: Json = {
        "text": "Câu 3",
        "attachment": {"type": "template", "payload": {"buttons": list(buttons)}},
    }
    assert (await api.send(user_id, message))["error"] == 0


@pytest.mark.parametrize(("kind", "seen"), [("oa.query.hide", 1), ("oa.query.show", 2)])
async def test_a_press_is_a_text(api: OaApi, hook: RawHook, person: int, kind: str, seen: int) -> None:
    """3.3: the payload comes as user_send_text; `show` is seen in the chat, `hide` is not."""
    await send_buttons(api, hook, person, {"title": "A. 1930", "type": kind, "payload": "#quiz:7:3:A"})
    await api.sim.tap(person, "A. 1930", bot=api.username)
    event = (await hook.wait(3))[2]
    assert (event["event_name"], event["message"]["text"]) == ("user_send_text", "#quiz:7:3:A")
    said = [m for m in (await api.sim.chat(person, api.username))["messages"] if m["from"] == "person"]
    assert len(said) == seen


async def test_links_and_forged_presses(api: OaApi, hook: RawHook, person: int) -> None:
    """3.3: a link opens and sends nothing; any text can be sent by hand."""
    link = {"title": "Xem", "type": "oa.open.url", "payload": {"url": "https://bot.example.vn/r/7"}}
    await send_buttons(api, hook, person, link)
    assert await api.sim.tap(person, "Xem", bot=api.username) == {"url": "https://bot.example.vn/r/7"}
    await api.sim.tap(person, message_id=1, data="#quiz:9:9:Z", bot=api.username)
    assert (await hook.wait(3))[2]["message"]["text"] == "#quiz:9:9:Z"


async def test_asked_for_name_and_phone(api: OaApi, hook: RawHook, person: int) -> None:
    """3.3, 3.9: request_user_info comes back as user_submit_info."""
    await api.sim.say(person, "chào", bot=api.username)
    user_id = (await hook.wait(2))[1]["sender"]["id"]
    element = {"title": "Xin số điện thoại", "subtitle": "để nhắc lịch", "image_url": "https://x.vn/a.png"}
    payload = {"template_type": "request_user_info", "elements": [element]}
    await api.send(user_id, {"attachment": {"type": "template", "payload": payload}})
    await api.sim.tap(person, "Xin số điện thoại", bot=api.username)
    event = (await hook.wait(3))[2]
    assert (event["event_name"], event["info"]["name"]) == ("user_submit_info", "Nguyễn Văn An")


async def test_delivered_again_until_200(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: retries after 30 s, 5 min …, byte for byte the same."""
    hook.status = 500
    await api.sim.say(person, "chào", bot=api.username)
    await hook.wait(2)
    hook.status = 200
    while len(hook.got) < 3:
        await api.sim.advance(30)
    assert hook.got[1][1] == hook.got[2][1]


async def test_the_webhook_may_be_switched_off(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: after the last try (30 s, 5, 15, 30 min, 1 h) the event is lost, and perhaps the webhook."""
    await api.turn(webhook_off_after_tries=True)
    hook.status = 500
    await api.sim.say(person, "chào", bot=api.username)
    while (view := await api.turn())["lost"] == 0:
        await api.sim.advance(3600)
    assert (len(hook.got), view["webhook"]) == (7, "")


async def test_duplicates(api: OaApi, hook: RawHook, person: int) -> None:
    """Section 5: the same event again."""
    await api.turn(webhook_times=2)
    await api.sim.say(person, "chào", bot=api.username)
    await hook.wait(3)
    assert hook.got[1] == hook.got[2]


async def test_echo(api: OaApi, hook: RawHook, person: int) -> None:
    """3.9: oa_send_text echoes the account's own messages."""
    await api.turn(echo=True)
    await api.sim.say(person, "chào", bot=api.username)
    user_id = (await hook.wait(2))[1]["sender"]["id"]
    sent = await api.send(user_id, {"text": "Vâng"})
    event = (await hook.wait(3))[2]
    assert (event["event_name"], event["sender"]["id"]) == ("oa_send_text", api.oa_id)
    assert event["message"] == {"msg_id": sent["data"]["message_id"], "text": "Vâng"}


@pytest.mark.parametrize("body", ["{not json", "[]", '{"event_name": 7}'])
async def test_hostile_bodies(api: OaApi, hook: RawHook, body: Any) -> None:
    """Whatever is put in goes out as it stands, signed."""
    await api.sim.raw(body, bot=api.username)
    while len(hook.got) < 2:
        await api.sim.state()
    assert hook.got[1][1] == body.encode()
