"""A question as a file brings it, before it is in a bank."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from members.faults import Fault

OPTIONS_MIN, OPTIONS_MAX = 2, 8


class QuestionDraft(Struct, frozen=True):
    """One checked question. `correct` are indexes into `options`, ascending; `line` is that of the file."""

    topic: str
    text: str
    options: tuple[str, ...]
    correct: tuple[int, ...]
    explanation: str
    source: str
    source_date: date | None
    issuer: str
    valid_until: date | None
    author: str
    line: int

    @property
    def citation(self) -> str:
        """Source, issuer and date in one line, as shown to members."""
        day = f"{self.source_date:%d/%m/%Y}" if self.source_date else ""
        return ", ".join(part for part in (self.source, self.issuer, day) if part)


class QuestionFile(Struct, frozen=True):
    """`faults` name questions that were left out (or the whole file); `notes` what deserves a look."""

    drafts: list[QuestionDraft]
    faults: list[Fault]
    notes: list[Fault]
