"""A picture within what Zalo takes: JPG or PNG up to 1 MB."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from bot.limits import ZALO_OA_PICTURE_BYTES
from db.errors import MessageRefused

PNG = b"\x89PNG"
QUALITY = 85
SMALLEST_SIDE = 64  # pixels: a picture that is still too large then is none


def fitting(data: bytes, limit: int = ZALO_OA_PICTURE_BYTES) -> bytes:
    """The picture, or a JPG of at most `limit` bytes, smaller by halves. MessageRefused if it is none."""
    if len(data) <= limit:
        return data
    try:
        picture = Image.open(BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        raise MessageRefused("a picture that cannot be made small enough") from None
    while min(picture.size) >= SMALLEST_SIDE:
        smaller = _jpg(picture)
        if len(smaller) <= limit:
            return smaller
        picture = picture.resize((picture.width // 2, picture.height // 2))
    raise MessageRefused("a picture that cannot be made small enough")


def name_of(data: bytes) -> str:
    """A file name that fits the bytes."""
    return "hinh.png" if data.startswith(PNG) else "hinh.jpg"


def _jpg(picture: Image.Image) -> bytes:
    made = BytesIO()
    picture.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
