"""Edits and deletions."""

from typing import Any

import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Api
from tests.system.simulator.conftest import png

KEYS = {"inline_keyboard": [[{"text": "Có", "callback_data": "y"}]]}
OTHER = {"inline_keyboard": [[{"text": "Không", "callback_data": "n"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
DAY = 24 * 3600


async def sent(api: Api, person: int, **more: Any) -> dict[str, int]:
    message = await api.call("sendMessage", chat_id=person, text="a", **more)
    return {"chat_id": person, "message_id": message["message_id"]}


async def test_edit_text(api: Api, sim: SimClient, person: int) -> None:
    """editMessageText: the edited Message is returned; the phone shows the new text as edited."""
    place = await sent(api, person)
    edited = await api.call("editMessageText", **place, text="b")
    assert (edited["text"], edited["edit_date"] >= edited["date"]) == ("b", True)
    seen = (await sim.messages(person, api.username))[-1]
    assert (seen["text"], seen["edited"] is not None) == ("b", True)


UNCHANGED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("same text", {}, {"text": "a"}),
    ("same text and keyboard", {"reply_markup": KEYS}, {"text": "a", "reply_markup": KEYS}),
    ("other markup, same outcome", {}, {"text": "<b></b>a", "parse_mode": "HTML"}),
    ("spaces at the end do not count", {}, {"text": "a  \n"}),
]


@pytest.mark.parametrize(("what", "first", "second"), UNCHANGED, ids=[u[0] for u in UNCHANGED])
async def test_not_modified(
    api: Api, person: int, what: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """A8: an edit that changes nothing is refused."""
    failed = await api.refused("editMessageText", **await sent(api, person, **first), **second)
    assert (failed.code, failed.description) == (400, NOT_MODIFIED), what


MODIFIED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another text", {}, {"text": "b"}),
    ("another keyboard", {"reply_markup": KEYS}, {"text": "a", "reply_markup": OTHER}),
    ("no keyboard any more", {"reply_markup": KEYS}, {"text": "a"}),
    ("bold now", {}, {"text": "<b>a</b>", "parse_mode": "HTML"}),
]


@pytest.mark.parametrize(("what", "first", "second"), MODIFIED, ids=[m[0] for m in MODIFIED])
async def test_modified(
    api: Api, person: int, what: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """editMessageText replaces text, entities and keyboard; a keyboard left out is taken away."""
    edited = await api.call("editMessageText", **await sent(api, person, **first), **second)
    assert edited.get("reply_markup") == second.get("reply_markup"), what


async def test_edit_keyboard_only(api: Api, person: int) -> None:
    """editMessageReplyMarkup changes the keyboard and leaves the text; the same again is refused."""
    place = await sent(api, person)
    edited = await api.call("editMessageReplyMarkup", **place, reply_markup=KEYS)
    assert (edited["text"], edited["reply_markup"]) == ("a", KEYS)
    assert (
        await api.refused("editMessageReplyMarkup", **place, reply_markup=KEYS)
    ).description == NOT_MODIFIED
    assert "reply_markup" not in await api.call("editMessageReplyMarkup", **place)


async def test_edits_take_inline_keyboards_only(api: Api, person: int) -> None:
    """editMessage…: reply_markup is an InlineKeyboardMarkup."""
    failed = await api.refused(
        "editMessageText", **await sent(api, person), text="b", reply_markup={"keyboard": []}
    )
    assert failed.description == "Bad Request: inline keyboard expected"


async def test_edit_what_is_not_there(api: Api, sim: SimClient, person: int) -> None:
    """A8: message to edit not found; message can't be edited (not the bot's own)."""
    failed = await api.refused("editMessageText", chat_id=person, message_id=10**6, text="b")
    assert failed.description == "Bad Request: message to edit not found"
    theirs = await sim.say(person, "của tôi", bot=api.username)
    failed = await api.refused("editMessageText", chat_id=person, message_id=theirs, text="b")
    assert failed.description == "Bad Request: message can't be edited"
    failed = await api.refused("editMessageText", chat_id=person, text="b")
    assert failed.description == "Bad Request: message identifier is not specified"


async def test_edits_keep_the_limits(api: Api, person: int) -> None:
    """A3: the limits of sending hold for edits."""
    place = await sent(api, person)
    for text, refusal in (("a" * 4097, "message is too long"), ("", "message text is empty")):
        assert (
            await api.refused("editMessageText", **place, text=text)
        ).description == f"Bad Request: {refusal}"
    failed = await api.refused("editMessageText", **place, text="<b>a", parse_mode="HTML")
    assert failed.description.startswith("Bad Request: can't parse entities")


async def test_captions(api: Api, person: int) -> None:
    """editMessageCaption is for media, editMessageText for texts; captions are 0-1024 long."""
    photo = await api.upload("sendPhoto", {"photo": ("a.png", png())}, chat_id=str(person), caption="một")
    place = {"chat_id": person, "message_id": photo["message_id"]}
    assert (await api.call("editMessageCaption", **place, caption="hai"))["caption"] == "hai"
    assert (await api.refused("editMessageCaption", **place, caption="hai")).description == NOT_MODIFIED
    too_long = await api.refused("editMessageCaption", **place, caption="a" * 1025)
    assert too_long.description == "Bad Request: message caption is too long"
    failed = await api.refused("editMessageText", **place, text="b")
    assert failed.description == "Bad Request: there is no text in the message to edit"
    failed = await api.refused("editMessageCaption", **await sent(api, person), caption="b")
    assert failed.description == "Bad Request: there is no caption in the message to edit"
    assert "caption" not in await api.call("editMessageCaption", **place, caption="")


async def test_media(api: Api, sim: SimClient, person: int) -> None:
    """editMessageMedia puts another picture in the place of the first, by attach:// or file_id."""
    photo = await api.upload("sendPhoto", {"photo": ("a.png", png())}, chat_id=str(person))
    fields = {"chat_id": str(person), "message_id": str(photo["message_id"])}
    media = '{"type":"photo","media":"attach://new","caption":"<b>mới</b>","parse_mode":"HTML"}'
    edited = await api.upload("editMessageMedia", {"new": ("b.png", png(5, 7))}, **fields, media=media)
    assert (edited["photo"][0]["width"], edited["photo"][0]["height"], edited["caption"]) == (5, 7, "mới")
    seen = (await sim.messages(person, api.username))[-1]
    assert await sim.file(seen["file"]["file_id"]) == png(5, 7)


async def test_delete(api: Api, sim: SimClient, person: int) -> None:
    """deleteMessage: own and the person's messages; twice is refused."""
    place = await sent(api, person)
    theirs = await sim.say(person, "x", bot=api.username)
    assert await api.call("deleteMessage", **place) is True
    assert await api.call("deleteMessage", chat_id=person, message_id=theirs) is True
    assert (await sim.chat(person, api.username))["messages"] == []
    failed = await api.refused("deleteMessage", **place)
    assert failed.description == "Bad Request: message to delete not found"


async def test_delete_many(api: Api, sim: SimClient, person: int) -> None:
    """deleteMessages: 1-100 ids; those that cannot be found are skipped."""
    place = await sent(api, person)
    assert await api.call("deleteMessages", chat_id=person, message_ids=[place["message_id"], 10**6]) is True
    assert await sim.messages(person, api.username) == []
    failed = await api.refused("deleteMessages", chat_id=person, message_ids=list(range(1, 102)))
    assert failed.code == 400


async def test_delete_within_48_hours(api: Api, sim: SimClient, person: int) -> None:
    """A3: a message can only be deleted if it was sent less than 48 hours ago."""
    young, old = await sent(api, person), await sent(api, person)
    await sim.advance(2 * DAY - 60)
    await api.call("deleteMessage", **young)
    await sim.advance(120)
    failed = await api.refused("deleteMessage", **old)
    assert failed.description == "Bad Request: message can't be deleted for everyone"
