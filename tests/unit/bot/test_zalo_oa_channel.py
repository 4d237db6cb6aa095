"""The channel against an Official Account made of paper: calls, tokens, pictures, and every trouble."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from bot.channels.base import Given
from bot.channels.zalo_oa.channel import OaChannel, make
from bot.channels.zalo_oa.client import OaClient
from bot.language import Choice, FileIn, FileOut, Kind, Picture, Said, Say
from bot.limits import REQUEST_SECONDS, ZALO_OA_DOWNLOAD_BYTES
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from db.errors import (
    BadInput,
    ChannelRefused,
    DeliveryError,
    MessageRefused,
    OutsideWindow,
    RetryAfter,
    StoreFull,
    TryLater,
    Unreachable,
)
from locales.text import fill
from tests.support import virtual_time
from tests.support.dripping import Drip
from tests.support.paper import NOW, StillClock

SECRETS = {"APP_ID": "36", "APP_SECRET": "s3cret", "OA_SECRET": "k", "REFRESH_TOKEN": "r-0"}
ACCOUNT = ChannelAccount(name="oa", kind="zalo_oa")
PERSON = "4912345678901234567"
SAY = Say(fill("Chào <b>An</b>", {}))


def test_a_line_that_drips_is_given_up_in_time() -> None:
    async def ask() -> float:
        with pytest.raises(TryLater) as caught:
            await OaClient("https://openapi.zalo.me", "36", "s3cret", Drip()).post("/v3.0/oa", "a", {})
        assert caught.value.maybe_delivered
        return asyncio.get_running_loop().time()

    assert virtual_time.run(ask()) <= REQUEST_SECONDS + 1


@dataclass
class PaperOa:
    """Answers as `openapi.zalo.me` and `oauth.zaloapp.com` do. `troubles`: answers dealt to messages."""

    token: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    renewals: list[httpx.Request] = field(default_factory=list)
    uploads: int = 0
    file: bytes = b"PK"
    troubles: deque[httpx.Response | Exception] = field(default_factory=deque)
    account: dict[str, Any] = field(default_factory=lambda: {"oa_id": "579", "name": "Chi bộ Mẫu"})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "file.zdn.vn":
            assert "access_token" not in request.headers
            return httpx.Response(404 if request.url.path == "/gone" else 200, content=self.file)
        if request.url.host == "oauth.zaloapp.com":
            return self._renew(request)
        if request.headers.get("access_token") != f"a-{self.token}":
            return answer(-216, "Access token is invalid")
        self.paths.append(request.url.path)
        if request.url.path == "/v2.0/oa/getoa":
            return answer(0, data=self.account)
        if request.url.path == "/v2.0/oa/upload/image":
            self.uploads += 1
            return answer(0, data={"attachment_id": f"up-{self.uploads}"})
        return self._message(request)

    def _renew(self, request: httpx.Request) -> httpx.Response:
        self.renewals.append(request)
        form = parse_qs(request.content.decode())
        if form["refresh_token"] != [f"r-{self.token}"] or request.headers["secret_key"] != "s3cret":
            return httpx.Response(200, json={"error": -14020, "error_name": "Invalid refresh token"})
        self.token += 1
        pair = {"access_token": f"a-{self.token}", "refresh_token": f"r-{self.token}", "expires_in": "90000"}
        return httpx.Response(200, json=pair)

    def _message(self, request: httpx.Request) -> httpx.Response:
        trouble = self.troubles.popleft() if self.troubles else None
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return trouble
        self.sent.append(json.loads(request.content))
        return answer(0, data={"message_id": f"m-{len(self.sent)}", "user_id": PERSON})


def answer(code: int, text: str = "Success", data: Any = None) -> httpx.Response:
    return httpx.Response(200, json={"error": code, "message": text, **({"data": data} if data else {})})


async def _free(_name: str, _seconds: float) -> bool:
    return True


async def _let_go(_name: str) -> None:
    return None


@dataclass
class Bench:
    oa: PaperOa = field(default_factory=PaperOa)
    facts: dict[str, str] = field(default_factory=dict)
    clock: StillClock = field(default_factory=StillClock)
    full: bool = False
    only_looking: bool = False

    def channel(self) -> OaChannel:
        given = Given(
            "https://bot.example.vn",
            "",
            self._publish,
            self._recall,
            self._keep,
            _free,
            _let_go,
            self.only_looking,
            self.clock.now,
        )
        return make(ACCOUNT, SECRETS, given, Pacer(1000), httpx.MockTransport(self.oa))

    async def _publish(self, data: bytes, name: str, chat: str) -> str:
        if self.full:
            raise StoreFull
        return f"https://bot.example.vn/tep/{len(data)}"

    async def _recall(self, name: str) -> str | None:
        return self.facts.get(name)

    async def _keep(self, name: str, value: str) -> None:
        self.facts[name] = value

    def contents(self) -> list[dict[str, Any]]:
        return [body["message"] for body in self.oa.sent]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def channel(bench: Bench) -> AsyncIterator[OaChannel]:
    made = bench.channel()
    yield made
    await made.close()


async def test_it_opens_by_its_name_and_its_link_has_its_number(bench: Bench, channel: OaChannel) -> None:
    assert await channel.open() == "Chi bộ Mẫu"
    assert channel.start_link("j-ABCD") == "https://zalo.me/579"
    assert "r-1" in bench.facts["tokens"]


async def test_who_only_looks_uses_up_nothing(bench: Bench) -> None:
    bench.only_looking = True
    channel = bench.channel()
    assert "settings only" in await channel.open()
    await channel.close()
    assert bench.oa.renewals == []


async def test_a_lost_pair_stops_the_start_with_what_to_do(bench: Bench, channel: OaChannel) -> None:
    bench.oa.token = 7
    with pytest.raises(ChannelRefused, match="MUNGBA_OA_REFRESH_TOKEN"):
        await channel.open()


async def test_a_message_goes_to_the_person_and_has_an_id(bench: Bench, channel: OaChannel) -> None:
    assert await channel.send(PERSON, SAY) == "m-1"
    assert bench.oa.sent == [{"recipient": {"user_id": PERSON}, "message": {"text": "Chào An"}}]
    assert bench.oa.paths == ["/v3.0/oa/message/cs"]


async def test_an_answer_says_everything_in_order(bench: Bench, channel: OaChannel) -> None:
    said = Said("oa:1", "oa", PERSON, PERSON, NOW, Kind.TEXT)
    await channel.answer(said, [SAY, Say(fill("Chọn", {}), ((Choice("Có", "x:1"),),))])
    assert [content["text"] for content in bench.contents()] == ["Chào An", "Chọn"]
    assert bench.contents()[1]["attachment"]["payload"]["buttons"][0]["payload"] == "#mb:x:1"


async def test_a_refused_token_is_renewed_once_and_the_call_made_again(
    bench: Bench, channel: OaChannel
) -> None:
    await channel.open()
    bench.clock.moment += timedelta(minutes=5)
    bench.oa.troubles.append(answer(-220, "Access token has expired"))
    assert await channel.send(PERSON, SAY) == "m-1"
    assert (len(bench.oa.renewals), len(bench.oa.sent)) == (2, 1)


async def test_a_token_that_stays_refused_is_the_channels_trouble(bench: Bench, channel: OaChannel) -> None:
    bench.oa.troubles.extend([answer(-216), answer(-216)])
    with pytest.raises(ChannelRefused, match="access token"):
        await channel.send(PERSON, SAY)
    assert len(bench.oa.renewals) == 1


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (-32, RetryAfter),
        (-234, RetryAfter),
        (-214, TryLater),
        *((code, MessageRefused) for code in (-200, -201, -210, -233, -240, -248, -249, -99999, 7)),
        *((code, Unreachable) for code in (-213, -217, -227, -244)),
        *((code, OutsideWindow) for code in (-211, -218, -230, -231, -232)),
        *(
            (code, ChannelRefused)
            for code in (-204, -205, -209, -212, -219, -221, -223, -224, -235, -320, -321)
        ),
    ],
)
async def test_every_code_has_its_fate(
    bench: Bench, channel: OaChannel, code: int, fate: type[DeliveryError]
) -> None:
    bench.oa.troubles.append(answer(code, "Zalo says no"))
    with pytest.raises(DeliveryError) as raised:
        await channel.send(PERSON, SAY)
    assert type(raised.value) is fate
    assert bench.oa.sent == []


@pytest.mark.parametrize(
    ("trouble", "fate", "maybe"),
    [
        (httpx.Response(502, text="<html>"), TryLater, True),
        (httpx.Response(200, text="hello"), TryLater, True),
        (httpx.Response(200, json=[1]), TryLater, True),
        (httpx.ReadTimeout("late"), TryLater, True),
        (httpx.ConnectError("no"), TryLater, False),
        (httpx.Response(429), RetryAfter, None),
        (httpx.Response(403), ChannelRefused, None),
        (httpx.Response(404), MessageRefused, None),
    ],
)
async def test_an_ill_platform_has_its_fate(
    bench: Bench,
    channel: OaChannel,
    trouble: httpx.Response | Exception,
    fate: type[DeliveryError],
    maybe: bool | None,
) -> None:
    bench.oa.troubles.append(trouble)
    with pytest.raises(DeliveryError) as raised:
        await channel.send(PERSON, SAY)
    assert type(raised.value) is fate
    assert getattr(raised.value, "maybe_delivered", None) is maybe


async def test_a_picture_is_uploaded_once_and_shown_by_its_id(bench: Bench, channel: OaChannel) -> None:
    say = Say(fill("Bảng xếp hạng", {}), picture=Picture(b"png", "Biểu đồ"))
    await channel.send(PERSON, say)
    await channel.send("5", say)
    elements = [content["attachment"]["payload"]["elements"] for content in bench.contents()]
    assert elements == [[{"media_type": "image", "attachment_id": "up-1"}]] * 2


async def test_an_attachment_that_is_gone_is_uploaded_again(bench: Bench, channel: OaChannel) -> None:
    say = Say(fill("Bảng xếp hạng", {}), picture=Picture(b"png", ""))
    bench.oa.troubles.append(answer(-100, "attachment expired"))
    assert await channel.send(PERSON, say) == "m-1"
    assert bench.oa.uploads == 2


async def test_a_picture_that_zalo_cannot_take_goes_out_as_words(bench: Bench, channel: OaChannel) -> None:
    say = Say(picture=Picture(b"x" * (1024**2 + 1), "Biểu đồ"))
    await channel.send(PERSON, say)
    assert bench.contents() == [{"text": "Biểu đồ"}]


async def test_a_file_goes_out_as_a_link(bench: Bench, channel: OaChannel) -> None:
    await channel.send(PERSON, Say(fill("Báo cáo", {}), file=FileOut("a.csv", b"1,2")))
    assert bench.contents() == [{"text": "Báo cáo\na.csv: https://bot.example.vn/tep/3"}]


async def test_a_file_that_cannot_be_kept_now_is_tried_again(bench: Bench, channel: OaChannel) -> None:
    bench.full = True
    with pytest.raises(TryLater):
        await channel.send(PERSON, Say(file=FileOut("a.csv", b"1,2")))


async def test_a_group_has_its_own_door(bench: Bench, channel: OaChannel) -> None:
    await channel.send("group.77", SAY)
    assert bench.oa.sent[0]["recipient"] == {"group_id": "77"}
    assert bench.oa.paths == ["/v3.0/oa/group/message"]


@pytest.mark.parametrize(
    "address", ["http://a.vn/x", "https://127.0.0.1/x", "https://[::1", "file:///etc/passwd", "", "https://"]
)
async def test_a_file_is_fetched_from_an_address_of_the_net_only(channel: OaChannel, address: str) -> None:
    with pytest.raises(BadInput):
        await channel.fetch(FileIn(address, "a.xlsx", 5))


async def test_a_file_is_fetched_without_our_token(bench: Bench, channel: OaChannel) -> None:
    assert await channel.fetch(FileIn("https://file.zdn.vn/f", "a.xlsx", 0)) == b"PK"
    with pytest.raises(BadInput, match="file_gone"):
        await channel.fetch(FileIn("https://file.zdn.vn/gone", "a.xlsx", 0))


async def test_a_file_that_turns_out_too_large_is_refused(bench: Bench, channel: OaChannel) -> None:
    bench.oa.file = b"x" * (ZALO_OA_DOWNLOAD_BYTES + 1)
    with pytest.raises(BadInput, match="too_big"):
        await channel.fetch(FileIn("https://file.zdn.vn/f", "a.xlsx", 5))


async def test_a_file_that_says_it_is_too_large_is_not_fetched(channel: OaChannel) -> None:
    with pytest.raises(BadInput, match="too_big"):
        await channel.fetch(FileIn("https://z.vn/f", "a.xlsx", ZALO_OA_DOWNLOAD_BYTES + 1))


async def test_no_secret_is_in_an_address_or_an_error(bench: Bench, channel: OaChannel) -> None:
    bench.oa.troubles.append(httpx.ReadTimeout("late"))
    with pytest.raises(TryLater) as raised:
        await channel.send(PERSON, SAY)
    told = f"{raised.value} {raised.value.__cause__} " + " ".join(str(r.url) for r in bench.oa.renewals)
    assert not any(secret in told for secret in ("a-1", "r-0", "s3cret"))
