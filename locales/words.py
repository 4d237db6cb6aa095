"""Every sentence the product says, read from `locales/<language>/<feature>.po`.

A key is '<feature>.<msgid>', such as 'attendance.done'. A sentence missing in a language falls back to
Vietnamese; one missing there is a fault that the tests find. Only plain entries are read (no plurals, no
contexts), ten times as fast as Babel does; the tests read them with Babel as well.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from locales.text import Text, Value, fill

FOLDER = Path(__file__).parent
FIRST_LANGUAGE = "vi"
LANGUAGES = ("vi", "en")
_LINES = r"((?:[ \t]*\".*\"[ \t]*\n?)+)"
_ENTRY = re.compile(rf"^msgid{_LINES}msgstr{_LINES}", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


@cache
def sentences(language: str) -> dict[str, str]:
    """All templates of a language by key."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        read = entries(path.read_text("utf-8"))
        found.update({f"{path.stem}.{key}": text for key, text in read.items()})
    return found


def entries(text: str) -> dict[str, str]:
    """What a PO file says by msgid: what has a msgid and is translated."""
    both = ((_joined(key), _joined(said)) for key, said in _ENTRY.findall(text))
    return {key: said for key, said in both if key and said}


def _joined(lines: str) -> str:
    """The text of quoted lines."""
    inside = lines.strip()[1:-1]
    if "\n" in inside:
        inside = "".join(line.strip()[1:-1] for line in lines.strip().split("\n"))
    return _ESCAPE.sub(lambda found: _MEANT.get(found[1], found[1]), inside) if "\\" in inside else inside


class Words:
    """The sentences of one language."""

    def __init__(self, language: str = FIRST_LANGUAGE) -> None:
        self.language = language if language in LANGUAGES else FIRST_LANGUAGE

    def __call__(self, key: str, **values: Value) -> Text:
        """The sentence with its places filled; KeyError names what is missing."""
        return fill(self.template(key), values)

    def counted(self, key: str, **numbers: int) -> Text:
        """The sentence where its places take numbers alone: made once for everybody."""
        return _counted(self.language, key, **numbers)

    def plain(self, key: str, **values: Value) -> str:
        """The same without markup: labels, file names, captions of pictures."""
        return self(key, **values).plain

    def template(self, key: str) -> str:
        """The raw sentence."""
        own = sentences(self.language).get(key)
        return own if own is not None else sentences(FIRST_LANGUAGE)[key]

    def has(self, key: str) -> bool:
        """Whether the sentence exists."""
        return key in sentences(FIRST_LANGUAGE)


@lru_cache(maxsize=2048)
def _counted(language: str, key: str, **numbers: int) -> Text:
    return Words(language)(key, **numbers)


def spellings(key: str) -> list[str]:
    """What people may type for a command, of all languages: a template split at '|'."""
    found = (sentences(language).get(key, "") for language in LANGUAGES)
    return [word.strip() for line in found for word in line.split("|") if word.strip()]
