"""Reading a clean QR picture, as a phone's camera does: from the SVG of the big screen to the link in it.

ISO/IEC 18004, versions 1 to 10, one segment of bytes; no repair, since a picture on a page has no damage.
"""

import re
from collections.abc import Iterator

_STROKE = re.compile(r'<path[^>]*stroke="[^"]*"[^>]*\bd="([^"]+)"|<path[^>]*\bd="([^"]+)"[^>]*stroke=')
_PEN = re.compile(r"([Mmhvz])\s*(-?[\d.]+)?(?:[ ,]*(-?[\d.]+))?")
_FORMAT_MASK = 0b101010000010010
_LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
_REPAIR = {  # words of repair a block, by version from 1
    "L": (7, 10, 15, 20, 26, 18, 20, 24, 30, 18),
    "M": (10, 16, 26, 18, 24, 16, 18, 22, 22, 26),
    "Q": (13, 22, 18, 26, 18, 24, 18, 22, 20, 24),
    "H": (17, 28, 22, 16, 22, 28, 26, 26, 24, 28),
}
_BLOCKS = {
    "L": (1, 1, 1, 1, 1, 2, 2, 2, 2, 4),
    "M": (1, 1, 1, 2, 2, 4, 4, 4, 5, 5),
    "Q": (1, 1, 2, 2, 4, 4, 6, 6, 8, 8),
    "H": (1, 1, 2, 4, 4, 4, 5, 6, 8, 8),
}
_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
_BYTES = 0b0100
_FINDER = 9
_TIMING = 6
_WITH_VERSION = 7  # from this version on the version itself is written twice
_LONG_COUNT = 10  # from this version on a segment's length has 16 bits

Modules = list[list[bool]]


def link_in(svg: str) -> str:
    """The text of the QR symbol drawn by the stroked path of an SVG. Raises ValueError when there is none."""
    return text_of(modules_in(svg))


def modules_in(svg: str) -> Modules:
    """The symbol without its quiet zone: rows of dark (true) and light modules."""
    path = _STROKE.search(svg)
    if path is None:
        raise ValueError("there is no QR symbol in this picture")
    dark = set(_drawn(path[1] or path[2]))
    left, top = min(x for _, x in dark), min(y for y, _ in dark)
    size = max(x for _, x in dark) - left + 1
    return [[(y + top, x + left) in dark for x in range(size)] for y in range(size)]


def _drawn(path: str) -> Iterator[tuple[int, int]]:
    """Modules (y, x) under the horizontal strokes of a path."""
    x = y = 0.0
    for command, first, second in _PEN.findall(path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        elif command == "h":
            yield from ((int(y), int(x) + step) for step in range(int(float(first))))
            x += float(first)


def text_of(modules: Modules) -> str:
    """What a symbol says."""
    version = (len(modules) - 17) // 4
    level, mask = _format(modules)
    words = _words(modules, version, mask)
    return _segment(_in_order(words, version, level), version)


def _format(modules: Modules) -> tuple[str, int]:
    row = [modules[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)]
    column = [modules[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    bits = int("".join(str(int(bit)) for bit in row + column), 2) ^ _FORMAT_MASK
    return _LEVELS[bits >> 13], bits >> 10 & 0b111


def _words(modules: Modules, version: int, mask: int) -> list[int]:
    bits = [modules[y][x] != (_MASKS[mask](y, x) == 0) for y, x in _way(version)]
    return [int("".join(str(int(b)) for b in bits[i : i + 8]), 2) for i in range(0, len(bits) // 8 * 8, 8)]


def _way(version: int) -> Iterator[tuple[int, int]]:
    """Places of the data: two columns at a time from the right, up and down in turn."""
    size = 17 + 4 * version
    fixed = _fixed(version, size)
    columns = [x for x in range(size - 1, 0, -2) if x > _TIMING] + [5, 3, 1]
    for turn, right in enumerate(columns):
        for y in range(size) if turn % 2 else range(size - 1, -1, -1):
            for x in (right, right - 1):
                if (y, x) not in fixed:
                    yield y, x


def _fixed(version: int, size: int) -> set[tuple[int, int]]:
    """Finders with format, timing, alignment and version: everything that is no data."""
    corners = ((0, 0), (0, size - 8), (size - 8, 0))
    found = {(top + y, left + x) for top, left in corners for y in range(_FINDER) for x in range(_FINDER)} | {
        place for i in range(size) for place in ((_TIMING, i), (i, _TIMING))
    }
    centres = _alignment(version, size)
    last = len(centres) - 1
    for i, y in enumerate(centres):
        for j, x in enumerate(centres):
            if (i, j) not in {(0, 0), (0, last), (last, 0)}:
                found |= {(y + dy, x + dx) for dy in range(-2, 3) for dx in range(-2, 3)}
    if version >= _WITH_VERSION:
        found |= {place for a in range(6) for b in range(size - 11, size - 8) for place in ((a, b), (b, a))}
    return found


def _alignment(version: int, size: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    return [_TIMING, *sorted(size - 7 - i * step for i in range(count - 1))]


def _in_order(words: list[int], version: int, level: str) -> bytes:
    """The data words, block after block; the words of repair are left away."""
    blocks, repair = _BLOCKS[level][version - 1], _REPAIR[level][version - 1]
    short = len(words) // blocks - repair
    longer = len(words) % blocks
    lengths = [short + (i >= blocks - longer) for i in range(blocks)]
    rest = iter(words)
    found: list[list[int]] = [[] for _ in range(blocks)]
    for place in range(short + 1):
        for i in range(blocks):
            if place < lengths[i]:
                found[i].append(next(rest))
    return bytes(word for block in found for word in block)


def _segment(data: bytes, version: int) -> str:
    bits = int.from_bytes(data)
    left = len(data) * 8

    def take(count: int) -> int:
        nonlocal left
        left -= count
        return bits >> left & (1 << count) - 1

    if take(4) != _BYTES:
        raise ValueError("this symbol holds no plain text")
    count = take(16 if version >= _LONG_COUNT else 8)
    return bytes(take(8) for _ in range(count)).decode()
