"""Whatever a handler may say becomes valid calls, never over a limit, and no letter is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.parts import length
from bot.channels.zalo_bot.outgoing import Call, calls_of, styles_of
from bot.language import Choice, FileOut, Picture, Say
from locales.text import Span, Text, as_text, fill
from tests.support.phones.seen import squeezed
from tests.support.platform_rules import check_zalo_bot

URL = "https://mungba.example/hinh/abc.png"
BLANK = st.sampled_from([" ", "\n\n", "\u00a0"])
LETTERS = BLANK | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
SPANS = st.builds(Span, LETTERS, st.booleans(), st.booleans(), st.booleans())
TEXTS = st.lists(SPANS, min_size=1, max_size=6).map(lambda spans: Text(tuple(spans)))
LONG_TEXTS = st.builds(lambda text, times: Text(text.spans * times), TEXTS, st.integers(1, 60))
CHOICES = st.lists(
    st.builds(
        lambda label, url: (Choice(label, "" if url else "x:1", url),), LETTERS, st.just("") | st.just(URL)
    ),
    max_size=4,
).map(tuple)
SAYS = st.builds(
    Say,
    text=LONG_TEXTS,
    choices=CHOICES,
    picture=st.none() | st.just(Picture(b"png", "hình")),
    file=st.none() | st.just(FileOut("a.xlsx", b"zip")),
    toast=st.just("") | LETTERS,
    instead=st.booleans(),
)


def calls(*says: Say) -> list[Call]:
    return calls_of("5", says, [URL if say.picture or say.file else "" for say in says])


def said(made: list[Call]) -> str:
    return "".join(c.parameters.get("text", "") + c.parameters.get("caption", "") for c in made)


@given(st.lists(SAYS, min_size=1, max_size=3))
def test_every_call_is_valid(says: list[Say]) -> None:
    for call in calls(*says):
        check_zalo_bot(call)


@given(st.lists(SAYS, min_size=1, max_size=3))
def test_no_letter_is_lost(says: list[Say]) -> None:
    told = squeezed(said(calls(*says)))
    for say in says:
        assert squeezed(say.text.plain) in told
        assert squeezed(say.toast) in told
        assert sum(call.method == "sendPhoto" for call in calls(say)) == bool(say.picture and not say.file)
    for row in says[-1].choices:
        assert squeezed(row[0].label) in told


@given(TEXTS)
def test_styles_cover_exactly_the_styled_letters_in_utf16(text: Text) -> None:
    units = text.plain.encode("utf-16-le")
    bold = [s for s in styles_of(text) if "b" in s["st"]]
    cut = [units[s["start"] * 2 : (s["start"] + s["len"]) * 2].decode("utf-16-le") for s in bold]
    assert cut == [span.text for span in text.spans if (span.bold or span.code) and span.text.strip()]


def test_a_list_follows_the_text() -> None:
    (call,) = calls(Say(as_text("Đồng chí dự họp?"), ((Choice("Có", "a:1"),), (Choice("Vắng", "a:2"),))))
    assert call == Call("sendMessage", {"chat_id": "5", "text": "Đồng chí dự họp?\n\n1. Có\n2. Vắng"})


def test_messages_of_one_answer_are_one_message() -> None:
    noted = Say(as_text("Đã ghi."), toast="Đã ghi")
    (call,) = calls(noted, Say(as_text("Câu 2"), ((Choice("A", "p:0", key="A"),),)), Say(toast="Xong"))
    assert call.parameters["text"] == "Đã ghi.\n\nCâu 2\n\nA\n\nXong"


def test_what_does_not_fit_together_stays_apart() -> None:
    long = Say(as_text("a" * 1999))
    assert [length(call.parameters["text"]) for call in calls(long, Say(as_text("b")))] == [1999, 1]


def test_a_toast_goes_before_its_text() -> None:
    (call,) = calls(Say(as_text("Câu 2"), toast="Đúng"))
    assert call.parameters["text"] == "Đúng\nCâu 2"


def test_a_long_text_is_cut_between_paragraphs() -> None:
    paragraph = "Nội dung " * 150
    first, second = calls(Say(as_text(f"{paragraph}\n\n{paragraph}")))
    assert first.parameters["text"] == second.parameters["text"] == paragraph.strip()


def test_a_styled_message_that_is_refused_is_said_plainly() -> None:
    name = "<b>An</b> {red}*_[a](b)`"
    (call,) = calls(Say(fill("Chào <b>{name}</b>", {"name": name})))
    assert call.parameters["text"] == f"Chào {name}"
    assert call.parameters["text_styles"] == [{"start": 5, "len": len(name), "st": ["b"]}]
    assert call.otherwise == Call("sendMessage", {"chat_id": "5", "text": f"Chào {name}"})


def test_a_picture_goes_by_its_address_and_its_words_stand_in_for_it() -> None:
    picture = Picture(b"png", "Biểu đồ tham gia")
    (call,) = calls(Say(as_text("Tháng 12"), picture=picture))
    assert call.parameters == {"chat_id": "5", "photo": URL, "caption": "Tháng 12"}
    assert call.otherwise == Call("sendMessage", {"chat_id": "5", "text": "Tháng 12"})
    (bare,) = calls(Say(picture=picture))
    assert bare.otherwise == Call("sendMessage", {"chat_id": "5", "text": "Biểu đồ tham gia"})


def test_a_file_is_an_address() -> None:
    (call,) = calls_of(
        "5", [Say(as_text("Danh sách"), file=FileOut("ds.xlsx", b"zip"))], ["https://x.vn/tep/a"]
    )
    assert call.parameters["text"] == "Danh sách\n\nds.xlsx\nhttps://x.vn/tep/a"
