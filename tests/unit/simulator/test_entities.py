"""Text and entities as the platform makes them of HTML, MarkdownV2 and plain text."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.telegram.arguments import Arguments
from simulator.telegram.entities import finish, formatted, split_text
from simulator.telegram.errors import Refusal
from simulator.telegram.html import parse_html
from simulator.telegram.markdown import parse_markdown_v2
from simulator.telegram.old_markdown import parse_markdown
from simulator.telegram.utf16 import index16, length16, slice16

Words = list[tuple[str, str]]

text_of_people = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(["\n", "🏆", "ế", "<", "&", "*", "_"])
)


def words(text: str, entities: list[dict[str, Any]]) -> Words:
    """(kind, the words it covers), which is what a phone shows."""
    return [(e["type"], slice16(text, e["offset"], e["length"])) for e in entities]


@given(text_of_people)
def test_length16_is_what_utf16_says(text: str) -> None:
    assert length16(text) == len(text.encode("utf-16-le")) // 2


@given(text_of_people, st.data())
def test_slice16_cuts_where_utf16_cuts(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    offset, length = length16(text[:start]), length16(text[start:end])
    assert slice16(text, offset, length) == text[start:end]
    assert index16(text, offset) == start


HTML: list[tuple[str, str, Words]] = [
    ("<b>a</b>", "a", [("bold", "a")]),
    ("<strong>a</strong><em>b</em>", "ab", [("bold", "a"), ("italic", "b")]),
    ("🏆 <b>Hạnh</b>", "🏆 Hạnh", [("bold", "Hạnh")]),
    ("<b>a<i>b</i></b>", "ab", [("italic", "b"), ("bold", "ab")]),
    ("<u>a</u><ins>b</ins>", "ab", [("underline", "a"), ("underline", "b")]),
    ("<s>a</s><strike>b</strike><del>c</del>", "abc", [("strikethrough", x) for x in "abc"]),
    (
        '<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>',
        "ab",
        [("spoiler", "a"), ("spoiler", "b")],
    ),
    ("<code>a &lt; b</code>", "a < b", [("code", "a < b")]),
    ("<blockquote>a</blockquote>", "a", [("blockquote", "a")]),
    ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", "a")]),
    ("&lt;b&gt; &amp;amp; &quot;x&quot; &#39; &#x1F3C6;", '<b> &amp; "x" \' 🏆', []),
    ("a & b &copy; &", "a & b &copy; &", []),
    ("<B>a</B>", "a", [("bold", "a")]),
    ("<b></b>a", "a", []),
    ("<b>a</>", "a", [("bold", "a")]),
]


@pytest.mark.parametrize(("source", "text", "found"), HTML, ids=[h[0] for h in HTML])
def test_html(source: str, text: str, found: Words) -> None:
    seen, entities = parse_html(source)
    assert (seen, words(seen, entities)) == (text, found)


def test_html_links_and_languages() -> None:
    """text_link has a url, pre a language."""
    text, [link] = parse_html('<a href="https://t.me/x?a=1&amp;b=2">đây</a>')
    assert (text, link["url"]) == ("đây", "https://t.me/x?a=1&b=2")
    text, [pre] = parse_html('<pre><code class="language-python">x</code></pre>')
    assert (text, pre["type"], pre["language"]) == ("x", "pre", "python")


WRONG_HTML = [
    ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
    ("a</b>", "Unexpected end tag at byte offset 1"),
    ("<b>ế</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
    ("ế<h1>a</h1>", 'Unsupported start tag "h1" at byte offset 3'),
    ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
    ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("<b", "Unclosed start tag at byte offset 0"),
    ("<b>a</b", "Unclosed end tag at byte offset 4"),
]


@pytest.mark.parametrize(("source", "sentence"), WRONG_HTML, ids=[w[0] for w in WRONG_HTML])
def test_wrong_html(source: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {sentence}"


@given(text_of_people)
def test_escaped_text_is_itself(text: str) -> None:
    """What people typed, escaped, comes out as they typed it and marks nothing."""
    assert parse_html(html.escape(text)) == (text, [])


@given(text_of_people, text_of_people.filter(bool), text_of_people)
def test_bold_covers_its_words(before: str, inside: str, after: str) -> None:
    source = f"{html.escape(before)}<b>{html.escape(inside)}</b>{html.escape(after)}"
    text, entities = parse_html(source)
    assert text == before + inside + after
    assert words(text, entities) == [("bold", inside)]


MARKDOWN: list[tuple[str, str, Words]] = [
    ("*a*", "a", [("bold", "a")]),
    ("🏆 *Hạnh*", "🏆 Hạnh", [("bold", "Hạnh")]),
    ("_a_ __b__ ~c~ ||d|| `e`", "a b c d e", [
        ("italic", "a"), ("underline", "b"), ("strikethrough", "c"), ("spoiler", "d"), ("code", "e")]),
    ("*a _b ~c~ __d___ e*", "a b c d e", [
        ("strikethrough", "c"), ("underline", "d"), ("italic", "b c d"), ("bold", "a b c d e")]),
    ("\\*a\\*", "*a*", []),
    ("`a*b`", "a*b", [("code", "a*b")]),
    ("```python\nx = 1```", "x = 1", [("pre", "x = 1")]),
    (">a\n>b\nc", "a\nb\nc", [("blockquote", "a\nb")]),
    (">a\n>b||", "a\nb", [("expandable_blockquote", "a\nb")]),
    (">a\n**>b", "a\nb", [("blockquote", "a"), ("blockquote", "b")]),
    ("[đây](https://x.vn/a\\)b)", "đây", [("text_link", "đây")]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text", "found"), MARKDOWN, ids=[m[0] for m in MARKDOWN])
def test_markdown_v2(source: str, text: str, found: Words) -> None:
    seen, entities = parse_markdown_v2(source)
    assert (seen, words(seen, entities)) == (text, found)


WRONG_MARKDOWN = [
    ("Xong.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
    ("1 - 2", "Character '-' is reserved and must be escaped with the preceding '\\'"),
    ("ế *a", "Can't find end of Bold entity at byte offset 4"),
    ("`a", "Can't find end of Code entity at byte offset 0"),
    ("*a _b* c_", "Can't find end of Italic entity at byte offset 8"),
    ("[a](b", "Can't find end of a URL at byte offset 3"),
]


@pytest.mark.parametrize(("source", "sentence"), WRONG_MARKDOWN, ids=[w[0] for w in WRONG_MARKDOWN])
def test_wrong_markdown(source: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_markdown_v2(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {sentence}"


@given(text_of_people)
def test_escaped_markdown_is_itself(text: str) -> None:
    escaped = re.sub(r"([\\_*\[\]()~`>#+\-=|{}.!])", r"\\\1", text)
    assert parse_markdown_v2(escaped) == (text, [])


def test_old_markdown() -> None:
    """The old mode takes dots and dashes as they are, and does not nest."""
    text, entities = parse_markdown("*a_b* _c_ \\_d [e](https://x.vn). - `f`")
    assert text == "a_b c _d e. - f"
    assert words(text, entities) == [("bold", "a_b"), ("italic", "c"), ("text_link", "e"), ("code", "f")]


FOUND: list[tuple[str, Words]] = [
    ("/start abc", [("bot_command", "/start")]),
    ("xem https://x.vn/a?b=1, nhé", [("url", "https://x.vn/a?b=1")]),
    ("hỏi @mung_ba_bot về #lịch_họp", [("mention", "@mung_ba_bot"), ("hashtag", "#lịch_họp")]),
    ("viết cho an@example.org", [("email", "an@example.org")]),
    ("5/6 và a/b #1", []),
]


@pytest.mark.parametrize(("source", "found"), FOUND, ids=[f[0] for f in FOUND])
def test_found_in_plain_text(source: str, found: Words) -> None:
    """Links, commands, mentions and hashtags are marked without being asked for."""
    text, entities = finish(source, [])
    assert words(text, entities) == found


def test_nothing_is_found_in_code() -> None:
    text, entities = finish(*parse_html("<code>/start</code> /stop"))
    assert words(text, entities) == [("code", "/start"), ("bot_command", "/stop")]


def test_trimming_moves_and_cuts_entities() -> None:
    """Spaces around the text go; entities follow."""
    assert finish("  a b  ", []) == ("a b", [])
    text, entities = finish(*parse_html("\n a <b>b </b>\n"))
    assert (text, words(text, entities)) == ("a b", [("bold", "b")])
    assert finish(*parse_html("<b> a</b>"))[0] == " a"
    assert finish(*parse_html("a<b>  </b>")) == ("a", [])


def test_given_entities() -> None:
    """Entities beside the text: unknown kinds are left out, what is outside is cut."""
    given_ones = [
        {"type": "bold", "offset": 3, "length": 99},
        {"type": "sparkle", "offset": 0, "length": 1},
        {"type": "italic", "offset": 50, "length": 1},
        {"type": "text_link", "offset": 0, "length": 2, "url": "https://x.vn"},
    ]
    text, entities = formatted(Arguments({"text": "🏆 Hạnh", "entities": given_ones}), "text", "entities")
    assert words(text, entities) == [("text_link", "🏆"), ("bold", "Hạnh")]


@pytest.mark.parametrize("mode", ["HTML", "html", "MarkdownV2", "Markdown", "", "None"])
def test_known_modes(mode: str) -> None:
    assert formatted(Arguments({"text": "a", "parse_mode": mode}), "text", "entities") == ("a", [])


def test_unknown_mode() -> None:
    with pytest.raises(Refusal, match="unsupported parse_mode"):
        formatted(Arguments({"text": "a", "parse_mode": "BBCode"}), "text", "entities")


@given(st.text(st.sampled_from("ab🏆"), max_size=60), st.integers(2, 9))
def test_split_keeps_everything(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(length16(piece) <= limit for piece in pieces)
