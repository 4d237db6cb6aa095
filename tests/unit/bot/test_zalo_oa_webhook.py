"""The door: the signature over the raw body first, then stored, then 200."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.zalo_oa.webhook import Seal, door
from bot.limits import WEBHOOK_BODY_BYTES
from db.errors import StoreBusy
from db.inbox import Arrival
from tests.support.paper import NOW

SEAL = Seal("36", "khóa")
STAMP = str(int(NOW.timestamp() * 1000))


@dataclass
class Inbox:
    stored: list[Arrival] = field(default_factory=list)
    busy: bool = False

    async def take_in(self, channel: str, arrivals: Sequence[Arrival]) -> None:
        assert channel == "oa"
        if self.busy:
            raise StoreBusy
        self.stored += arrivals

    async def receives(self, body: bytes, signature: str | None) -> int:
        app = Starlette(routes=[door("oa", "/hook/oa", SEAL, self.take_in, lambda: NOW)])
        headers = [] if signature is None else [(b"X-ZEvent-Signature", signature.encode("latin-1"))]
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            return (await client.post("/hook/oa", content=body, headers=headers)).status_code


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def an_event(stamp: Any = STAMP, **changes: Any) -> bytes:
    body = {
        "event_name": "user_send_text",
        "timestamp": stamp,
        "sender": {"id": "49"},
        "message": {"msg_id": "m1", "text": "có mặt"},
        **changes,
    }
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def signed(body: bytes, stamp: str = STAMP) -> str:
    return "mac=" + hashlib.sha256(b"36" + body + stamp.encode() + "khóa".encode()).hexdigest()


def test_the_vector_of_the_specification() -> None:
    seal = Seal("1", "k")
    expected = "dc0487a5431673273ad08e6764f684325aee31723f0de6ea30acfa90e56b3b39"
    assert seal.of(b'{"timestamp":"2"}', "2") == expected
    assert seal.is_good(f"mac={expected}", b'{"timestamp":"2"}', "2")
    assert seal.is_good(expected.upper(), b'{"timestamp":"2"}', "2")
    assert not seal.is_good(f"mac={expected}", b'{"timestamp": "2"}', "2")


async def test_a_signed_event_is_stored_as_it_came(inbox: Inbox) -> None:
    body = an_event()
    assert await inbox.receives(body, signed(body)) == 200
    assert inbox.stored == [Arrival("m1", "49", body.decode())]


async def test_a_time_as_a_number_is_signed_as_its_letters(inbox: Inbox) -> None:
    body = an_event(int(STAMP))
    assert await inbox.receives(body, signed(body)) == 200
    assert len(inbox.stored) == 1


@pytest.mark.parametrize("signature", ["", "mac=", "mac=00", "mac=é", "mac=" + "0" * 64])
async def test_a_forged_event_is_refused(inbox: Inbox, signature: str) -> None:
    assert await inbox.receives(an_event(), signature) == 401
    assert inbox.stored == []


async def test_one_changed_letter_or_another_time_breaks_the_signature(inbox: Inbox) -> None:
    body = an_event()
    assert await inbox.receives(body.replace(b'"49"', b'"50"'), signed(body)) == 401
    assert await inbox.receives(an_event("1"), signed(an_event("1"), STAMP)) == 401
    assert inbox.stored == []


async def test_an_unsigned_call_is_answered_and_passed_over(inbox: Inbox) -> None:
    assert await inbox.receives(b"", None) == 200
    assert await inbox.receives(an_event(), None) == 200
    assert inbox.stored == []


async def test_a_late_repetition_is_taken_and_an_old_event_is_not(inbox: Inbox) -> None:
    late = str(int((NOW - timedelta(minutes=115)).timestamp() * 1000))
    old = str(int((NOW - timedelta(minutes=125)).timestamp() * 1000))
    assert await inbox.receives(an_event(late), signed(an_event(late), late)) == 200
    assert await inbox.receives(an_event(old), signed(an_event(old), old)) == 403
    assert len(inbox.stored) == 1


async def test_an_odd_signed_event_is_stored_to_be_set_aside(inbox: Inbox) -> None:
    body = an_event(message={"msg_id": "m2", "text": 5})
    assert await inbox.receives(body, signed(body)) == 200
    bare = b"\xff\xfe"
    assert await inbox.receives(bare, signed(bare, "")) == 200
    assert [arrival.lane for arrival in inbox.stored] == ["-", "-"]


async def test_an_echo_is_acknowledged_and_not_stored(inbox: Inbox) -> None:
    body = an_event(event_name="user_seen_message")
    assert await inbox.receives(body, signed(body)) == 200
    assert inbox.stored == []


async def test_what_cannot_be_stored_is_asked_for_again(inbox: Inbox) -> None:
    inbox.busy = True
    assert await inbox.receives(an_event(), signed(an_event())) == 503


async def test_a_huge_body_is_refused(inbox: Inbox) -> None:
    assert await inbox.receives(b"x" * (WEBHOOK_BODY_BYTES + 1), "mac=0") == 413
