"""QR pictures: the picture shows exactly the modules of the symbol, with its quiet zone."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
import segno
from PIL import Image

from meetings.qr import BORDER, qr_png, qr_svg

LINK = "https://t.me/mungba_bot?start=ci-12-59876580-0123456789abcd"


def test_png_shows_the_symbol_inside_its_quiet_zone() -> None:
    matrix = [[bool(module) for module in row] for row in segno.make_qr(LINK, error="m").matrix]
    image = Image.open(BytesIO(qr_png(LINK, scale=5))).convert("L")
    side = len(matrix) + 2 * BORDER
    assert image.size == (5 * side, 5 * side)
    dark = [[image.getpixel((5 * x + 2, 5 * y + 2)) == 0 for x in range(side)] for y in range(side)]
    inner = [row[BORDER:-BORDER] for row in dark[BORDER:-BORDER]]
    assert inner == matrix
    assert sum(map(sum, dark)) == sum(map(sum, matrix))


def test_svg_is_one_well_formed_element_that_scales() -> None:
    svg = ElementTree.fromstring(qr_svg(LINK))
    assert svg.tag.endswith("svg")
    assert "viewBox" in svg.attrib
    assert "width" not in svg.attrib


def test_the_text_is_never_markup() -> None:
    assert "<script" not in qr_svg('"><script>alert(1)</script>')


@pytest.mark.parametrize("text", ["", "x" * 5000])
def test_a_text_no_symbol_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"text|fit|Data"):
        qr_svg(text)
    with pytest.raises(ValueError, match=r"text|fit|Data"):
        qr_png(text)
