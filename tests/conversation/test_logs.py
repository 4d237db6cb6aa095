"""Logs of a real conversation: ids, and nothing of what people are called or say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logs
from bot.dialogue import Dialogue
from bot.language import Said
from db.errors import MessageRefused
from members.tables import PostKind
from tests.support.talk import talk_in

NAME = "Hoàng Kỳ Canary"
WORDS = "canary-ý-kiến-mật"
TOKEN = "123456789:AAcanaryCANARYcanaryCANARYcanary"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything logged, as JSON."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("DEBUG", as_json=True, stream=stream)
    yield stream
    root.handlers[:] = kept
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_no_text_no_name_and_no_token_even_when_handling_fails(
    log: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talk_in(tmp_path, "tapped") as talk:
        member = await talk.member(NAME, "Chi bộ 1", PostKind.SECRETARY)
        await member.says("góp ý")
        await member.says(WORDS)
        await member.says("menu")
        await talk.deliver()

        async def broken(_self: Dialogue, said: Said, ctx: object, standing: object) -> None:
            raise KeyError(f"{said.text} {NAME} {TOKEN}")

        monkeypatch.setattr(Dialogue, "_reached", broken)
        with logs.about(channel="telegram", update=7):
            await member.says("góp ý")
    written = log.getvalue()
    failed = next(line for line in lines(log) if line.get("error") == "KeyError")
    assert failed["update"] == 7
    assert failed["member"] == member.member_id
    assert failed["trace"]
    for secret in (NAME, WORDS, "canary", "Canary", TOKEN):
        assert secret not in written


def test_one_line_each_whatever_is_in_it(log: io.StringIO) -> None:
    logging.getLogger("x").warning("first\r\nsecond %s", "third\u2028fourth")
    logging.getLogger("x").warning("token %s", TOKEN)
    logging.getLogger("x").warning("refused: %s, broken: %s", MessageRefused("too long"), ValueError(WORDS))
    one, two, three = lines(log)
    assert one["message"] == "first second third fourth"
    assert two["message"] == "token [token]"
    assert three["message"] == "refused: too long, broken: ValueError"
    assert len(log.getvalue().splitlines()) == 3


def test_ids_end_with_what_they_are_about(log: io.StringIO) -> None:
    with logs.about(channel="zalo", update=1):
        logs.also_about(member=5)
        logging.getLogger("x").info("inside")
    logging.getLogger("x").info("outside")
    inside, outside = lines(log)
    assert (inside["channel"], inside["update"], inside["member"]) == ("zalo", 1, 5)
    assert not {"channel", "update", "member"} & set(outside)


def test_lines_for_people_hide_the_same() -> None:
    record = logging.makeLogRecord({"msg": "failed %s\nnext", "args": (ValueError(WORDS),)})
    assert logs.Discreet().format(record).endswith("failed ValueError next")
