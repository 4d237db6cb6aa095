"""Objects as Telegram may send them, drawn from its own description (tests/data/telegram-bot-api.json)."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from tests.support.bot_api_schema import bot_api

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "Integer": st.integers(-(2**52), 2**52),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "String": _WORDS | st.sampled_from(["private", "supergroup", "kicked", "/start j-ABCD2345", "/menu@b x"]),
    "Boolean": st.booleans(),
    "True": st.just(value=True),
}
_BETWEEN = re.compile(r", | or | and |/")
MOST_OPTIONAL = 3


@st.composite
def objects(draw: st.DrawFn, kind: str, depth: int = 3) -> Any:
    """Something of this type: every required field, a few of the others, nothing the manual does not know."""
    if kind.startswith("Array of "):
        count = draw(st.integers(0, 2 if depth > 0 else 0))
        return [draw(objects(kind.removeprefix("Array of "), depth - 1)) for _ in range(count)]
    if kind in _PLAIN:
        return draw(_PLAIN[kind])
    members = bot_api().unions.get(kind) or _BETWEEN.split(kind)
    if members != [kind]:
        return draw(objects(draw(st.sampled_from(members)), depth))
    fields = bot_api().types[kind]
    optional = [name for name, (_, must) in fields.items() if not must]
    chosen = (
        draw(st.sets(st.sampled_from(optional), max_size=MOST_OPTIONAL)) if depth > 0 and optional else ()
    )
    return {
        name: draw(objects(of, depth - 1)) for name, (of, must) in fields.items() if must or name in chosen
    }


@st.composite
def updates(draw: st.DrawFn, *kinds: str) -> dict[str, Any]:
    """An Update with one of these fields, as the platform sends them."""
    name = draw(st.sampled_from(kinds))
    of, _ = bot_api().types["Update"][name]
    return {"update_id": draw(st.integers(1, 2**31)), name: draw(objects(of))}
