"""Templates become spans; what people typed is never parsed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from locales.text import Span, Text, fill, join, placeholders


def test_styles_and_places() -> None:
    text = fill("Chào <b>{name}</b>, <i>{n:02}</i> việc", {"name": "An", "n": 3})
    assert text.spans == (
        Span("Chào "),
        Span("An", bold=True),
        Span(", "),
        Span("03", italic=True),
        Span(" việc"),
    )


@given(st.text())
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    assert fill("[{x}]", {"x": value}).plain == f"[{value}]"


def test_a_text_keeps_its_own_styles() -> None:
    inner = fill("<code>482 193</code>", {})
    assert fill("Mã: {code}", {"code": inner}).spans[-1] == Span("482 193", code=True)


def test_joining_lines() -> None:
    assert join(["a", "b"]).plain == "a\nb"
    assert not Text()


def test_names_in_braces() -> None:
    assert placeholders("{a} <b>{b:02}</b>") == {"a", "b"}
