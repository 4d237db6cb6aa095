"""A phone's camera held before a clean QR picture: from the pixels of a PNG or JPEG to the link in it."""

from io import BytesIO

from simulator.errors import Refused
from simulator.month.scanning import Modules, text_of

_FINDER = 7  # modules in the upper edge of a finder
_SMALLEST, _LARGEST = 21, 57  # modules of a symbol of version 1 and 10
_INK = [255] * 128 + [0] * 128  # by brightness
_NONE = "there is no QR code in this picture"


def link_in_picture(data: bytes) -> str:
    """What the QR code says. Raises Refused when there is none."""
    try:
        return text_of(_modules_of(data))
    except (ValueError, LookupError, ArithmeticError, OSError):
        raise Refused(_NONE, 404) from None


def _modules_of(data: bytes) -> Modules:
    from PIL import Image  # only for whoever scans; the rest of the simulator does without

    with Image.open(BytesIO(data)) as picture:
        ink = picture.convert("L").point(_INK)
    symbol = ink.crop(ink.getbbox() or (0, 0, 1, 1))
    width, dark = symbol.width, symbol.tobytes()
    edge = dark.find(0)
    size = round(width * _FINDER / edge)
    if size % 4 != 1 or not _SMALLEST <= size <= _LARGEST or symbol.height != width:
        raise ValueError(_NONE)
    middle = [int((i + 0.5) * width / size) for i in range(size)]
    return [[bool(dark[y * width + x]) for x in middle] for y in middle]
