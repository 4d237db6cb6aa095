"""Every sentence the product says, read from `locales/<language>/<feature>.po`.

A key is '<feature>.<msgid>', such as 'attendance.done'. A sentence missing in a language falls back to
Vietnamese; one missing there is a fault that the tests find.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from locales.text import Text, Value, fill

FOLDER = Path(__file__).parent
FIRST_LANGUAGE = "vi"
LANGUAGES = ("vi", "en")


@cache
def sentences(language: str) -> dict[str, str]:
    """All templates of a language by key."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file)
        found.update({f"{path.stem}.{m.id}": str(m.string) for m in catalog if m.id and m.string})
    return found


class Words:
    """The sentences of one language."""

    def __init__(self, language: str = FIRST_LANGUAGE) -> None:
        self.language = language if language in LANGUAGES else FIRST_LANGUAGE

    def __call__(self, key: str, **values: Value) -> Text:
        """The sentence with its places filled; KeyError names what is missing."""
        return fill(self.template(key), values)

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


def spellings(key: str) -> list[str]:
    """What people may type for a command, of all languages: a template split at '|'."""
    found = (sentences(language).get(key, "") for language in LANGUAGES)
    return [word.strip() for line in found for word in line.split("|") if word.strip()]
