"""The eleven methods of the Bot Platform but getUpdates (zalo.md 2.2 to 2.4)."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulator.loopback import leads_to_this_machine
from simulator.models import Person, Post, Webhook
from simulator.pictures import picture_size
from simulator.telegram.arguments import Arguments
from simulator.telegram.entities import finish
from simulator.telegram.errors import Refusal, bad
from simulator.telegram.utf16 import length16
from simulator.zalo.bot_account import ANSWER_TIME, SECRET_HEADER, ZaloBot, account_name
from simulator.zalo.fetching import NotFetched, fetch
from simulator.zalo.ids import GROUP
from simulator.zalo.markup import BrokenMarkup, parsed, stripped, styled
from simulator.zalo.pushing import posted

TEXT = 2000  # UTF-16 units, as assumed in zalo.md 2.4
SECRET = range(8, 257)
_STATUS_OK = 200
_NO_ANSWER = "webhook.err.unreachable"
_OUTCOMES = {200: "webhook.ok", 403: "webhook.http.403", 404: "webhook.http.404", 0: _NO_ANSWER}
_URL = re.compile(r"https?://[^\s/]+", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    account: ZaloBot
    args: Arguments


Method = Callable[[Call], Awaitable[Any]]


async def get_me(call: Call) -> Any:
    bot = call.account.bot
    return {
        "id": call.account.number,
        "account_name": account_name(bot),
        "account_type": "BASIC",
        "can_join_groups": False,
        "display_name": bot.title,
    }


# Webhook


async def set_webhook(call: Call) -> Any:
    account, url, secret = call.account, call.args.text("url").strip(), call.args.text("secret_token")
    _check_url(account, url)
    if not secret:
        raise bad("secret_token must not be empty")
    if len(secret) not in SECRET:
        raise bad("secret_token must be 8-256 characters")
    account.state.webhook_at = account.world.clock.now()
    account.bot.webhook = Webhook(url, secret)
    _keep_webhook(account)
    return {"url": url, "updated_at": _updated(account), "verification": await _verification(account)}


def _check_url(account: ZaloBot, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise bad("webhook url is invalid") from None
    local = leads_to_this_machine(url) and not account.switches.public_webhook_only
    if not parts.hostname or (not local and (parts.scheme != "https" or leads_to_this_machine(url))):
        raise bad("webhook url must be a public HTTPS address")


async def _verification(account: ZaloBot) -> dict[str, Any]:
    """Zalo's probe; the address is kept whatever comes of it."""
    url, began = account.bot.webhook.url, time.perf_counter()
    status = 0
    if leads_to_this_machine(url):
        body = b"" if account.switches.empty_probe else b"{}"
        status = await posted(url, body, {SECRET_HEADER: account.bot.webhook.secret}, ANSWER_TIME)
    fallback = "webhook.http.5xx" if status >= 500 else "webhook.http.other"  # noqa: PLR2004 - HTTP's own
    return {
        "ok": status == _STATUS_OK,
        "url": url,
        "outcome": _OUTCOMES.get(status, fallback),
        "hint": "",
        "status_code": status,
        "latency_ms": round((time.perf_counter() - began) * 1000),
    }


def _updated(account: ZaloBot) -> int:
    return round(account.state.webhook_at * 1000)


def _keep_webhook(account: ZaloBot) -> None:
    account.world.keep_bot(account.bot)
    account.keep()
    account.poller.end()
    account.pusher.restart()


async def test_webhook(call: Call) -> Any:
    account = call.account
    if not account.bot.webhook.url:
        raise Refusal(404, "Not Found")
    day = f"{account.world.clock.now() // 86_400}"
    if account.state.probe_day != day:
        account.state.probe_day, account.state.probes = day, 0
    if account.state.probes >= account.switches.probes_a_day:
        raise Refusal(426, "Daily limit of testWebhook reached")
    account.state.probes += 1
    account.keep()
    return {"url": account.bot.webhook.url, "verification": await _verification(account)}


async def delete_webhook(call: Call) -> Any:
    account = call.account
    account.bot.webhook = Webhook()
    account.state.webhook_at = account.world.clock.now()
    _keep_webhook(account)
    return {"url": "", "updated_at": _updated(account)}


async def get_webhook_info(call: Call) -> Any:
    if not call.account.bot.webhook.url:
        raise Refusal(404, "Not Found")
    return {"url": call.account.bot.webhook.url, "updated_at": _updated(call.account)}


# Messages


def _whom(call: Call) -> Person:
    chat_id = call.args.text("chat_id").strip()
    if not chat_id:
        raise bad("chat_id must not be empty")
    return call.account.reachable(chat_id)


def _sent(call: Call, post: Post | None) -> dict[str, Any]:
    account = call.account
    number = post.id if post else account.world.next_message_id(account.bot)
    date = post.date if post else account.world.clock.now()
    return {"message_id": account.ids.message(number), "date": round(date * 1000)}


def _refused_by(call: Call, person: Person) -> bool:
    """True when the message is lost in silence. Raises Refusal where a block is told."""
    blocked = call.account.bot.username in person.blocked
    if blocked and call.account.switches.blocked == "refused":
        raise Refusal(403, "Forbidden")
    return blocked


def _text(call: Call, name: str, least: int) -> str:
    text = call.args.text(name)
    if not least <= length16(text) <= TEXT or (least and not text.strip()):
        raise bad(f"{name} must be {least}-{TEXT} characters")
    return text


def _shown(call: Call, text: str) -> tuple[str, list[dict[str, Any]]]:
    mode = call.args.text("parse_mode").strip()
    if not mode:
        return finish(text, styled(call.args.json("text_styles", "text_styles")))
    if mode not in {"markdown", "html"}:
        raise bad("parse_mode is markdown or html")
    try:
        plain, entities = parsed(text, mode)
    except BrokenMarkup as problem:
        if call.account.switches.markup_errors:
            raise bad(f"can't parse text: {problem}") from None
        plain, entities = stripped(text), []
    return finish(plain, entities)


async def send_message(call: Call) -> Any:
    person, text = _whom(call), _text(call, "text", 1)
    shown, entities = _shown(call, text)
    lost = _refused_by(call, person)
    call.account.spend()
    return _sent(call, None if lost else call.account.chats.bot_says(person, shown, entities=entities))


async def send_photo(call: Call) -> Any:
    """Zalo fetches the address inside the call, and again later (zalo.md 2.4, sendPhoto)."""
    account, person, url = call.account, _whom(call), call.args.text("photo").strip()
    caption = _text(call, "caption", 0)
    if not _URL.match(url):
        raise bad("photo must be an http or https address")
    lost = _refused_by(call, person)
    await account.world.clock.sleep(account.switches.photo_seconds * account.world.pause_scale)
    try:
        data = await fetch(url)
    except NotFetched as problem:
        _count_photo(account, "failed")
        raise bad(f"photo cannot be downloaded: {problem}") from None
    _count_photo(account, "fetched")
    if picture_size(data) is None:
        raise bad("photo is no picture")
    account.spend()
    file = account.chats.keep("photo", "photo", data)
    post = None if lost else account.chats.bot_says(person, caption, "photo", file=file)
    seconds = account.switches.photo_again_after * account.world.pause_scale
    account.later.look_again(url, seconds, lambda there: _looked_again(account, post, there=there))
    return _sent(call, post)


def _looked_again(account: ZaloBot, post: Post | None, *, there: bool) -> None:
    _count_photo(account, "fetched_again" if there else "gone")
    if post is not None and not there:
        account.chats.blacken(post)


def _count_photo(account: ZaloBot, what: str) -> None:
    account.state.photos[what] = account.state.photos.get(what, 0) + 1
    account.keep()


async def send_sticker(call: Call) -> Any:
    person = _whom(call)
    if not call.args.text("sticker").strip():
        raise bad("sticker must not be empty")
    lost = _refused_by(call, person)
    call.account.spend()
    return _sent(call, None if lost else call.account.chats.bot_says(person, "", "sticker"))


async def send_voice(call: Call) -> Any:
    """To a group: told to be fine, and not delivered."""
    person = _whom(call)
    if not _URL.match(call.args.text("voice_url").strip()):
        raise bad("voice_url must be an http or https address")
    lost = _refused_by(call, person) or person.role == GROUP
    call.account.spend()
    return _sent(call, None if lost else call.account.chats.bot_says(person, "", "voice"))


async def send_chat_action(call: Call) -> Any:
    person = _whom(call)
    if call.args.text("action") not in {"typing", "upload_photo"}:
        raise bad("action is typing")
    call.account.world.events.tell("typing", person=person.id, bot=call.account.bot.username)
    return None


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setWebhook": set_webhook,
    "testWebhook": test_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendSticker": send_sticker,
    "sendVoice": send_voice,
    "sendChatAction": send_chat_action,
}
