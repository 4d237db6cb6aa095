"""Rules of both Zalo interfaces that need no server (zalo.md 2.4, 2.5, 3.9, section 5)."""

import argparse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import Refused
from simulator.models import Bot
from simulator.options import read_options, zalo_bot_of, zalo_oa_of
from simulator.store import Store
from simulator.telegram.utf16 import length16
from simulator.telegram.wire import Wire
from simulator.world import World
from simulator.zalo.ids import decimal_id, hex_id
from simulator.zalo.markup import BrokenMarkup, parsed, styled
from simulator.zalo.oa_account import ZaloOa, keys_of, mac
from simulator.zalo.oa_errors import OaRefusal
from simulator.zalo.platform import Zalo, platform_of
from simulator.zalo.switches import BotSwitches, OaSwitches, changed

OA = "579:360:app-secret:oa-secret:first-refresh"


def test_the_signatures_vector() -> None:
    """Section 5: SHA-256 of app id, body, timestamp and key, no HMAC."""
    expected = "dc0487a5431673273ad08e6764f684325aee31723f0de6ea30acfa90e56b3b39"
    assert mac("1", b'{"timestamp":"2"}', "2", "k") == expected


@given(st.text(), st.integers())
def test_forms_of_ids(name: str, person: int) -> None:
    """2.5: 20 hexadecimal letters; section 1: a long decimal number."""
    assert len(hex_id(name, person)) == 20
    assert int(hex_id(name, person), 16) >= 0
    assert len(decimal_id(name, person)) == 19
    assert decimal_id(name, person).isdecimal()


@pytest.mark.parametrize(("mode", "source", "shown", "kinds"), [
    ("markdown", "**đậm** và *nghiêng*", "đậm và nghiêng", ["bold", "italic"]),
    ("markdown", "# Đề mục\n> trích", "Đề mục\ntrích", []),
    ("markdown", r"3 \* 4, 3 * 4, ten_tep_a", "3 * 4, 3 * 4, ten_tep_a", []),
    ("markdown", "{big}{red}đỏ{/red}{/big} ~~bỏ~~ `mã`", "đỏ bỏ mã", ["strikethrough", "code"]),
    ("html", "<b>a</b> <u>b</u> <del>c</del>", "a b c", ["bold", "underline", "strikethrough"]),
    ("html", '<p>một</p><div style="color:red">hai</div>a&lt;b', "một\nhai\na<b", []),
    ("html", "<ul><li>một</li><li>hai</li></ul>", "một\nhai", []),
])  # fmt: skip
def test_markup(mode: str, source: str, shown: str, kinds: list[str]) -> None:
    """2.4 sendMessage: what Zalo understands of markdown and HTML."""
    text, entities = parsed(source, mode)
    assert text == shown
    assert [entity["type"] for entity in entities] == kinds


@pytest.mark.parametrize(("mode", "source"), [
    ("markdown", "**a"), ("markdown", "`a"), ("html", "<b>a"), ("html", "a</b>"), ("html", "<b><i>a</b></i>"),
    ("html", "<a href='x'>a</a>"), ("html", "<script>x</script>"),
])  # fmt: skip
def test_broken_markup(mode: str, source: str) -> None:
    """2.4 sendMessage: no links; everything is closed in order."""
    with pytest.raises(BrokenMarkup):
        parsed(source, mode)


@given(st.sampled_from(["markdown", "html"]), st.text(alphabet="ab*_~`\\<>/bi {}#\n&;🎉ố"))
def test_markup_of_any_text(mode: str, source: str) -> None:
    """Whatever comes is shown or refused, and marks lie inside the text."""
    try:
        text, entities = parsed(source, mode)
    except BrokenMarkup:
        return
    assert all(0 <= e["offset"] <= e["offset"] + e["length"] <= length16(text) for e in entities)


@pytest.mark.parametrize("styles", [None, "b", [1], [{"st": "b"}], [{"st": ["f_18", "c_050a19"]}]])
def test_styles_that_show_nothing(styles: object) -> None:
    assert styled(styles) == []


@pytest.mark.parametrize("wish", [
    {"unknown": 1}, {"ack": "sometimes"}, {"quota_people": "fifty"}, {"unknown_chat": 500},
])  # fmt: skip
def test_wrong_switches_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(Refused):
        changed(BotSwitches(), wish)


def test_switches_keep_what_is_not_wished() -> None:
    once = changed(OaSwitches(), {"late": -231})
    assert changed(once, {"echo": True}) == OaSwitches(late=-231, echo=True)


def test_the_command_line() -> None:
    """--zalo-bot and --zalo-oa name their platforms."""
    given_bots = ["--zalo-bot", "1:abcdef:zalo_b:Bot Chi bộ", "--zalo-oa", f"{OA}:zalo_oa"]
    first, second = read_options(given_bots).bots
    assert (first.token, first.username, first.title) == ("1:abcdef", "zalo_b", "Bot Chi bộ")
    assert (first.platform, second.platform) == ("zalo_bot", "zalo_oa")
    assert (second.token, second.username, second.title) == (OA, "zalo_oa", "zalo_oa")


@pytest.mark.parametrize("text", ["", "579:360:zalo_oa", "x:360:app-secret:oa-secret:refresh:zalo_oa"])
def test_wrong_accounts_on_the_command_line(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        zalo_oa_of(text)
    with pytest.raises(argparse.ArgumentTypeError):
        zalo_bot_of(text.partition(":")[0])


def test_platforms_and_their_tokens() -> None:
    assert platform_of("zalo_bot", "1:x") == "zalo_bot"
    for name, token in (("viber", "1:x"), ("zalo_oa", "1:x"), ("zalo_oa", "1:2::4:5")):
        with pytest.raises(Refused):
            platform_of(name, token)
    assert keys_of(Bot(OA, "oa", "OA", "zalo_oa")).oa_secret == "oa-secret"


def test_a_name_stays_on_its_platform(tmp_path: Path) -> None:
    world = World(Store(tmp_path))
    world.add_bot("1:abc", "mot_bot", "Một")
    with pytest.raises(Refused, match="telegram"):
        world.add_bot("1:abc", "mot_bot", "Một", "zalo_bot")
    world.store.close()


def opened(folder: Path) -> tuple[World, ZaloOa, Zalo]:
    world = World(Store(folder))
    world.add_bot(OA, "zalo_oa", "OA", "zalo_oa")
    world.add_bot("1:abc", "zalo_b", "Bot", "zalo_bot")
    zalo = Zalo(world, "http://127.0.0.1:1", Wire())
    return world, zalo.oas["zalo_oa"], zalo


def test_everything_is_kept_over_a_restart(tmp_path: Path) -> None:
    """A second start goes on: tokens used and given, windows, counts, updates that wait."""
    world, oa, zalo = opened(tmp_path)
    pair = oa.renewed("first-refresh")
    oa.turn({"late": -232})
    zalo.bots["zalo_b"].spend()
    zalo.bots["zalo_b"].waiting.put("raw", {"a": 1})
    world.store.close()
    world, oa, zalo = opened(tmp_path)
    assert oa.switches.late == -232
    with pytest.raises(OaRefusal):
        oa.renewed("first-refresh")
    assert pair["access_token"] in oa.state.access
    assert oa.renewed(pair["refresh_token"])
    bot = zalo.bots["zalo_b"]
    assert bot.used() == 1
    waiting = bot.waiting.take()
    assert waiting is not None
    assert waiting.body == b'{"a":1}'
    assert bot.waiting.take() is None
    world.store.close()
