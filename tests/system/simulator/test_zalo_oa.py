"""Tokens, messages, windows and uploads of a Zalo Official Account (zalo.md 3.1 to 3.8, section 5)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from simulator.client import SimClient
from tests.system.simulator.conftest import png
from tests.system.simulator.zalo_api import Json, OaApi, gallery, raw_hook, zalo_oa

HOUR, DAY = 3600, 24 * 3600
QUERY: Json = {"title": "A. 1930", "type": "oa.query.hide", "payload": "#quiz:7:3:A"}
LINK: Json = {"title": "Xem", "type": "oa.open.url", "payload": {"url": "https://bot.example.vn/r/7"}}


@pytest.fixture
async def api(sim: SimClient) -> AsyncIterator[OaApi]:
    async with zalo_oa(sim) as made:
        yield made


async def known(api: OaApi) -> tuple[int, str]:
    """Somebody who has just written: the person's number, and the id the account knows."""
    person = await api.sim.add_person("Nguyễn Văn An")
    async with raw_hook() as hook:
        await api.sim.zalo(api.username, hook.url)
        await api.sim.say(person, "chào", bot=api.username)
        user_id = (await hook.wait(2))[1]["sender"]["id"]
        await api.sim.zalo(api.username, "")
    return person, user_id


def template(**payload: Any) -> Json:
    return {"type": "template", "payload": payload}


# Tokens


async def test_a_token_pair(api: OaApi) -> None:
    """3.1: 25 h, said as a text; each refresh gives a new pair."""
    before = api.refresh
    pair = await api.renew()
    assert set(pair) == {"access_token", "refresh_token", "expires_in"}
    assert pair["expires_in"] == "90000"
    assert api.refresh != before


async def test_a_refresh_token_serves_once(api: OaApi) -> None:
    """3.1: single use; a used one is -14020, and the pair that came of it lives on."""
    used = api.refresh
    await api.renew()
    assert (await api.renew(used))["error"] == -14020
    assert "access_token" in await api.renew()


async def test_a_refresh_token_lasts_three_months(api: OaApi) -> None:
    """3.1: 3 months."""
    await api.sim.advance(91 * DAY)
    assert (await api.renew())["error"] == -14020


async def test_a_wrong_app_secret(api: OaApi) -> None:
    """3.1: -14004."""
    api.app_secret = "another"
    assert (await api.renew())["error"] == -14004


async def test_an_access_token_ends(api: OaApi) -> None:
    """3.10: expired -220, invalid -216."""
    _, user_id = await known(api)
    await api.sim.advance(26 * HOUR)
    assert (await api.send(user_id, {"text": "x"}))["error"] == -220
    await api.renew()
    assert (await api.send(user_id, {"text": "x"}))["error"] == 0
    api.access = "no-such"
    assert (await api.send(user_id, {"text": "x"}))["error"] == -216


async def test_tokens_stay_out_of_the_journal(api: OaApi, sim: SimClient) -> None:
    """The journal never holds a token, neither the used one nor those that came of it."""
    used = api.refresh
    await api.renew()
    journal = str([line for line in await sim.journal() if line["bot"] == api.username])
    assert "oauth/access_token" in journal
    assert not any(token in journal for token in (used, api.refresh, api.access))


# Messages


async def test_a_text(api: OaApi) -> None:
    """3.3: the answer's ids and times are texts; 3.2: limits in headers."""
    person, user_id = await known(api)
    body = {"recipient": {"user_id": user_id}, "message": {"text": "Chào đồng chí"}}
    answer = await api.http.post("v3.0/oa/message/cs", json=body, headers={"access_token": api.access})
    said = answer.json()
    assert (said["error"], said["message"]) == (0, "Success")
    assert said["data"]["user_id"] == user_id
    assert isinstance(said["data"]["sent_time"], str)
    assert said["data"]["quota"] == {"quota_type": "reply", "remain": "8", "total": "8"}
    assert {"x-ratelimit-limit", "x-ratelimit-remain"} <= set(answer.headers)
    assert [m["text"] for m in await api.sim.messages(person, api.username)] == ["Chào đồng chí"]


async def test_the_quota_may_be_missing(api: OaApi) -> None:
    """3.3: `quota` may be missing (source O21)."""
    _, user_id = await known(api)
    await api.turn(quota_told=False)
    assert "quota" not in (await api.send(user_id, {"text": "x"}))["data"]


@pytest.mark.parametrize(("text", "code"), [("", -201), ("x" * 2000, 0), ("x" * 2001, -210), (7, -201)])
async def test_length(api: OaApi, text: Any, code: int) -> None:
    """3.3: at most 2000."""
    _, user_id = await known(api)
    assert (await api.send(user_id, {"text": text}))["error"] == code


@pytest.mark.parametrize("message", [
    {"text": "Câu 3", "attachment": template(buttons=[QUERY, LINK])},
    {"attachment": template(template_type="list", elements=[{"title": "Câu 3"}], buttons=[QUERY, LINK])},
    {"attachment": template(template_type="button", text="Câu 3", buttons=[QUERY, LINK])},
])  # fmt: skip
async def test_three_forms_of_buttons(api: OaApi, message: Json) -> None:
    """3.3: forms 1, 2 and 3; each button in a row of its own."""
    person, user_id = await known(api)
    assert (await api.send(user_id, message))["error"] == 0
    [seen] = await api.sim.messages(person, api.username)
    assert seen["text"] == "Câu 3"
    assert [row[0]["text"] for row in seen["buttons"]] == ["A. 1930", "Xem"]


async def test_only_one_form_may_be_taken(api: OaApi) -> None:
    """3.3: which form is right is uncertain."""
    _, user_id = await known(api)
    await api.turn(button_forms="3")
    assert (await api.send(user_id, {"text": "x", "attachment": template(buttons=[QUERY])}))["error"] == -201


@pytest.mark.parametrize(("buttons", "code"), [
    ([QUERY] * 5, 0), ([QUERY] * 6, -210), ([], -201), ([QUERY | {"title": "x" * 101}], -210),
    ([QUERY | {"title": ""}], -201), ([QUERY | {"payload": "#" * 1001}], -210),
    ([QUERY | {"payload": {}}], -201),
    ([QUERY | {"type": "callback"}], -201), ([LINK | {"payload": "https://x.vn"}], -201), ("x", -201),
    ([{"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "84901"}}], 0),
])  # fmt: skip
async def test_limits_of_buttons(api: OaApi, buttons: Any, code: int) -> None:
    """3.3: 5 buttons, titles of 100, payloads of 1000; types and their payloads."""
    _, user_id = await known(api)
    answer = await api.send(user_id, {"text": "x", "attachment": template(buttons=buttons)})
    assert answer["error"] == code


async def test_a_payload_may_need_its_mark(api: OaApi) -> None:
    """3.3: whether # is needed is uncertain."""
    _, user_id = await known(api)
    await api.turn(hash_needed=True)
    bare = template(buttons=[QUERY | {"payload": "quiz"}])
    assert (await api.send(user_id, {"text": "x", "attachment": bare}))["error"] == -201


@pytest.mark.parametrize("message", [
    None, "x", {}, {"text": "x", "attachment": {}}, {"attachment": template(template_type="carousel")},
    {"attachment": template(template_type="media", elements=[])}, {"attachment": {"type": "image"}},
])  # fmt: skip
async def test_broken_messages(api: OaApi, message: Any) -> None:
    """3.10: a number below zero, HTTP 200."""
    _, user_id = await known(api)
    assert (await api.send(user_id, message))["error"] < 0


# Windows


@pytest.mark.parametrize(("hours", "code", "quota"), [
    (47, 0, "reply"), (49, 0, "purchase_quota"), (7 * 24 - 1, 0, "purchase_quota"), (7 * 24 + 1, -230, None),
])  # fmt: skip
async def test_windows(api: OaApi, hours: int, code: int, quota: str | None) -> None:
    """3.5: free within 48 h, charged within 7 days, refused later."""
    _, user_id = await known(api)
    await api.sim.advance(hours * HOUR)
    await api.renew()
    answer = await api.send(user_id, {"text": "x"})
    assert answer["error"] == code
    assert answer.get("data", {}).get("quota", {}).get("quota_type") == quota


@pytest.mark.parametrize("code", [-231, -232])
async def test_other_codes_of_lateness(api: OaApi, code: int) -> None:
    """3.5: also -231, -232."""
    _, user_id = await known(api)
    await api.turn(late=code)
    await api.sim.advance(8 * DAY)
    await api.renew()
    assert (await api.send(user_id, {"text": "x"}))["error"] == code


async def test_no_money_for_charged_messages(api: OaApi) -> None:
    """3.5, 3.10: -321 when the purse is empty."""
    _, user_id = await known(api)
    await api.turn(charged_left=1)
    await api.sim.advance(3 * DAY)
    await api.renew()
    codes = [(await api.send(user_id, {"text": "x"}))["error"] for _ in range(2)]
    assert codes == [0, -321]


async def test_writing_opens_the_window_again(api: OaApi) -> None:
    """3.5: an interaction is a message to the account."""
    person, user_id = await known(api)
    await api.sim.advance(8 * DAY)
    await api.renew()
    await api.sim.say(person, "tôi đây", bot=api.username)
    assert (await api.send(user_id, {"text": "x"}))["data"]["quota"]["quota_type"] == "reply"


@pytest.mark.parametrize(("counts", "code"), [(True, 0), (False, -230)])
async def test_a_press_may_open_the_window(api: OaApi, counts: bool, code: int) -> None:
    """Section 8, point 7: whether a press restarts the clock is not known."""
    person, user_id = await known(api)
    await api.turn(press_counts=counts)
    await api.send(user_id, {"text": "x", "attachment": template(buttons=[QUERY])})
    await api.sim.advance(8 * DAY)
    await api.renew()
    await api.sim.tap(person, "A. 1930", bot=api.username)
    assert (await api.send(user_id, {"text": "x"}))["error"] == code


async def test_strangers_and_those_who_left(api: OaApi) -> None:
    """3.10: never interacted -201, does not follow -213."""
    person, user_id = await known(api)
    assert (await api.send("1", {"text": "x"}))["error"] == -201
    await api.sim.block(person, bot=api.username)
    assert (await api.send(user_id, {"text": "x"}))["error"] == -213
    await api.sim.start(person, bot=api.username)
    assert (await api.send(user_id, {"text": "x"}))["error"] == 0


# Uploads


async def upload(api: OaApi, path: str, name: str, data: bytes) -> Json:
    return await api.call(path, files={"file": (name, data)})


async def test_an_uploaded_picture(api: OaApi) -> None:
    """3.4: an id, usable again; 3.3: image by id."""
    person, user_id = await known(api)
    made = (await upload(api, "v2.0/oa/upload/image", "a.png", png()))["data"]["attachment_id"]
    media = template(template_type="media", elements=[{"media_type": "image", "attachment_id": made}])
    for _ in range(2):
        assert (await api.send(user_id, {"text": "Bảng", "attachment": media}))["error"] == 0
    seen = await api.sim.messages(person, api.username)
    assert [(m["kind"], m["caption"]) for m in seen] == [("photo", "Bảng")] * 2


@pytest.mark.parametrize(("data", "code"), [
    (png(padding=2**20 - 200), 0), (png(padding=2**20), -210), (b"GIF89a", -201), (b"", -201),
])  # fmt: skip
async def test_limits_of_pictures(api: OaApi, data: bytes, code: int) -> None:
    """3.4: JPG or PNG, 1 MB."""
    assert (await upload(api, "v3.0/oa/upload/image", "a.png", data))["error"] == code


async def test_an_attachment_expires(api: OaApi) -> None:
    """3.10: -100 attachment id expired."""
    _, user_id = await known(api)
    made = (await upload(api, "v2.0/oa/upload/image", "a.png", png()))["data"]["attachment_id"]
    await api.turn(attachment_days=0)
    await api.sim.advance(1)
    media = template(template_type="media", elements=[{"media_type": "image", "attachment_id": made}])
    assert (await api.send(user_id, {"attachment": media}))["error"] == -100


async def test_a_picture_by_address(api: OaApi) -> None:
    """3.3: `url` in place of `attachment_id`."""
    person, user_id = await known(api)
    async with gallery(png()) as place:
        media = template(template_type="media", elements=[{"media_type": "image", "url": place.url}])
        assert (await api.send(user_id, {"attachment": media}))["error"] == 0
    assert (await api.sim.messages(person, api.username))[0]["file"]["width"] == 2


@pytest.mark.parametrize(("name", "code"), [("a.pdf", 0), ("a.docx", 0), ("a.xlsx", -201)])
async def test_files(api: OaApi, name: str, code: int) -> None:
    """3.4: PDF, DOC, DOCX go by token; Excel is uncertain, so refused."""
    person, user_id = await known(api)
    made = await upload(api, "v2.0/oa/upload/file", name, b"content")
    assert made["error"] == code
    if code == 0:
        message = {"attachment": {"type": "file", "payload": {"token": made["data"]["token"]}}}
        assert (await api.send(user_id, message))["error"] == 0
        assert (await api.sim.messages(person, api.username))[0]["file"]["name"] == name


# People, templates, faults


async def test_user_detail(api: OaApi) -> None:
    """3.8: GET with JSON in `data`; the day as dd/mm/yyyy."""
    _, user_id = await known(api)
    answer = await api.call("v3.0/oa/user/detail", params={"data": f'{{"user_id":"{user_id}"}}'})
    data = answer["data"]
    assert (data["display_name"], data["user_is_follower"]) == ("Nguyễn Văn An", False)
    assert len(data["user_last_interaction_date"].split("/")) == 3
    listed = await api.call("v3.0/oa/user/getlist", params={"data": '{"offset":0,"count":50}'})
    assert listed["data"]["users"] == [{"user_id": user_id}]


async def test_templates_need_the_switch(api: OaApi) -> None:
    """3.6: approved templates only, by phone."""
    person = await api.sim.add_person("An")
    phone = f"84{person % 10**9:09d}"
    body = {"phone": phone, "template_id": "312345", "template_data": {"ten": "An"}}
    assert (await api.call("message/template", body))["error"] == -120
    await api.turn(templates=["312345"])
    assert (await api.call("message/template", body))["error"] == 0
    assert (await api.call("message/template", body | {"template_id": "1"}))["error"] == -109
    assert (await api.call("message/template", body | {"phone": "84000000000"}))["error"] == -118


@pytest.mark.parametrize(
    "path", ["v3.0/oa/message/transaction", "v3.0/oa/message/promotion", "v2.0/oa/message"]
)
async def test_old_addresses_are_closed(api: OaApi, path: str) -> None:
    """3.5: do not build on them."""
    assert (await api.call(path, {}))["error"] == -240


async def test_too_many_calls(api: OaApi) -> None:
    """3.2: more calls a minute than allowed are -32."""
    _, user_id = await known(api)
    await api.turn(calls_a_minute=1)
    assert [(await api.send(user_id, {"text": "x"}))["error"] for _ in range(2)] == [0, -32]


async def test_the_common_faults_in_this_ones_words(api: OaApi) -> None:
    """3.10: too many is -32, blocked is -213; a broken gateway has no JSON."""
    person, user_id = await known(api)
    await api.sim.fault("429", calls=1, bot=api.username)
    assert (await api.send(user_id, {"text": "x"}))["error"] == -32
    await api.sim.fault("blocked", calls=1, person=person)
    assert (await api.send(user_id, {"text": "x"}))["error"] == -213
    await api.sim.fault("502", calls=1, bot=api.username)
    answer = await api.http.post("v3.0/oa/message/cs", json={}, headers={"access_token": api.access})
    assert (answer.status_code, answer.content) == (502, b"")


async def test_an_answer_that_gets_lost_uses_the_token_up(api: OaApi) -> None:
    """3.1: the pair must be stored before use; what was lost on the way is lost."""
    await api.sim.fault("accepted_lost", calls=1, bot=api.username, method="oauth/access_token")
    with pytest.raises(httpx.HTTPError):
        await api.renew()
    assert (await api.renew())["error"] == -14020
