"""The leader's chart: what is drawn where, how much of it, and that strange names do no harm."""

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from meetings.attendance_rate import NOBODY, Rate
from reports.chart import MOST_ROWS, WIDTH, ChartLabels, branch_chart, branch_charts, percent
from reports.figures import BranchFigures

LABELS = ChartLabels(
    "Dự sinh hoạt", "Làm trắc nghiệm", not_met="Chưa họp", more="Còn {n} chi bộ", small_note="* Dưới 10"
)
TITLE = "Tham gia sinh hoạt tháng 12/2026"
BLUE, ORANGE, RED = (0x1D, 0x4E, 0x89), (0xDD, 0x7A, 0x00), (0x9B, 0x23, 0x16)


def branch(name: str = "Chi bộ 1", present: int = 30, takers: int = 20, base: int = 40) -> BranchFigures:
    return BranchFigures(
        name, met=True, attendance=Rate(present, base), quiz_takers=takers, quiz_reachable=base
    )


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def count(png: bytes, colour: tuple[int, int, int]) -> int:
    """How many pixels have this colour, within what 64 colours allow."""
    colours = opened(png).getcolors(1_000_000) or []
    return sum(
        many
        for many, seen in colours
        if isinstance(seen, tuple) and all(abs(a - b) < 12 for a, b in zip(seen, colour, strict=True))
    )


def bar_pixels(figures: BranchFigures, colour: tuple[int, int, int]) -> int:
    """Pixels of the bars alone: the legend's swatch is in the empty picture too."""
    return count(branch_chart([figures], TITLE, LABELS), colour) - count(
        branch_chart([], TITLE, LABELS), colour
    )


def test_a_picture_is_a_png_of_fixed_width_that_grows_with_its_rows() -> None:
    heights = []
    for rows in (1, 2, 15):
        image = opened(branch_chart([branch()] * rows, TITLE, LABELS))
        assert image.width == WIDTH
        heights.append(image.height)
    assert heights == sorted(set(heights))
    assert heights[-1] < 2.5 * WIDTH


def test_fifteen_long_names_stay_below_a_megabyte() -> None:
    rows = [branch("Chi bộ Trường Trung học phổ thông chuyên Nguyễn Bỉnh Khiêm và các đơn vị")] * 15
    assert len(branch_chart(rows, TITLE * 3, LABELS)) < 1_000_000


@pytest.mark.parametrize(
    ("colour", "some", "everybody"),
    [
        (BLUE, branch(present=10), branch(present=40)),
        (ORANGE, branch(takers=10), branch(takers=40)),
    ],
)
def test_bars_are_as_long_as_the_shares(
    colour: tuple[int, int, int], some: BranchFigures, everybody: BranchFigures
) -> None:
    quarter, full = bar_pixels(some, colour), bar_pixels(everybody, colour)
    assert quarter / full == pytest.approx(1 / 4, abs=0.01)


def test_nothing_is_drawn_where_there_is_no_data_or_nobody_came() -> None:
    for nothing in (BranchFigures("Chi bộ 1", met=None, attendance=NOBODY), branch(present=0, takers=0)):
        assert abs(bar_pixels(nothing, BLUE)) < 20
        assert abs(bar_pixels(nothing, ORANGE)) < 20


def test_one_of_many_is_still_visible() -> None:
    assert bar_pixels(branch(present=1, base=600), BLUE) > 40


def test_no_data_and_zero_look_different() -> None:
    nobody = BranchFigures("Chi bộ 1", met=True, attendance=NOBODY, quiz_takers=0, quiz_reachable=40)
    zero = BranchFigures("Chi bộ 1", met=True, attendance=Rate(0, 40), quiz_takers=0, quiz_reachable=40)
    assert branch_chart([nobody], TITLE, LABELS) != branch_chart([zero], TITLE, LABELS)


def test_only_a_branch_that_has_not_met_is_marked() -> None:
    marks = [
        count(branch_chart([BranchFigures("Chi bộ 1", met=met, attendance=NOBODY)], TITLE, LABELS), RED)
        for met in (False, True, None)
    ]
    assert marks[0] > 100
    assert marks[1:] == [0, 0]


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Rate(13, 14), "92,9%"),
        (Rate(9, 10), "90%"),
        (Rate(0, 3), "0%"),
        (Rate(3, 3), "100%"),
        (NOBODY, "–"),
    ],
)
def test_values_as_text(rate: Rate, shown: str) -> None:
    assert percent(rate, LABELS) == shown


def test_english_has_its_own_decimal_mark() -> None:
    assert percent(Rate(13, 14), ChartLabels("", "", decimal_mark=".")) == "92.9%"


def test_sixteen_branches_fill_one_picture_and_say_how_many_are_left() -> None:
    rows = [branch(f"Chi bộ {n}") for n in range(1, 17)]
    fifteen, sixteen = branch_chart(rows[:15], TITLE, LABELS), branch_chart(rows, TITLE, LABELS)
    assert opened(sixteen).height > opened(fifteen).height
    silent = ChartLabels("", "", small_note="")
    assert branch_chart(rows[:15], TITLE, silent) == branch_chart(rows, TITLE, silent)


@pytest.mark.parametrize(
    ("rows", "pages"), [(0, [0]), (1, [1]), (15, [15]), (16, [8, 8]), (40, [14, 13, 13])]
)
def test_all_branches_are_spread_evenly_over_pictures(rows: int, pages: list[int]) -> None:
    branches = [branch(f"Chi bộ {n}") for n in range(rows)]
    pictures = branch_charts(branches, TITLE, LABELS)
    starts = [sum(pages[:page]) for page in range(len(pages))]
    expected = [branches[start : start + size] for start, size in zip(starts, pages, strict=True)]
    assert max(pages) <= MOST_ROWS
    assert pictures == [branch_chart(some, TITLE, LABELS) for some in expected]


def test_a_small_branch_explains_its_star() -> None:
    small, large = branch(present=8, takers=1, base=9), branch(present=80, takers=10, base=90)
    heights = [opened(branch_chart([row], TITLE, LABELS)).height for row in (small, large)]
    assert heights[0] > heights[1]


HOSTILE = [
    "",
    "\n\n",
    "\ud800",
    "a" * 4096,
    "e\u0301" * 500,
    "\u202eabc",
    "<b>",
    "😀" * 50,
    "{n}",
    "%s",
    "\x00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_hostile_names_and_labels_are_drawn_without_harm(text: str) -> None:
    labels = ChartLabels(text, text, not_met=text, small_note=text, subtitle=text)
    rows = [BranchFigures(text, met=False, attendance=Rate(3, 4))]
    assert opened(branch_chart(rows, text, labels)).width == WIDTH


def test_pictures_are_the_same_every_time() -> None:
    assert branch_chart([branch()], TITLE, LABELS) == branch_chart([branch()], TITLE, LABELS)


def test_pillow_is_not_loaded_with_the_module() -> None:
    check = "import sys, reports.chart; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
