"""The camera of a simulated phone reads what a QR picture says, and says so when there is nothing to read."""

from io import BytesIO

import pytest
import segno
from PIL import Image

from simulator.camera import link_in_picture
from simulator.errors import Refused


def picture(text: str, **how: object) -> bytes:
    out = BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", **how)
    return out.getvalue()


@pytest.mark.parametrize("scale", [1, 3, 12])
@pytest.mark.parametrize("length", [1, 30, 64, 150])
def test_it_reads_what_the_picture_says(length: int, scale: int) -> None:
    link = "https://t.me/mung_ba_bot?start=" + "x" * length
    assert link_in_picture(picture(link, scale=scale, border=4)) == link


@pytest.mark.parametrize("colour", ["white", "black", "grey"])
def test_a_picture_without_a_code_is_refused(colour: str) -> None:
    out = BytesIO()
    Image.new("RGB", (90, 90), colour).save(out, "PNG")
    with pytest.raises(Refused, match="no QR code"):
        link_in_picture(out.getvalue())


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(Refused):
        link_in_picture(b"GIF89a and then nothing")
