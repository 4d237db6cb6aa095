"""Width and height of a picture, read from its first bytes."""

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_SOI = b"\xff\xd8"
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(data: bytes) -> tuple[int, int, str] | None:
    """(width, height, MIME type) of a PNG, JPEG, GIF or WebP; None for anything else."""
    for reader in (_png, _gif, _webp, _jpeg):
        try:
            seen = reader(data)
        except (struct.error, IndexError):
            continue
        if seen is not None:
            return seen
    return None


def _png(data: bytes) -> tuple[int, int, str] | None:
    if not data.startswith(_PNG):
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height, "image/png"


def _gif(data: bytes) -> tuple[int, int, str] | None:
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        return None
    width, height = struct.unpack("<HH", data[6:10])
    return width, height, "image/gif"


def _webp(data: bytes) -> tuple[int, int, str] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (n & 0x3FFF for n in struct.unpack("<HH", data[26:30]))
    return width, height, "image/webp"


def _jpeg(data: bytes) -> tuple[int, int, str] | None:
    if not data.startswith(_SOI):
        return None
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - the byte every JPEG marker begins with
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height, "image/jpeg"
        at += 2
        if marker not in _STANDALONE:
            at += struct.unpack(">H", data[at : at + 2])[0]
    return None
