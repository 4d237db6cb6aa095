"""Every sentence exists in both languages, with the same places; the code asks for none that is missing."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from locales.text import placeholders
from locales.words import FOLDER, LANGUAGES, Words, entries, sentences, spellings
from members.names import fold

ROOT = FOLDER.parent
ROOMS = ("bot", "handlers", "web", "members", "meetings", "quizzes", "opinions", "reports", "db")
FILES = {path.stem for path in (FOLDER / "vi").glob("*.po")}
_KEY = re.compile(rf"\"((?:{'|'.join(sorted(FILES))})\.[a-z0-9_]+(?:\.[a-z0-9_]+)*)\"")
NOTICES = re.compile(r"^\s*\"([a-z_]+\.[a-z_.]+)\": ", re.MULTILINE)


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def test_both_languages_say_the_same_things() -> None:
    assert sentences("vi").keys() == sentences("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_read_is_what_babel_reads(language: str) -> None:
    found = {}
    for path in (FOLDER / language).glob("*.po"):
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
        found.update({f"{path.stem}.{entry.id}": entry.string for entry in catalog if entry.id})
    assert sentences(language) == found


BY_HAND = """\
# lời mời
msgid ""
msgstr "Language: vi\\n"

#, fuzzy
msgid   "one"\t
msgstr "Chào \\"đồng chí\\",\\nmời họp \\\\ 19:30"\x20\x20

msgid "two"
msgstr ""
  "dòng một "
"dòng hai"
msgid "three"
msgstr "liền ngay sau\\t"

msgid "untranslated"
msgstr ""
"""


def test_what_somebody_edits_by_hand_is_read_as_babel_reads_it() -> None:
    catalog = read_po(BytesIO(BY_HAND.encode()))
    expected = {entry.id: entry.string for entry in catalog if entry.id and entry.string}
    assert len(expected) == 3
    assert entries(BY_HAND) == expected


@pytest.mark.parametrize("key", sorted(sentences("vi")))
def test_a_sentence_has_the_same_places_in_both(key: str) -> None:
    vi, en = (placeholders(sentences(language)[key]) for language in LANGUAGES)
    assert vi == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_are_closed(language: str) -> None:
    for key, template in sentences(language).items():
        for tag in ("b", "i", "code"):
            assert template.count(f"<{tag}>") == template.count(f"</{tag}>"), key


def test_the_tone_is_kept() -> None:
    shouting = [key for key, said in sentences("vi").items() if re.search(r"\b[Bb]ạn\b", said)]
    assert shouting == []


def test_old_spelling_of_uy_is_not_used() -> None:
    assert [key for key, said in sentences("vi").items() if "uỷ" in said.lower()] == []


def test_a_missing_sentence_is_a_fault() -> None:
    with pytest.raises(KeyError):
        Words()("error.no_such_sentence")


def test_an_unknown_language_is_vietnamese() -> None:
    assert Words("xx").language == "vi"


def test_what_people_type_is_known_with_and_without_tones() -> None:
    for key in (key for key in sentences("vi") if ".word." in key):
        assert all(fold(word) for word in spellings(key)), key


def test_the_code_asks_only_for_sentences_that_exist() -> None:
    known = set(sentences("vi"))
    steps_and_notices = re.compile(r"(Expects|route|tell)\($")
    missing = set()
    for path in sources():
        text = path.read_text("utf-8")
        for match in _KEY.finditer(text):
            before = text[max(0, match.start() - 60) : match.start()].rstrip()
            if (
                match[1] not in known
                and not steps_and_notices.search(before)
                and not _is_name(match[1], text)
            ):
                missing.add(f"{path.relative_to(ROOT)}: {match[1]}")
    assert missing == set()


def _is_name(key: str, text: str) -> bool:
    """Steps, notices and table columns look alike; they are never handed to `words`."""
    asked = re.search(
        rf"(words|plain|template|Refused|BadInput|NotFound|TooManyTries)\(\s*\"{re.escape(key)}\"", text
    )
    return asked is None
