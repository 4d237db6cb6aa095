"""A picture for a leader's phone: attendance and quiz participation of each branch as horizontal bars.

Cards are 1,080 pixels wide and white; values stand beside the bars as text, so colour never carries them
alone. Dark blue and orange differ in lightness too, for colour-blind eyes and grey printers. All wording
comes from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from meetings.attendance_rate import Rate
from reports.figures import BranchFigures
from reports.fonts import Weight, font, printable, shorten, wrap

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH = 1080
MOST_ROWS = 15
COLOURS = 64

_PAGE, _CARD, _LINE, _TRACK = "#EEF1F4", "#FFFFFF", "#E3E7EC", "#E9EDF1"
_INK, _SOFT = "#17212B", "#5B6773"
_BLUE, _ORANGE = "#1D4E89", "#DD7A00"
_PILL, _PILL_INK = "#FBE3DF", "#9B2316"

_EDGE, _PAD = 28, 36
_LEFT, _RIGHT = _EDGE + _PAD, WIDTH - _EDGE - _PAD
_BAR, _BAR_STEP, _BAR_WIDTH = 24, 38, 650
_PERCENT_AT, _COUNT_AT = _LEFT + _BAR_WIDTH + 134, _RIGHT - 18
_NAME_STEP, _ROW_TOP, _ROW_BOTTOM = 41, 14, 9
_TITLE_STEP, _SUBTITLE_STEP, _LEGEND_STEP, _NOTE_STEP = 56, 42, 60, 40
_SMOOTH = 4


class ChartLabels(Struct, frozen=True):
    """The words of the picture, in the reader's language.

    `not_met` marks a branch that has not met; `more` counts what is left out, with {n}; `small_note` explains
    the "*" beside the count of a small branch. An empty text is left out.
    """

    attendance: str
    quiz: str
    not_met: str = ""
    more: str = ""
    small_note: str = ""
    subtitle: str = ""
    no_data: str = "–"
    decimal_mark: str = ","


def branch_chart(figures: Sequence[BranchFigures], title: str, labels: ChartLabels, beyond: int = 0) -> bytes:
    """A PNG of the first 15 branches in the given order; `labels.more` tells how many are left out.

    `beyond`: how many more there are than were given.
    """
    left_out = len(figures) - MOST_ROWS + beyond if len(figures) > MOST_ROWS else beyond
    more = labels.more.format(n=left_out) if left_out > 0 else ""
    return _picture(figures[:MOST_ROWS], title, labels, more)


def branch_charts(figures: Sequence[BranchFigures], title: str, labels: ChartLabels) -> list[bytes]:
    """PNGs of all branches in the given order, at most 15 in each and about equally many."""
    pages = max(1, -(-len(figures) // MOST_ROWS))
    size, longer = divmod(len(figures), pages)
    starts = [page * size + min(page, longer) for page in range(pages + 1)]
    cuts = [figures[start:end] for start, end in pairwise(starts)]
    return [_picture(cut, title, labels, "") for cut in cuts]


class _Plan(Struct, frozen=True):
    """Everything that decides the height, wrapped before drawing."""

    title: list[str]
    subtitle: list[str]
    names: list[list[str]]
    notes: list[str]

    @property
    def head(self) -> int:
        return _EDGE + len(self.title) * _TITLE_STEP + len(self.subtitle) * _SUBTITLE_STEP + _LEGEND_STEP + 24

    @property
    def rows(self) -> int:
        return sum(_row_height(lines) for lines in self.names)

    @property
    def height(self) -> int:
        notes = len(self.notes) * _NOTE_STEP + 12 if self.notes else 0
        return self.head + self.rows + 2 * _ROW_BOTTOM + notes + _EDGE


def _row_height(name_lines: list[str]) -> int:
    return _ROW_TOP + len(name_lines) * _NAME_STEP + 2 * _BAR_STEP + _ROW_BOTTOM


def _plan(figures: Sequence[BranchFigures], title: str, labels: ChartLabels, more: str) -> _Plan:
    width = _RIGHT - _LEFT
    small = labels.small_note if any(row.is_small for row in figures) else ""
    return _Plan(
        title=wrap(title, font(Weight.SEMIBOLD, 44), width, 2),
        subtitle=wrap(labels.subtitle, font(Weight.REGULAR, 30), width, 2) if labels.subtitle else [],
        names=[wrap(row.name, font(Weight.SEMIBOLD, 32), _name_width(row, labels), 2) for row in figures],
        notes=[
            line for text in (more, small) if text for line in wrap(text, font(Weight.REGULAR, 26), width, 2)
        ],
    )


def _name_width(row: BranchFigures, labels: ChartLabels) -> int:
    return _RIGHT - _LEFT - (_pill_width(labels) + 24 if row.met is False else 0)


def _pill_width(labels: ChartLabels) -> int:
    return (
        min(360, round(font(Weight.SEMIBOLD, 24).getlength(printable(labels.not_met))) + 36)
        if labels.not_met
        else 0
    )


def _picture(figures: Sequence[BranchFigures], title: str, labels: ChartLabels, more: str) -> bytes:
    from PIL import Image, ImageDraw

    plan = _plan(figures, title, labels, more)
    image = Image.new("RGB", (WIDTH, plan.height), _PAGE)
    draw = ImageDraw.Draw(image)
    _head(image, draw, plan, labels)
    _rows(image, draw, plan, figures, labels)
    _notes(draw, plan)
    return _png(image)


def _head(image: Image, draw: ImageDraw, plan: _Plan, labels: ChartLabels) -> None:
    top = _EDGE
    for line in plan.title:
        draw.text((_LEFT, top + 44), line, _INK, font(Weight.SEMIBOLD, 44), anchor="ls")
        top += _TITLE_STEP
    for line in plan.subtitle:
        draw.text((_LEFT, top + 30), line, _SOFT, font(Weight.REGULAR, 30), anchor="ls")
        top += _SUBTITLE_STEP
    left, middle, half = _LEFT, top + _LEGEND_STEP // 2 + 4, (_RIGHT - _LEFT) // 2
    for colour, label in ((_BLUE, labels.attendance), (_ORANGE, labels.quiz)):
        _rounded(image, (left, middle - 12, left + 24, middle + 12), 6, colour)
        words = shorten(printable(label), font(Weight.REGULAR, 30), half - 60)
        draw.text((left + 36, middle + 11), words, _INK, font(Weight.REGULAR, 30), anchor="ls")
        left += round(font(Weight.REGULAR, 30).getlength(words)) + 84


def _rows(
    image: Image, draw: ImageDraw, plan: _Plan, figures: Sequence[BranchFigures], labels: ChartLabels
) -> None:
    top = plan.head
    _rounded(image, (_EDGE, top, WIDTH - _EDGE, top + plan.rows + 2 * _ROW_BOTTOM), 24, _CARD)
    top += _ROW_BOTTOM
    for number, (row, lines) in enumerate(zip(figures, plan.names, strict=True)):
        if number:
            draw.line((_LEFT, top, _RIGHT, top), _LINE, 2)
        _row(image, draw, top + _ROW_TOP, row, lines, labels)
        top += _row_height(lines)


def _row(
    image: Image, draw: ImageDraw, top: int, row: BranchFigures, lines: list[str], labels: ChartLabels
) -> None:
    if row.met is False and labels.not_met:
        _not_met(image, draw, top, labels)
    for line in lines:
        draw.text((_LEFT, top + 30), line, _INK, font(Weight.SEMIBOLD, 32), anchor="ls")
        top += _NAME_STEP
    star = "*" if row.is_small and labels.small_note else ""
    _bar(image, draw, top, row.attendance, _BLUE, labels, star)
    _bar(image, draw, top + _BAR_STEP, row.quiz, _ORANGE, labels, "")


def _not_met(image: Image, draw: ImageDraw, top: int, labels: ChartLabels) -> None:
    width, letters = _pill_width(labels), font(Weight.SEMIBOLD, 24)
    _rounded(image, (_RIGHT - width, top - 2, _RIGHT, top + 38), 20, _PILL)
    words = shorten(printable(labels.not_met), letters, width - 36)
    draw.text((_RIGHT - width // 2, top + 27), words, _PILL_INK, letters, anchor="ms")


def _bar(
    image: Image, draw: ImageDraw, top: int, rate: Rate, colour: str, labels: ChartLabels, star: str
) -> None:
    top += (_BAR_STEP - _BAR) // 2
    _rounded(image, (_LEFT, top, _LEFT + _BAR_WIDTH, top + _BAR), 6, _TRACK)
    filled = round(_BAR_WIDTH * rate.fraction) if rate.fraction is not None else 0
    if filled:
        _rounded(image, (_LEFT, top, _LEFT + max(filled, 4), top + _BAR), 6, colour)
    base = top + _BAR - 2
    has_data = rate.fraction is not None
    value_font = font(Weight.SEMIBOLD, 30)
    draw.text(
        (_PERCENT_AT, base), percent(rate, labels), _INK if has_data else _SOFT, value_font, anchor="rs"
    )
    if has_data:
        count_font = font(Weight.REGULAR, 28)
        draw.text((_COUNT_AT, base), f"{rate.present}/{rate.base}", _SOFT, count_font, anchor="rs")
        draw.text((_COUNT_AT + 2, base), star, _SOFT, count_font, anchor="ls")


def percent(rate: Rate, labels: ChartLabels) -> str:
    """ "92,9%", "90%", or `labels.no_data`."""
    value = rate.percent(1)
    if value is None:
        return labels.no_data
    return f"{value}".removesuffix(".0").replace(".", labels.decimal_mark) + "%"


def _notes(draw: ImageDraw, plan: _Plan) -> None:
    top = plan.head + plan.rows + 2 * _ROW_BOTTOM + 12
    for line in plan.notes:
        draw.text((_LEFT, top + 28), line, _SOFT, font(Weight.REGULAR, 26), anchor="ls")
        top += _NOTE_STEP


def _rounded(image: Image, box: tuple[int, int, int, int], radius: int, colour: str) -> None:
    """A filled rectangle with smooth corners."""
    left, top, right, bottom = box
    radius = min(radius, (right - left) // 2, (bottom - top) // 2)
    image.paste(colour, (left, top + radius, right, bottom - radius))
    image.paste(colour, (left + radius, top, right - radius, top + radius))
    image.paste(colour, (left + radius, bottom - radius, right - radius, bottom))
    disc = _disc(radius)
    for x, part_x in ((left, 0), (right - radius, radius)):
        for y, part_y in ((top, 0), (bottom - radius, radius)):
            corner = disc.crop((part_x, part_y, part_x + radius, part_y + radius))
            image.paste(colour, (x, y, x + radius, y + radius), corner)


@cache
def _disc(radius: int) -> Image:
    """The mask of four corners together: drawn larger, then shrunk."""
    from PIL import Image, ImageDraw

    big = 2 * radius * _SMOOTH
    mask = Image.new("L", (big, big))
    ImageDraw.Draw(mask).ellipse((0, 0, big - 1, big - 1), 255)
    return mask.resize((2 * radius, 2 * radius), Image.Resampling.BOX)


def _png(image: Image) -> bytes:
    from PIL import Image

    out = BytesIO()
    flat = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    flat.save(out, format="PNG")
    return out.getvalue()
