"""Parts, learning and looking: what the people of the walk rely on."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
import segno

from simulator.month import roster
from simulator.month.cast import Evening, Player, Post, Quiz, Rsvp
from simulator.month.hours import first_moment
from simulator.month.knowledge import Knowledge, read_book, read_question
from simulator.month.phones import Phone
from simulator.month.plan import EXCUSES, LATE_ANSWERS, Plan
from simulator.month.scanning import link_in, text_of
from simulator.process import ROOT

QUESTION = (
    "Đã ghi câu 1.\nCâu 2/8 · còn 10 phút\nTổng Bí thư đầu tiên  của Đảng là ai?\n\n"
    "A. Lê Hồng Phong\nB. Trần Phú\nC. Hà Huy Tập"
)


def players(count: int = 45) -> list[Player]:
    first = {0: frozenset({Post.SECRETARY}), 1: frozenset({Post.COMMITTEE})}
    return [
        Player(100 + n, f"Người {n}", f"Chi bộ {n // 15}", "", first.get(n % 15, frozenset()))
        for n in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_every_seed_deals_the_parts_of_the_month(seed: int) -> None:
    cast = players()
    plan = Plan(cast, seed)
    parts = [plan[player] for player in cast]
    assert sum(part.twice for part in parts) == 1
    assert sum(part.rsvp is Rsvp.LATE for part in parts) == LATE_ANSWERS
    assert sum(part.rsvp is Rsvp.EXCUSE for part in parts) == EXCUSES
    assert sum(part.rsvp is Rsvp.HELP for part in parts) == 1
    assert sum(part.evening is Evening.WRONG_FIRST for part in parts) == 1
    assert sum(part.quiz is Quiz.IN_TWO_GOES for part in parts) == 1
    assert all(plan[p].rsvp is Rsvp.AT_ONCE and not plan[p].twice for p in cast if p.posts)
    branch = {player.id: player.branch for player in cast}
    helped = [(player.branch, branch[n]) for player in cast if (n := plan[player].helps) is not None]
    assert len(helped) == 1
    assert helped[0][0] == helped[0][1]


def test_the_same_seed_deals_the_same() -> None:
    assert Plan(players(), 4).parts == Plan(players(), 4).parts
    assert Plan(players(), 4).parts != Plan(players(), 5).parts


def test_a_question_is_read_from_the_screen() -> None:
    asked = read_question(QUESTION)
    assert asked is not None
    assert (asked.number, asked.total) == (2, 8)
    assert asked.text == "Tổng Bí thư đầu tiên của Đảng là ai?"
    assert asked.options["B"] == "Trần Phú"
    assert read_question("Kính chào đồng chí") is None


def test_what_was_learnt_is_answered_and_judged() -> None:
    asked = read_question(QUESTION)
    assert asked is not None
    knowledge, chance = Knowledge({asked.text: frozenset({"Trần Phú"})}), random.Random(1)
    assert knowledge.choose(asked, 1.0, chance) == ["B"]
    assert knowledge.is_right(asked, ["B"])
    assert knowledge.is_right(asked, ["A"]) is False
    assert knowledge.is_right(asked, ["A", "B"]) is False
    assert Knowledge().is_right(asked, ["B"]) is None


def test_the_book_has_questions_with_several_right_options() -> None:
    book = read_book(ROOT / "quizzes" / "samples" / "cau-hoi-chuyen-de.xlsx")
    sizes = {len(right) for right in book._right.values()}
    assert {1, 2} <= sizes
    assert 0 not in sizes


@pytest.mark.parametrize("level", ["l", "m", "q", "h"])
@pytest.mark.parametrize("length", [1, 12, 25, 40, 61, 80, 100])
def test_a_camera_reads_what_is_drawn(level: str, length: int) -> None:
    text = ("https://t.me/mung_ba_bot?start=ci-" + "aZ9_-" * 20)[:length].lower()
    symbol = segno.make_qr(text, error=level, mode="byte", boost_error=False)
    if int(str(symbol.version)) > 10:
        pytest.skip("larger than what a screen shows")
    assert link_in(symbol.svg_inline(border=4, omitsize=True, light="#fff")) == text
    assert text_of([[bool(module) for module in row] for row in symbol.matrix]) == text


def test_no_symbol_is_said_so() -> None:
    with pytest.raises(ValueError, match="no QR symbol"):
        link_in("<svg></svg>")


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC)),
        (datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC)),
        (datetime(2026, 11, 25, 18, tzinfo=UTC), datetime(2026, 12, 26, 1, tzinfo=UTC)),
    ],
)
def test_the_month_begins_eight_days_before_the_third(now: datetime, start: datetime) -> None:
    assert first_moment(now) == start


@pytest.mark.parametrize("members", [15, 45, 600])
def test_a_made_roster_has_a_secretary_a_branch_and_no_name_twice(members: int, tmp_path: Path) -> None:
    file, lines = roster.made(members, tmp_path / "list.xlsx")
    assert file.stat().st_size > 0
    assert len(lines) == members
    assert len({(line.branch, line.name) for line in lines}) == members
    branches = {line.branch for line in lines}
    secretaries = [line.branch for line in lines if Post.SECRETARY in line.posts]
    assert sorted(secretaries) == sorted(branches)
    assert sum(Post.LEADER in line.posts for line in lines) == 1


def test_a_phone_finds_the_newest_by_what_changed_last() -> None:
    phone = Phone(1)

    def show(number: int, text: str, *labels: str) -> None:
        buttons = [[{"text": label, "kind": "callback", "data": "x"}] for label in labels]
        place = {"id": number, "bot": "mung_ba_bot", "platform": "telegram"}
        phone.take({**place, "from": "bot", "text": text, "caption": None, "buttons": buttons})

    show(1, "Câu 1", "A")
    show(2, "Kính mời", "Tôi sẽ dự")
    before = phone.seen
    show(1, "Câu 2", "A", "B")
    show(2, "Kính mời", "Tôi sẽ dự")  # nothing new
    assert phone.seen == before + 1
    assert [m["id"] for m in phone.newest_first()] == [1, 2]
    assert phone.find("Câu 2", before) is not None
    assert phone.find("Kính mời", before) is None
    assert phone.with_choice("tôi sẽ dự") is not None
    assert phone.with_choice("Xin vắng") is None
