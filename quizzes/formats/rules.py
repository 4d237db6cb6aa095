"""What makes a question fit for a bank (domain.md B-06, finding 13), whatever file it came from."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct, field

from members.faults import Fault
from members.names import fold, same_key, tidy
from quizzes.formats.draft import OPTIONS_MAX, OPTIONS_MIN, QuestionDraft, QuestionFile
from quizzes.formats.key import BadKey, read_key

# A question and its options must fit one Zalo message (2,000 letters); column widths of quizzes.tables.
LONGEST = {"text": 1_000, "explanation": 1_000, "topic": 200, "source": 400, "issuer": 200, "author": 120}
OPTION_LONGEST = 200

_NUMBER = re.compile(r"[.,]?\d[\d.,\s]*%?")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: \d\d:\d\d)?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH = re.compile(r"(?:(\d{1,2})[/.-])?(\d{4})")
_TELLS_KEY = re.compile(
    r"(?:đáp án(?: đúng)?|phương án đúng)(?: là)?\s*:?\s*([A-H])(?![\w-])(?!\s+(?:sai|không))", re.IGNORECASE
)


class Filed(Struct, frozen=True):
    """A question as it stands in a file, all as text. `options`: (letter, text), empty ones left out.

    `key` is the text of a key column, or the indexes where the format marks options themselves.
    """

    line: int
    text: str
    options: Sequence[tuple[str, str]]
    key: str | tuple[int, ...]
    topic: str = ""
    explanation: str = ""
    source: str = ""
    source_date: str = ""
    issuer: str = ""
    valid_until: str = ""
    author: str = ""
    place: Mapping[str, str] = field(default_factory=dict)


class Checker:
    """Checks the questions of one file one after the other and collects what it finds."""

    def __init__(self, today: date | None = None) -> None:
        self.today = today
        self.found = QuestionFile([], [], [])
        self._first: dict[object, Filed] = {}
        self._filed = Filed(0, "", (), ())
        self._bad = False

    def add(self, filed: Filed) -> None:
        """Check one question: it becomes a draft, or faults under its line."""
        self._filed, self._bad = filed, False
        source, source_date = self._source()
        valid_until = self._valid_until()
        self._check_lengths()
        options = _without_letters(filed.options)
        self._check_options(options)
        correct = self._correct(options)
        self._check_twice()
        if not self._bad:
            self._check_explanation(options, correct)
        if not self._bad:
            self.found.drafts.append(_draft(filed, options, correct, source, source_date, valid_until))

    def fault(self, code: str, **detail: str) -> None:
        """Refuse the question at hand."""
        self._bad = True
        self.found.faults.append(Fault(self._filed.line, None, code, {**self._filed.place, **detail}))

    def _note(self, code: str, **detail: str) -> None:
        self.found.notes.append(Fault(self._filed.line, None, code, {**self._filed.place, **detail}))

    def _source(self) -> tuple[str, date | None]:
        """The source and its date; a year or month alone joins the source's text."""
        source, typed = self._filed.source, self._filed.source_date
        if not source:
            self.fault("missing_source")
        if not typed:
            return source, None
        if _MONTH.fullmatch(typed):
            return f"{source} ({typed})", None
        return source, self._date(typed)

    def _valid_until(self) -> date | None:
        if not (typed := self._filed.valid_until):
            return None
        until = self._date(_last_day(typed))
        if until and self.today and until < self.today:
            self.fault("expired", value=typed)
        return until

    def _date(self, typed: str) -> date | None:
        found = parse_date(typed)
        if found is None:
            self.fault("bad_date", value=_short(typed))
        return found

    def _check_lengths(self) -> None:
        if not self._filed.text:
            self.fault("missing_text")
        for name, longest in LONGEST.items():
            if len(getattr(self._filed, name)) > longest:
                self.fault(f"{name}_too_long", limit=str(longest))

    def _check_options(self, options: Sequence[tuple[str, str]]) -> None:
        if len(options) < OPTIONS_MIN:
            self.fault("too_few_options")
        if len(options) > OPTIONS_MAX:
            self.fault("too_many_options", limit=str(OPTIONS_MAX))
            return
        for letter, text in options:
            if len(text) > OPTION_LONGEST:
                self.fault("option_too_long", option=letter, limit=str(OPTION_LONGEST))
        self._check_doubled(options)
        self._check_stray_number(options)

    def _check_doubled(self, options: Sequence[tuple[str, str]]) -> None:
        first: dict[object, str] = {}
        for letter, text in options:
            earlier = first.setdefault(_meaning(text), letter)
            if earlier != letter:
                self.fault("doubled_option", option=letter, other=earlier, value=_short(text))

    def _check_stray_number(self, options: Sequence[tuple[str, str]]) -> None:
        """A number among words is a slip of the file; where all options are numbers they are meant."""
        numbers = [(letter, text) for letter, text in options if _NUMBER.fullmatch(text)]
        if numbers and len(numbers) < len(options):
            self.fault("option_only_number", option=numbers[0][0], value=_short(numbers[0][1]))

    def _correct(self, options: Sequence[tuple[str, str]]) -> tuple[int, ...]:
        key = self._filed.key
        if isinstance(key, tuple):
            return tuple(sorted(set(key)))
        try:
            return read_key(key, options)
        except BadKey as bad:
            self.fault(bad.code, value=_short(tidy(key)))
            return ()

    def _check_twice(self) -> None:
        if not self._filed.text:
            return
        earlier = self._first.setdefault(_meaning(self._filed.text), self._filed)
        if earlier is not self._filed:
            self.fault("duplicate_in_file", other=str(earlier.line))

    def _check_explanation(self, options: Sequence[tuple[str, str]], correct: tuple[int, ...]) -> None:
        """The key and the explanation of public banks often disagree (finding 13)."""
        explanation = self._filed.explanation
        right = {options[index][0] for index in correct}
        told = {letter.upper() for letter in _TELLS_KEY.findall(explanation)} & {o[0] for o in options}
        if told and not told & right:
            self.fault("explanation_contradicts", value=", ".join(sorted(told)))
            return
        named = {letter for letter, text in options if _is_named(text, explanation)}
        if len(right) == 1 and named and not named & right:
            self._note("explanation_other_option", value=", ".join(sorted(named)))


def parse_date(text: str) -> date | None:
    """'03/02/1930', '3-2-1930' or '1930-02-03'; None for what is no day."""
    match = _DAY.fullmatch(text)
    parts = match.group(3, 2, 1) if match else None
    if parts is None and (match := _ISO_DAY.fullmatch(text)):
        parts = match.group(1, 2, 3)
    if parts is None:
        return None
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def _last_day(typed: str) -> str:
    """'2027' and '06/2027' hold until their last day."""
    match = _MONTH.fullmatch(typed)
    if match is None:
        return typed
    month, year = int(match[1] or 12), int(match[2])
    if not (1 <= month <= 12 and year >= 1):  # noqa: PLR2004
        return typed
    return f"{calendar.monthrange(year, month)[1]}/{month}/{match[2]}"


def _draft(
    filed: Filed,
    options: Sequence[tuple[str, str]],
    correct: tuple[int, ...],
    source: str,
    source_date: date | None,
    valid_until: date | None,
) -> QuestionDraft:
    return QuestionDraft(
        topic=filed.topic,
        text=filed.text,
        options=tuple(text for _, text in options),
        correct=correct,
        explanation=filed.explanation,
        source=source,
        source_date=source_date,
        issuer=filed.issuer,
        valid_until=valid_until,
        author=filed.author,
        line=filed.line,
    )


def _without_letters(options: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Options typed as 'A. …', 'B) …' in columns that are A, B … already."""
    bare = [(letter, re.sub(rf"^{letter}\s*[.):/]\s*", "", text)) for letter, text in options]
    typed = all(new != old for (_, new), (_, old) in zip(bare, options, strict=True))
    return bare if typed and all(text for _, text in bare) else list(options)


def _meaning(text: str) -> object:
    return same_key(text.strip(" .;,?!:"))


def _is_named(option: str, explanation: str) -> bool:
    words = re.escape(fold(option.strip(" .;,")))
    return len(words) > 3 and re.search(rf"(?<!\w){words}(?!\w)", fold(explanation)) is not None  # noqa: PLR2004


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004  (one line of a chat)
