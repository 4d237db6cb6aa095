"""The calls of the Official Account API (zalo.md 3.3, 3.4, 3.6, 3.8)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import msgspec

from simulator.models import Person
from simulator.pictures import picture_size
from simulator.telegram.arguments import Arguments, Upload
from simulator.zalo.oa_account import FREE, ZaloOa
from simulator.zalo.oa_content import Content, read_content
from simulator.zalo.oa_errors import OaRefusal

Json = dict[str, Any]

IMAGE_BYTES = 1 << 20
OTHER_BYTES = 5 << 20
_FILE_TYPES = {".pdf", ".doc", ".docx"}
_MOST_PEOPLE, _LAST_OFFSET = 50, 9951
_VIET_NAM = timedelta(hours=7)
_PHONE = 10**9


@dataclass(frozen=True)
class OaCall:
    account: ZaloOa
    args: Arguments

    def body(self, name: str) -> Json:
        value = self.args.values.get(name)
        if not isinstance(value, dict):
            raise OaRefusal(-201, f"{name} is invalid")
        return value

    def data(self) -> Json:
        """The JSON text of ?data=…"""
        try:
            value = msgspec.json.decode(self.args.text("data"))
        except msgspec.DecodeError:
            value = None
        if not isinstance(value, dict):
            raise OaRefusal(-201, "data is invalid")
        return value


async def send_cs(call: OaCall) -> Json:
    account = call.account
    user_id = call.body("recipient").get("user_id")
    person = account.reachable(user_id if isinstance(user_id, str) else "")
    quota = account.price(person)
    content = await read_content(account, call.args.values.get("message"))
    told = account.pay(quota)
    number, date = _show(account, person, content)
    message_id = account.ids.message(number)
    if account.switches.echo:
        _echo(account, person, content, message_id)
    data = {"message_id": message_id, "user_id": user_id, "sent_time": str(round(date * 1000))}
    return data | ({"quota": told} if account.switches.quota_told else {})


def _show(account: ZaloOa, person: Person, content: Content) -> tuple[int, float]:
    markup = {"inline_keyboard": [[button] for button in content.buttons]} if content.buttons else None
    post = account.chats.bot_says(person, content.text, content.kind, file=content.file, markup=markup)
    return post.id, post.date


def _echo(account: ZaloOa, person: Person, content: Content, message_id: str) -> None:
    event = {"photo": "oa_send_image", "document": "oa_send_file", "sticker": "oa_send_sticker"}
    ends: Json = {"sender": {"id": account.keys.oa_id}, "recipient": {"id": account.ids.of(person.id)}}
    ends["message"] = {"msg_id": message_id, "text": content.text}
    account.tell(event.get(content.kind, "oa_send_text"), person, **ends)


async def closed(_call: OaCall) -> Json:
    """Transaction and promotion messages, merged into ZBS in 2026."""
    raise OaRefusal(-240)


async def send_group(_call: OaCall) -> Json:
    raise OaRefusal(-403)


# Uploads


def _file(call: OaCall, top: int) -> Upload:
    upload = call.args.uploads.get("file")
    if upload is None or not upload.data:
        raise OaRefusal(-201, "file is invalid")
    if len(upload.data) > top:
        raise OaRefusal(-210, f"file is bigger than {top} bytes")
    return upload


def _kept(call: OaCall, kind: str, upload: Upload) -> str:
    account = call.account
    file = account.chats.keep(kind, upload.name or kind, upload.data, upload.mime)
    account.state.uploads[file.file_id] = account.world.clock.now()
    account.keep()
    return file.file_id


async def upload_image(call: OaCall) -> Json:
    return _picture(call, IMAGE_BYTES, {"image/jpeg", "image/png"})


async def upload_gif(call: OaCall) -> Json:
    return _picture(call, OTHER_BYTES, {"image/gif"})


def _picture(call: OaCall, top: int, kinds: set[str]) -> Json:
    upload = _file(call, top)
    size = picture_size(upload.data)
    if size is None or size[2] not in kinds:
        raise OaRefusal(-201, "file type is invalid")
    return {"attachment_id": _kept(call, "photo", upload)}


async def upload_file(call: OaCall) -> Json:
    upload = _file(call, OTHER_BYTES)
    if PurePosixPath(upload.name).suffix.lower() not in _FILE_TYPES:
        raise OaRefusal(-201, "file type is invalid")
    return {"token": _kept(call, "document", upload)}


# People


async def user_detail(call: OaCall) -> Json:
    account = call.account
    user_id = call.data().get("user_id")
    person = account.ids.person(user_id) if isinstance(user_id, str) else None
    if person is None or not _known(account, person):
        raise OaRefusal(-201, "user_id is invalid")
    last = account.state.interactions.get(person.id)
    day = "" if last is None else (datetime.fromtimestamp(last, UTC) + _VIET_NAM).strftime("%d/%m/%Y")
    return {
        "user_id": user_id,
        "display_name": person.name,
        "avatar": "",
        "user_is_follower": person.id in account.state.followers,
        "user_last_interaction_date": day,
        "shared_info": {},
        "tags_and_notes_info": {"notes": [], "tag_names": []},
        "user_id_by_app": account.app_user(person),
    }


def _known(account: ZaloOa, person: Person) -> bool:
    return person.id in account.state.followers or person.id in account.state.interactions


async def user_list(call: OaCall) -> Json:
    account, data = call.account, call.data()
    offset, count = data.get("offset", 0), data.get("count", _MOST_PEOPLE)
    numbers = isinstance(offset, int) and isinstance(count, int)
    if not numbers or not 0 <= offset <= _LAST_OFFSET or not 0 < count <= _MOST_PEOPLE:
        raise OaRefusal(-201, "offset or count is invalid")
    known = sorted({*account.state.followers, *account.state.interactions})
    if data.get("is_follower") is True:
        known = [person for person in known if person in account.state.followers]
    page = known[offset : offset + count]
    users = [{"user_id": account.ids.of(person)} for person in page]
    return {"total": len(known), "count": len(page), "offset": offset, "users": users}


async def account(call: OaCall) -> Json:
    """Who the account is."""
    return {"oa_id": call.account.keys.oa_id, "name": call.account.bot.title}


async def quota(call: OaCall) -> Json:
    left = call.account.switches.charged_left
    total = left + call.account.state.charged
    hours = round(FREE / 3600)
    return {
        "quota_type": "purchase_quota",
        "remain": str(left),
        "total": str(total),
        "free_hours": str(hours),
    }


# Templates by phone (ZBS)


def phone_of(person: Person) -> str:
    """The number this person's Zalo is registered with, here."""
    return f"84{person.id % _PHONE:09d}"


async def send_template(call: OaCall) -> Json:
    """Paid and approved templates only: off unless the switch says so."""
    account, args = call.account, call.args
    if not account.switches.templates:
        raise OaRefusal(-120)
    if args.text("template_id") not in account.switches.templates:
        raise OaRefusal(-109)
    phone = args.text("phone")
    if not (phone.isdecimal() and phone.startswith("84")):
        raise OaRefusal(-108)
    person = next((p for p in account.world.people.values() if phone_of(p) == phone), None)
    if person is None:
        raise OaRefusal(-118)
    data = "\n".join(f"{name}: {value}" for name, value in call.body("template_data").items())
    number, date = _show(account, person, Content(f"[{args.text('template_id')}]\n{data}"))
    account.state.templates += 1
    account.keep()
    told = {"dailyQuota": "500", "remainingQuota": str(max(0, 500 - account.state.templates))}
    return {"msg_id": account.ids.message(number), "sent_time": str(round(date * 1000)), "quota": told}


OaMethod = Callable[[OaCall], Awaitable[Json]]
# Paths after the version, as both v2.0 and v3.0 are seen for most of them.
POSTS: dict[str, OaMethod] = {
    "oa/message/cs": send_cs,
    "oa/message/transaction": closed,
    "oa/message/promotion": closed,
    "oa/message": closed,
    "oa/group/message": send_group,
    "oa/upload/image": upload_image,
    "oa/upload/gif": upload_gif,
    "oa/upload/file": upload_file,
    "oa/quota/message": quota,
    "message/template": send_template,
}
GETS: dict[str, OaMethod] = {"oa/getoa": account, "oa/user/detail": user_detail, "oa/user/getlist": user_list}
