"""Order of decisions, and that nothing is claimed twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context import UNREAD, Context
from bot.language import MAX_ACTION_BYTES, Action, Kind, Said, Say
from bot.router import Answer, Feature, Router, on, route
from db.conversation import Conversation, Offer
from handlers import FEATURES
from locales.text import fill
from locales.words import spellings


class Choose(Action, frozen=True):
    code: ClassVar[str] = "choose"
    number: int
    yes: bool


async def chosen(said: Said, ctx: Context, action: Choose) -> Answer:
    return Say(fill("{n}", {"n": action.number}))


def handler(name: str) -> object:
    async def answer(said: Said, ctx: Context) -> Answer:
        return Say(fill(name, {}))

    return answer


FEATURE = Feature(
    "test",
    actions=(on(Choose, chosen),),
    patterns=(route(r"diem danh (\d{6})", handler("pattern")),),  # type: ignore[arg-type]
    payloads=(route("j", handler("payload")),),  # type: ignore[arg-type]
    steps=(route("test.writing", handler("step")),),  # type: ignore[arg-type]
    kinds=(route(Kind.BLOCKED, handler("blocked")),),  # type: ignore[arg-type]
)
ROUTER = Router([FEATURE])
WRITING = Conversation(
    "test.writing", {}, (Offer("1", "Gửi cả chi bộ", "choose:1:1"), Offer("B", "Không", "choose:2:0"))
)


def said(kind: Kind = Kind.TEXT, text: str = "", data: str = "") -> Said:
    return Said("t:1", "t", "5", "5", datetime(2026, 12, 1, tzinfo=UTC), kind, text=text, data=data)


def found(what: Said, standing: Conversation = WRITING) -> bool:
    return ROUTER.find(what, standing) is not None


def test_an_action_is_what_its_button_says() -> None:
    assert Choose.decode(["7", "1"]) == Choose(number=7, yes=True)
    assert Choose(number=7, yes=True).encode() == "choose:7:1"


@pytest.mark.parametrize(
    "data", ["choose", "choose:x:1", "choose:1:1:1", "", ":::", "choose:" + "9" * 30 + ":1"]
)
def test_forged_data_leads_nowhere(data: str) -> None:
    assert not found(said(Kind.CHOICE, data=data))


@given(st.text())
def test_any_data_leads_somewhere_or_nowhere(data: str) -> None:
    ROUTER.find(said(Kind.CHOICE, data=data), WRITING)


@pytest.mark.parametrize(
    "typed", ["1", "1.", "Câu 1", "gui ca chi bo", "GỬI CẢ CHI BỘ", "b", "B.", "câu b", "khong", "2", "a"]
)
async def test_a_choice_can_be_typed(typed: str) -> None:
    reached = ROUTER.find(said(text=typed), WRITING)
    assert reached is not None
    answer = await reached.call(said(), None)  # type: ignore[arg-type]
    assert isinstance(answer, Say)
    assert answer.text.plain in {"1", "2"}


def test_a_pattern_wins_over_the_step() -> None:
    reached = ROUTER.find(said(text="Điểm danh 482193"), WRITING)
    assert reached is not None
    assert reached.found == ("482193",)


def test_free_text_belongs_to_the_step_one_is_in() -> None:
    assert found(said(text="Đề nghị sửa đèn đường"))
    assert not found(said(text="Đề nghị sửa đèn đường"), Conversation())


def test_a_link_leads_by_its_prefix() -> None:
    reached = ROUTER.find(said(Kind.START, text="j-ABCD"), WRITING)
    assert reached is not None
    assert reached.found == ("ABCD",)


def test_claiming_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="claimed twice"):
        Router([FEATURE, Feature("other", actions=(on(Choose, chosen),))])


def test_the_real_features_claim_nothing_twice() -> None:
    router = Router(FEATURES)
    assert router.menu
    assert router.notices


def test_real_command_words_exist_in_some_language() -> None:
    silent = [r.name for feature in FEATURES for r in feature.words if not spellings(r.name)]
    assert silent == []


def test_real_actions_fit_a_button() -> None:
    for feature in FEATURES:
        for one in feature.actions:
            room = MAX_ACTION_BYTES - len(one.action.code.encode())
            assert room >= 20, one.action.code


def test_only_a_pressed_choice_may_do_without_the_step() -> None:
    reading = Router([Feature("reading", actions=(on(Choose, chosen, reads_step=True),))])
    assert not ROUTER.reads_step(said(Kind.CHOICE, data="choose:1:1"))
    assert not ROUTER.reads_step(said(Kind.CHOICE, data="forged"))
    assert reading.reads_step(said(Kind.CHOICE, data="choose:1:1"))
    assert ROUTER.reads_step(said(Kind.TEXT, text="b"))
    assert ROUTER.reads_step(said(Kind.FILE))


def test_a_step_that_was_not_read_is_no_empty_step() -> None:
    for look in (
        lambda: UNREAD["draft"],
        lambda: UNREAD.get("draft"),
        lambda: list(UNREAD),
        lambda: len(UNREAD),
    ):
        with pytest.raises(RuntimeError, match="reads_step"):
            look()
