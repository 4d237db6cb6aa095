"""What each person saw this month, as a table to read: everything comes from the chats themselves."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from simulator.month import labels as see
from simulator.month.acts import Actor
from simulator.month.phones import Json, said_in
from simulator.month.reminders import reminder_in

_HEAD = ("Họ và tên", "Chi bộ", "Nhắc", "Trả lời mời", "Trắc nghiệm", "Ý kiến", "Trả lời", "Điểm danh", "Tin")
_ANSWERS = (
    ("sẽ dự", see.DONE_COMING),
    ("được vắng", see.EXCUSE_ALLOWED),
    ("xin vắng", see.DONE_EXCUSE),
    ("nhờ giúp", see.DONE_HELP),
)
_AT = re.compile(r"có mặt lúc (\d+ giờ(?: \d+)?)")


def table(actors: Sequence[Actor]) -> str:
    """Lines of equal columns, one a person."""
    rows = [_HEAD, *(_row(actor) for actor in actors)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(_padded(cell, w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(_width, lines)), *lines[1:]])


def _row(actor: Actor) -> tuple[str, ...]:
    history = actor.phone.history
    reminders = [step for m in _new(history) if (step := reminder_in(said_in(m)))]
    return (
        actor.player.name,
        actor.player.branch.removeprefix("Chi bộ "),
        " ".join(reminders),
        next((word for word, sight in _ANSWERS if _last(history, sight)), "–"),
        _score(history),
        str(len(_numbers(history, see.OPINION_SENT)) or "–"),
        str(len(_numbers(history, r"Chi ủy trả lời ý kiến số (\d+)")) or "–"),
        _presence(history),
        str(len(_new(history))),
    )


def _new(history: Iterable[Json]) -> list[Json]:
    """Each message as it first stood."""
    first = {(message["bot"], message["id"]): message for message in reversed(list(history))}
    return list(first.values())[::-1]


def _last(history: Sequence[Json], sight: str) -> str | None:
    wanted = re.compile(sight, re.IGNORECASE | re.DOTALL)
    return next((said_in(m) for m in reversed(history) if wanted.search(said_in(m))), None)


def _score(history: Sequence[Json]) -> str:
    result = re.search(see.RESULT, _last(history, see.RESULT) or "")
    return f"{result[1]}/{result[2]}" if result else "–"


def _numbers(history: Iterable[Json], sight: str) -> set[str]:
    return {found[1] for message in history if (found := re.search(sight, said_in(message)))}


def _presence(history: Sequence[Json]) -> str:
    late, told = _last(history, see.LATE), _last(history, f"{see.PRESENT}|{see.LATE}")
    at = _AT.search(told) if told else None
    if at is not None:
        return f"{at[1]}, đến muộn" if late else at[1]
    return "có người điểm danh hộ" if _last(history, see.YOU_WERE_HELPED) else "–"


def _width(text: str) -> int:
    """Columns on a terminal: combining marks take none."""
    return sum(not unicodedata.combining(letter) for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
