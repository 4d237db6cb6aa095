"""Lengths and places in UTF-16 code units, which is how the platform counts text."""

_ASTRAL = 0x10000


def length16(text: str) -> int:
    """UTF-16 code units in the text: an emoji beyond the basic plane counts two."""
    return len(text) + sum(1 for letter in text if ord(letter) >= _ASTRAL)


def index16(text: str, offset: int) -> int:
    """The Python index of a UTF-16 offset; an offset in the middle of a pair rounds up."""
    units = 0
    for index, letter in enumerate(text):
        if units >= offset:
            return index
        units += 2 if ord(letter) >= _ASTRAL else 1
    return len(text)


def slice16(text: str, offset: int, length: int) -> str:
    return text[index16(text, offset) : index16(text, offset + length)]
