"""Updates as the platform sends them, and every way we know to spoil one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
HUGE_EVERY = 4_000  # one update in so many carries ten megabytes
DEEP = 400
WORDS = (
    "ý kiến", "góp ý thử", "Gửi cả chi bộ", "1", "2", "a", "B", "menu", "lịch", "tôi sẽ dự", "xin vắng",
    "nhờ giúp", "trắc nghiệm", "làm bài", "của tôi", "rút lại đồng ý", "có", "đồng ý", "/start j-ABCD2345",
    "/start", "/menu", "123456", "ABCD-2345", "danh sách", "đặt lịch", "báo cáo", "tạo mã", "xếp hạng", "",
    " ", "\u202e\u200b", "=cmd|' /C calc'!A0", "<b>", "0", "\x00", "ۻ", "câu b", "@all",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 2**200, 10**300, 1.5, 1e308,
    float("inf"), float("nan"), "", "0", "\ud800", "\udfff\ud83d", "\x00", "a" * 5_000, "\u0301" * 300, "😀",
    [], {}, [[]], [None], {"": ""}, {"id": None}, {"id": {"id": 1}}, [1, 2, 3], "true", "2026-11-25",
)  # fmt: skip


@dataclass
class Source:
    """Makes updates. `codes` are the beginnings of real button data; `ids` whatever they may point at."""

    chance: random.Random
    users: Sequence[int]
    codes: Sequence[str]
    date: int
    ids: Sequence[int] = field(default_factory=lambda: range(60))
    number: int = 0

    def update(self) -> Any:
        """The next one: sound, or spoiled up to four times."""
        self.number += 1
        made: Any = self.chance.choice(_KINDS)(self)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            made = self.spoiled(made)
        if self.number % HUGE_EVERY == 0:
            made = {**self.message("x" * 10_000_000)}
        return made

    def spoiled(self, update: Any) -> Any:
        """One value replaced, removed, doubled or wrapped."""
        places = list(_places(update))
        if not places:
            return self.odd()
        holder, key = self.chance.choice(places)
        deed = self.chance.randrange(8)
        if deed == 0 and isinstance(holder, dict):
            del holder[key]
        elif deed == 1:
            holder[key] = [holder[key]]
        elif deed == 2 and isinstance(holder, dict):
            holder[str(key) + "_"] = holder.pop(key)
        elif deed == 3:
            holder[key] = str(holder[key])
        else:
            holder[key] = self.odd()
        return update

    def odd(self) -> Any:
        """Something where something else belongs."""
        if self.chance.random() < 0.02:
            return _deep(self.chance.randrange(2, DEEP))
        found = self.chance.choice(ODD)
        return type(found)(found) if isinstance(found, list | dict) else found

    def message(self, text: str | None = None) -> Json:
        """A typed message."""
        user = self.chance.choice(self.users)
        words = self.chance.choice(WORDS) if text is None else text
        return {"update_id": self.number, "message": {**self._base(user), "text": words}}

    def tap(self) -> Json:
        """A press; its data real, forged or noise."""
        user = self.chance.choice(self.users)
        tap = {"id": str(self.chance.randrange(10**18)), "from": {"id": user}, "data": self.data()}
        if self.chance.random() < 0.9:
            tap["message"] = self._base(user)
        return {"update_id": self.number, "callback_query": tap}

    def data(self) -> str:
        """What a button could carry."""
        if self.chance.random() < 0.1:
            return self.chance.choice(("", ":", "::::", "\x00", "x" * 64, "rsvp:", "é" * 32, "op-go:branch:"))
        parts = [self.chance.choice(self.codes)]
        parts += [self.chance.choice(self._arguments()) for _ in range(self.chance.randrange(4))]
        return ":".join(parts)[:64]

    def _arguments(self) -> list[str]:
        word = self.chance.choice(("coming", "excuse", "ill", "branch", "committee", "1", "yes", "approved"))
        odd = self.chance.choice(("-1", str(2**63), "9" * 30, "NaN", "", "0x1", "١", "1e3"))
        return [str(self.chance.choice(self.ids)), word, str(self.chance.randrange(12)), odd]

    def file(self) -> Json:
        """A document nobody asked for."""
        base = self._base(self.chance.choice(self.users))
        kind = self.chance.choice(("document", "photo", "voice", "sticker", "location", "video", "audio"))
        found = {"file_id": "x", "file_name": "a.xlsx", "file_size": 10}
        return {"update_id": self.number, "message": {**base, kind: found, "caption": "đây"}}

    def membership(self) -> Json:
        """Blocked, came back, or neither."""
        user = self.chance.choice(self.users)
        status = self.chance.choice(("member", "left", "restricted", ""))
        change = {"chat": {"id": user, "type": "private"}, "from": {"id": user}, "date": self.date}
        change["new_chat_member"] = {"status": status, "user": {"id": 1}}
        return {"update_id": self.number, "my_chat_member": change}

    def edited(self) -> Json:
        """Words changed afterwards."""
        base = self._base(self.chance.choice(self.users))
        return {"update_id": self.number, "edited_message": {**base, "text": "sửa lại"}}

    def group(self) -> Json:
        """The same words in a group."""
        made = self.message()
        made["message"]["chat"] = {"id": -100_123, "type": self.chance.choice(("group", "supergroup", "odd"))}
        return made

    def _base(self, user: int) -> Json:
        return {
            "message_id": self.number,
            "date": self.date,
            "chat": {"id": user, "type": "private"},
            "from": {"id": user, "is_bot": False, "first_name": "X"},
        }


_KINDS: tuple[Callable[[Source], Json], ...] = (
    Source.message, Source.message, Source.message, Source.message, Source.tap, Source.tap, Source.tap,
    Source.file, Source.membership, Source.edited, Source.group,
)  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left and len(found) < 300:
        here = left.pop()
        if isinstance(here, dict):
            found += [(here, key) for key in here]
            left += here.values()
        elif isinstance(here, list):
            found += [(here, place) for place in range(len(here))]
            left += here
    return found


def _deep(levels: int) -> Any:
    made: Any = 1
    for level in range(levels):
        made = [made] if level % 2 else {"message": made}
    return made
