"""Question banks in Moodle's GIFT text: multiple choice, several right answers, true or false.

The source is a comment above the question (`// Căn cứ: …`, also `// Ngày văn bản:`, `// Cơ quan ban hành:`,
`// Hiệu lực đến:`, `// Người soạn:`), or follows 'Căn cứ:' in the general feedback (`####`).
Format: docs.moodle.org, 'GIFT format'.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from msgspec import Struct, field

from members.faults import Fault
from members.names import fold, tidy
from members.workbook import MAX_BYTES, MAX_ROWS, MAX_TEXT, WorkbookRefused
from quizzes.formats.draft import OPTIONS_MAX, QuestionFile
from quizzes.formats.rules import Checker, Filed

TRUE_FALSE = ("Đúng", "Sai")
GAP = "_____"

_META = {
    "can cu": "source",
    "nguon": "source",
    "ngay van ban": "source_date",
    "co quan ban hanh": "issuer",
    "noi ban hanh": "issuer",
    "hieu luc den": "valid_until",
    "nguoi soan": "author",
    "chu de": "topic",
}
_ESCAPED = "~=#{}:\\"
_HIDDEN = 0xE000  # private letters stand for escaped ones while a question is taken apart
_TITLE = re.compile(r"\s*::.*?::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|plain|markdown|moodle)\]", re.IGNORECASE)
_ANSWER = re.compile(r"([=~])([^=~]*)")
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{1,6})?)%")
_SOURCE_IN_TEXT = re.compile(r"(?:^|(?<=[\s.(]))căn cứ\s*:\s*(.+)$", re.IGNORECASE | re.DOTALL)
_TRUTH = {"T": (0,), "TRUE": (0,), "F": (1,), "FALSE": (1,)}
_FULL, _SLACK = 100.0, 1.0  # percent; three thirds are written as 33.333


class _Unreadable(Exception):
    """This question cannot be taken; code: gift_syntax, gift_no_answers, gift_kind, gift_percent, …"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Block(Struct):
    """The lines of one question and what the comments above it say."""

    line: int
    text: str
    topic: str
    meta: dict[str, str] = field(default_factory=dict)


class _Answers(Struct, frozen=True):
    options: list[str]
    correct: tuple[int, ...]
    feedback: str = ""
    dropped: bool = False


def read_gift(data: bytes, *, today: date | None = None) -> QuestionFile:
    """Read a bank. Raises WorkbookRefused: too_large, too_much_text, not_text, too_many_rows."""
    checker = Checker(today)
    for number, block in enumerate(_blocks(_decoded(data)), start=1):
        if number > MAX_ROWS:
            raise WorkbookRefused("too_many_rows", {"limit": str(MAX_ROWS), "cell": str(block.line)})
        try:
            _read_block(block, checker)
        except _Unreadable as unreadable:
            checker.found.faults.append(Fault(block.line, None, unreadable.code))
    if not checker.found.drafts and not checker.found.faults:
        checker.found.faults.append(Fault(None, None, "no_questions"))
    return checker.found


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise WorkbookRefused("too_large", {"limit": str(MAX_BYTES // 1024 // 1024)})
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise WorkbookRefused("not_text") from None
    if "\x00" in text:
        raise WorkbookRefused("not_text")
    if len(text) > MAX_TEXT:
        raise WorkbookRefused("too_much_text")
    return text


def _blocks(text: str) -> Iterator[_Block]:
    """Questions, parted by empty lines. Comments and the category belong to what follows."""
    topic, meta, lines, start = "", dict[str, str](), list[str](), 0
    numbered = enumerate([*re.split(r"\r\n|\r|\n", text), ""], start=1)
    for number, line in numbered:
        bare = line.strip()
        if bare.startswith("//"):
            _read_comment(bare, meta)
        elif bare.upper().startswith("$CATEGORY:") and not lines:
            topic = tidy(_shown(bare.partition(":")[2].rpartition("/")[2]))
        elif bare:
            start = start if lines else number
            lines.append(line)
        elif lines:
            yield _Block(start, "\n".join(lines), topic, meta)
            meta, lines = {}, []


def _read_comment(comment: str, meta: dict[str, str]) -> None:
    name, _, said = comment.lstrip("/ ").partition(":")
    if (key := _META.get(fold(name))) and said.strip():
        meta[key] = tidy(said)


def _read_block(block: _Block, checker: Checker) -> None:
    text = _hide_escapes(block.text)
    text = _TITLE.sub("", text, count=1) if _TITLE.match(text) else text
    kind = _FORMAT.match(text)
    text = text[kind.end() :] if kind else text
    before, body, after = _parts(text)
    body, _, general = body.partition("####")
    answers = _answers(body)
    shown = _from_html if kind and kind[1].lower() == "html" else _shown
    explanation, source = _explained(tidy(shown(general or answers.feedback)), block.meta.get("source", ""))
    meta = block.meta
    if answers.dropped:
        checker.found.notes.append(Fault(block.line, None, "gift_feedback_dropped"))
    checker.add(
        Filed(
            line=block.line,
            text=tidy(shown(f"{before} {GAP} {after}" if after.strip() else before)),
            options=[(chr(ord("A") + i), tidy(shown(o))) for i, o in enumerate(answers.options)],
            key=answers.correct,
            explanation=explanation,
            topic=meta.get("topic", block.topic),
            source=source,
            source_date=meta.get("source_date", ""),
            issuer=meta.get("issuer", ""),
            valid_until=meta.get("valid_until", ""),
            author=meta.get("author", ""),
        )
    )


def _parts(text: str) -> tuple[str, str, str]:
    """What stands before, in and after the one pair of braces."""
    if "{" not in text and "}" not in text:
        raise _Unreadable("gift_no_answers")
    before, opened, rest = text.partition("{")
    body, closed, after = rest.partition("}")
    if not opened or not closed or "}" in before or "{" in body or "{" in after or "}" in after:
        raise _Unreadable("gift_syntax")
    return before, body, after


def _answers(body: str) -> _Answers:
    truth, _, feedback = body.strip().partition("#")
    if (correct := _TRUTH.get(truth.strip().upper())) is not None:
        return _Answers(list(TRUE_FALSE), correct, dropped=bool(feedback.strip("# ")))
    if not truth.strip() or "~" not in body:
        raise _Unreadable("gift_kind")
    first = min(body.index(mark) for mark in "=~" if mark in body)
    if body[:first].strip():
        raise _Unreadable("gift_syntax")
    # One more than may be, so that the check sees there are too many.
    return _choices([(found[1], found[2]) for found in islice(_ANSWER.finditer(body), OPTIONS_MAX + 1)])


def _choices(marked: list[tuple[str, str]]) -> _Answers:
    options, weights, feedbacks = [], [], []
    for mark, said in marked:
        weight = _WEIGHT.match(said)
        text, _, feedback = (said[weight.end() :] if weight else said).partition("#")
        if not text.strip():
            raise _Unreadable("gift_syntax")
        options.append(text)
        weights.append(float(weight[1]) if weight else (_FULL if mark == "=" else 0.0))
        feedbacks.append(feedback.strip())
    correct = _right(weights)
    kept = feedbacks[correct[0]] if len(correct) == 1 else ""
    return _Answers(options, correct, kept, any(text for text in feedbacks if text != kept))


def _right(weights: list[float]) -> tuple[int, ...]:
    """The right options: one with 100 %, or several that make 100 % together."""
    right = tuple(index for index, weight in enumerate(weights) if weight > 0)
    if not right:
        raise _Unreadable("empty_key")
    if abs(sum(weights[index] for index in right) - _FULL) > _SLACK:
        raise _Unreadable("gift_percent")
    return right


def _explained(said: str, source: str) -> tuple[str, str]:
    """Explanation and source; the source may stand in the feedback after 'Căn cứ:'."""
    match = _SOURCE_IN_TEXT.search(said)
    if source or match is None:
        return said, source
    found = match[1].rstrip(" .")
    whole = found.count("(") >= found.count(")")
    return said[: match.start()].rstrip(" ("), found if whole else found.removesuffix(")")


def _hide_escapes(text: str) -> str:
    """Escaped signs as private letters, so that they are not taken for signs."""
    plain = "".join(c for c in text if not _HIDDEN <= ord(c) < _HIDDEN + len(_ESCAPED))
    return re.sub(r"\\([~=#{}:\\n])", _hidden, plain)


def _hidden(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else chr(_HIDDEN + _ESCAPED.index(match[1]))


def _shown(text: str) -> str:
    return "".join(_ESCAPED[ord(c) - _HIDDEN] if 0 <= ord(c) - _HIDDEN < len(_ESCAPED) else c for c in text)


def _from_html(text: str) -> str:
    """Text of a question marked [html]: tags dropped, entities read."""
    return html.unescape(re.sub(r"<[^<>]*>", " ", _shown(text)))
