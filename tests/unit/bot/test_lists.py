"""Choices as a list: what is shown to type is what the router takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.lists import keyed, listed, lists_of
from bot.language import Choice, Say
from bot.offering import offers
from bot.router import _offered
from db.conversation import Conversation
from locales.text import as_text
from members.names import fold

LABELS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)
PLAIN = st.builds(lambda label, n: Choice(label, f"x:{n}"), LABELS, st.integers(0, 9))
ADDRESS = st.builds(lambda label: Choice(label, url="https://mungba.example/a"), LABELS)
ROWS = st.lists(st.lists(PLAIN | ADDRESS, max_size=3).map(tuple), max_size=4).map(tuple)


def test_numbers_letters_and_addresses() -> None:
    rows = (
        (Choice("Có mặt", "a:1"), Choice("Trang của tôi", url="https://x.vn/1")),
        (Choice("Vắng", "a:2"), Choice("Đóng", "a:3", key="X")),
    )
    assert listed(rows).plain == "1. Có mặt\nTrang của tôi: https://x.vn/1\n2. Vắng\nX. Đóng"


def test_letters_that_stand_for_themselves_share_a_line() -> None:
    rows = (
        (Choice("A", "p:0", key="A"), Choice("☑ B", "p:1", key="B")),
        (Choice("Xong", "h:1", key="Xong"),),
    )
    assert listed(rows).plain == "A · ☑ B · Xong"


def test_only_the_last_list_of_an_answer_has_keys() -> None:
    first = Say(as_text("a"), ((Choice("Một", "a:1"), Choice("Trang", url="https://x.vn")),))
    says = [first, Say(as_text("b"), ((Choice("Hai", "a:2"),),)), Say(as_text("c"))]
    assert [text.plain for text in lists_of(says)] == ["Trang: https://x.vn", "1. Hai", ""]


@pytest.mark.parametrize("typed", ["2", "2.", "cau 2", "chon 2", "2)", "vang"])
def test_every_way_of_typing_a_line(typed: str) -> None:
    says = [Say(as_text("?"), ((Choice("Có mặt", "a:1"),), (Choice("Vắng", "a:2"),)))]
    assert _offered(typed, Conversation(offered=offers(says))) == "a:2"


@given(ROWS)
def test_the_keys_shown_are_the_keys_stored(rows: tuple[tuple[Choice, ...], ...]) -> None:
    says = [Say(as_text("?"), rows)]
    shown = [(key, choice.label, choice.data) for key, choice in keyed(rows) if key]
    assert shown == [(offer.key, offer.label, offer.data) for offer in offers(says)]
    for key, _, data in shown:
        worded_so = {found for _, label, found in shown if _plain(label) == fold(key)}  # a label may be "4"
        assert f"{key}." in listed(rows).plain or data in worded_so
        assert _offered(key, Conversation(offered=offers(says))) in {data, *worded_so}


def _plain(label: str) -> str:
    return "".join(c for c in fold(label) if c.isalnum() or c == " ").strip()


def test_a_label_that_is_another_ones_number() -> None:
    rows = ((Choice("0", "x:0"),), (Choice("0", "x:0"), Choice("4", "x:2"), Choice("0", "x:3")))
    assert listed(rows).plain.splitlines() == ["1. 0", "2. 0", "3. 4", "4. 0"]
    assert _offered("4", Conversation(offered=offers([Say(as_text("?"), rows)]))) == "x:2"
