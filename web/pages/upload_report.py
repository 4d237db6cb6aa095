"""What a sent file holds and what importing it does, as sentences of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from locales.text import Text
from locales.words import Words
from members.faults import Fault
from members.roster_import import RosterReport
from members.sent_files import FileKind
from quizzes.formats.draft import QuestionFile

NAMES_SHOWN = 10
FAULTS_BYTES = 12_000  # of a page that stays under 30 kB


class Preview(Struct, frozen=True):
    """`usable`: whether there is anything to import. `faults` by line, `notes` about what was assumed."""

    usable: bool
    lines: list[Text]
    faults: list[Text]
    notes: list[Text]


def of_roster(words: Words, name: str, report: RosterReport) -> Preview:
    """n good lines, what they would change, faults by line."""
    bad = len({(fault.detail.get("sheet"), fault.line) for fault in report.faults})
    counts = roster_counts(report)
    lines = [
        words("office.preview", file=name, good=report.members, bad=bad),
        words("office.totals", **counts),
        words("office.changes", **counts),
    ]
    if report.posts_begun or report.posts_ended:
        lines.append(words("office.posts", begun=report.posts_begun, ended=report.posts_ended))
    for key in ("new_branches", "renamed", "missing"):
        lines += _names(words, f"office.{key}", getattr(report, key))
    faults, notes = _sentences(words, "roster", report.faults), _sentences(words, "roster", report.notes)
    return Preview(report.members > 0, lines, faults, notes)


def of_questions(words: Words, bank: QuestionFile) -> Preview:
    """How many questions can be used, and what is wrong with the others."""
    lines = [words("quiz.preview", good=len(bank.drafts), bad=len(bank.faults))]
    faults, notes = _sentences(words, "questions", bank.faults), _sentences(words, "questions", bank.notes)
    return Preview(bool(bank.drafts), lines, faults, notes)


def done(words: Words, data: dict[str, Any]) -> list[Text]:
    """What was imported, from what the link remembers."""
    counts = data["counts"]
    if data["kind"] == FileKind.ROSTER:
        return [words("office.imported"), words("office.totals", **counts), words("office.changes", **counts)]
    told = [words("quiz.imported", added=counts["added"], known=counts["known"])]
    if counts["waiting"]:
        told.append(words("quiz.import_waiting" if counts["asked"] else "quiz.import_nobody"))
    return told


def roster_counts(report: RosterReport) -> dict[str, int]:
    """The numbers of a report, for its sentences."""
    names = ("branches", "members", "official", "probationary", "added", "changed", "unchanged")
    return {name: getattr(report, name) for name in names}


def _names(words: Words, key: str, names: Sequence[str]) -> list[Text]:
    if not names:
        return []
    rest = len(names) - NAMES_SHOWN
    more = words.plain("office.and_more", count=rest) if rest > 0 else ""
    return [words(key, count=len(names), names="; ".join(names[:NAMES_SHOWN]) + more)]


def _sentences(words: Words, area: str, faults: Sequence[Fault]) -> list[Text]:
    """As many as a light page holds; the rest is counted."""
    told: list[Text] = []
    left = FAULTS_BYTES
    for fault in faults:
        told.append(words(fault.key(area), **fault.words))
        left -= len(told[-1].plain.encode())
        if left < 0 and len(faults) > len(told):
            return [*told, words("quiz.import_more_faults", n=len(faults) - len(told))]
    return told
