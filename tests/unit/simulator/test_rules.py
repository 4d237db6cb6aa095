"""Smaller rules: keyboards, floods, faults, pauses, pictures, clock, events, journal."""

import asyncio
import io
from typing import Any

import msgspec
import pytest
from PIL import Image

from simulator.clock import Clock, iso, moment_of
from simulator.damage import Target
from simulator.errors import Refused
from simulator.events import KEPT, Events
from simulator.faults import Faults
from simulator.floods import Floods
from simulator.journal import Journal
from simulator.options import bot_of, read_options
from simulator.pictures import picture_size
from simulator.telegram.arguments import Arguments
from simulator.telegram.checks import photo_fits, reply_markup
from simulator.telegram.errors import Refusal
from simulator.telegram.poster import Answer
from simulator.telegram.webhooks import _asked_pause, _pause, method_in


@pytest.mark.parametrize(
    ("data", "fits"), [("a" * 64, True), ("a" * 65, False), ("🏆" * 16, True), ("🏆" * 17, False)]
)
def test_callback_data_counts_bytes(data: str, fits: bool) -> None:
    args = Arguments({"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}})
    if fits:
        assert reply_markup(args) is not None
    else:
        with pytest.raises(Refusal, match="BUTTON_DATA_INVALID"):
            reply_markup(args)


def test_markup_as_text_is_the_same() -> None:
    """reply_markup may come as an object or as JSON text; an empty keyboard is none."""
    text = '{"inline_keyboard":[[{"text":"x","callback_data":"y","colour":"red"}],[]]}'
    expected = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    assert reply_markup(Arguments({"reply_markup": text})) == expected
    assert reply_markup(Arguments({"reply_markup": '{"inline_keyboard":[]}'})) is None
    with pytest.raises(Refusal, match="can't parse"):
        reply_markup(Arguments({"reply_markup": "{"}))


NUMBERS: list[tuple[Any, int]] = [
    ("7", 7),
    (7, 7),
    (" 7 ", 7),
    ("x", 5),
    (None, 5),
    ("", 5),
    (2**70, 5),
    (True, 5),
]


@pytest.mark.parametrize(("value", "number"), NUMBERS)
def test_numbers_are_read_leniently(value: Any, number: int) -> None:
    assert Arguments({"n": value}).number("n", 5) == number


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), ("True", True), ("1", True), (1, True), (False, False), ("no", False), (None, False)],
)
def test_flags_are_read_leniently(value: Any, flag: bool) -> None:
    assert Arguments({"f": value}).flag("f") is flag


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp")]
)
@pytest.mark.parametrize("size", [(1, 1), (640, 480), (300, 2000)])
def test_picture_sizes(kind: str, mime: str, size: tuple[int, int]) -> None:
    """What an independent library wrote is read right."""
    for options in ({}, {"lossless": True}, {"progressive": True}):
        data = io.BytesIO()
        Image.new("RGB", size, "red").save(data, kind, **options)
        assert picture_size(data.getvalue()) == (*size, f"image/{mime}")
        assert picture_size(data.getvalue()[:5]) is None


def test_photo_limits() -> None:
    assert photo_fits(9000, 1000)
    assert not photo_fits(9000, 1001)
    assert photo_fits(20, 1)
    assert not photo_fits(21, 1)


def test_flood_limits() -> None:
    """A burst of five passes, then one a second; others are not held up by it."""
    floods = Floods(on=True)
    assert [floods.retry_after("bot", 1, 0.0) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert floods.retry_after("bot", 2, 0.0) == 0
    assert floods.retry_after("bot", 1, 1.0) == 0
    assert floods.retry_after("bot", 1, 1.5) == 1
    assert [floods.retry_after("bot", person, 1.5) for person in range(10, 41)].count(0) < 31
    assert Floods().retry_after("bot", 1, 0.0) == 0


def test_faults_end() -> None:
    """A fault is over after its calls, and polls do not use it up."""
    faults = Faults()
    faults.wish({"kind": "429", "retry_after": 9, "calls": 1})
    assert faults.strike(Target("bot", "getupdates")) is None
    damage = faults.strike(Target("bot", "sendmessage", "1"))
    assert damage is not None
    assert (damage.code, damage.retry_after) == (429, 9)
    assert faults.strike(Target("bot", "sendmessage", "1")) is None
    assert faults.view() == {"kind": "none", "active": []}
    faults.wish({"kind": "500", "calls": 5, "method": "getUpdates"})
    assert faults.strike(Target("bot", "getupdates")) is not None
    faults.wish({"kind": "none"})
    assert faults.strike(Target("bot", "getupdates")) is None
    with pytest.raises(Refused):
        faults.wish({"kind": "plague"})


def test_webhook_pauses() -> None:
    """First at once, then 2, 4, 8 … up to a random 60-120 s; Retry-After is obeyed up to an hour."""
    assert [_pause(n) for n in range(6)] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= _pause(n) <= 120 for n in range(7, 40))
    asked = [_asked_pause(Answer(503, {"retry-after": value}, b"")) for value in ("5", "9999", "soon")]
    assert asked == [5, 3600, None]


ANSWERS: list[tuple[str, bytes, bool]] = [
    ("application/json", b'{"method":"sendMessage"}', True),
    ("text/plain", b'{"method":"sendMessage"}', False),
    ("application/json", b'{"metod":"sendMessage"}', False),
    ("application/json", b"{", False),
    ("application/json", b"[]", False),
    ("application/json", b"", False),
]


@pytest.mark.parametrize(("kind", "body", "is_call"), ANSWERS)
def test_method_in_an_answer(kind: str, body: bytes, is_call: bool) -> None:
    assert (method_in(Answer(200, {"content-type": kind}, body)) is not None) is is_call


async def test_a_moved_clock_ends_sleep() -> None:
    """Waiting is in simulated time: ten hours are over when the clock says so."""
    clock = Clock()
    sleeping = asyncio.create_task(clock.sleep(36_000))
    await asyncio.sleep(0)
    clock.move(30_000)
    await asyncio.sleep(0)
    assert not sleeping.done()
    clock.move(36_001)
    await asyncio.wait_for(sleeping, 5)


def test_moments() -> None:
    assert iso(moment_of("2026-11-25T08:00:00+07:00")) == "2026-11-25T01:00:00.000Z"
    assert moment_of("2026-11-25T01:00:00Z") == moment_of("2026-11-25T01:00:00")
    with pytest.raises(Refused):
        moment_of("hôm qua")


def test_events_are_kept_for_a_while() -> None:
    """The last 5,000; whoever asks for older ones is told to begin anew."""
    events = Events()
    assert events.since(0) == []
    for _ in range(KEPT + 1):
        events.tell("clock")
    assert [e["n"] for e in events.since(KEPT - 1)] == [KEPT, KEPT + 1]
    assert len(events.since(1)) == KEPT
    assert events.since(0) == [{"n": KEPT + 1, "type": "reset"}]
    assert events.since(KEPT + 1) == []


def numbers(journal: Journal, since: int, limit: int) -> list[int]:
    return [msgspec.json.decode(line)["n"] for line in journal.since(since, limit)]


@pytest.mark.parametrize("limits", [{"kept": 100}, {"kept_bytes": 100 * 60}])
def test_a_journal_is_bounded(limits: dict[str, int]) -> None:
    """Old lines go, in number and in bytes; numbers and totals go on."""
    journal = Journal(**limits)
    for _ in range(5_000):
        journal.note(method="sendMessage", args={"text": "a" * 10})
    assert journal.last == journal.calls["sendMessage"] == 5_000
    assert 50 <= 5_001 - journal.first <= 110
    assert numbers(journal, 0, 10**6) == list(range(journal.first, 5_001))
    assert numbers(journal, 4_998, 10) == [4_999, 5_000]
    assert numbers(journal, 6_000, 10) == []


def test_a_group_gets_twenty_a_minute() -> None:
    """Natural limits: a group's twenty-first message within a minute waits."""
    floods = Floods(on=True)
    assert [floods.retry_after("bot", -7, n * 0.1) for n in range(20)] == [0] * 20
    assert floods.retry_after("bot", -7, 2.0) == 1
    assert floods.retry_after("bot", -7, 3.1) == 0
    assert floods.retry_after("bot", -7, 3.2) == 3


def test_journal_pages() -> None:
    journal = Journal()
    for method in ("getMe", "getMe", "sendMessage"):
        journal.note(method=method)
    assert numbers(journal, 1, 10) == [2, 3]
    assert numbers(journal, 0, 2) == [1, 2]
    assert journal.counters()["calls"] == {"getMe": 2, "sendMessage": 1}


def test_command_line() -> None:
    options = read_options(["--port", "0", "--bot", "12:ab_c-d:mot_bot:Một: hai"])
    assert [(b.token, b.username, b.title) for b in options.bots] == [("12:ab_c-d", "mot_bot", "Một: hai")]
    assert bot_of("12:abc:bot").title == "bot"
