"""The judge on the platform's side: waits, rates, repeated texts, unclear answers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.verdict import LISTED, Heard, Verdict
from simulator.windows import Window

START = 1_800_000_000.0


class Judge:
    """A verdict fed with calls at chosen moments of both clocks."""

    def __init__(self) -> None:
        self.verdict = Verdict()
        self.number = 0

    def call(
        self,
        at: float,
        chat: str = "7",
        text: str = "",
        method: str = "sendMessage",
        jump: float = 0,
        **more: Any,
    ) -> None:
        """`at` by the real clock; the simulator's is `jump` ahead."""
        self.number += 1
        code = more.pop("code", 200)
        text = text or f"text {self.number}"
        heard = Heard(
            self.number, "bot", method, chat, text, START + at + jump, code == 200, code=code, **more
        )
        self.verdict.hear(heard, at)

    def view(self) -> dict[str, Any]:
        return self.verdict.view()


@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from("abc")), max_size=60),
    st.sampled_from([0.5, 1.0, 60.0]),
)
def test_windows_hold_the_most_there_was(steps: list[tuple[float, str]], seconds: float) -> None:
    """Against counting by hand: after each event, those less than `seconds` old, of all and of each key."""
    window, now = Window(seconds), 0.0
    events: list[tuple[float, str]] = []
    overall = by_key = 0
    for step, key in steps:
        now += step
        window.add(key, now)
        events.append((now, key))
        inside = [k for at, k in events if at > now - seconds]
        overall = max(overall, len(inside))
        by_key = max([by_key, *(inside.count(k) for k in inside)])
    assert (window.overall.most, window.by_key.most) == (overall, by_key)


def test_a_window_forgets_when_time_goes_back() -> None:
    """The simulator's clock may be set back: what was later then is not inside the window now."""
    window = Window(1.0)
    for now in (10.0, 10.1, 5.0, 5.1, 5.2):
        window.add("a", now)
    assert (window.overall.most, window.overall.at) == (3, 5.2)


def test_a_call_inside_its_chats_wait() -> None:
    """P7: told 5 s at 10.0, a call at 14.9 is early, one at 15.0 is not; other chats may be called."""
    judge = Judge()
    judge.call(10.0, code=429, retry_after=5)
    judge.call(11.0, chat="8")
    judge.call(14.9)
    judge.call(15.0)
    seen = judge.view()["inside_retry_after"]
    assert (seen["count"], seen["real"], seen["simulator"]) == (1, 1, 1)
    (early,) = seen["calls"]
    assert (early["n"], early["chat"], early["retry_after"], early["left_real"]) == (3, "7", 5, 0.1)


def test_a_clock_set_forward_ends_a_wait_by_that_clock_only() -> None:
    """Early by real time, in time by the simulator's: counted apart, and not as certain."""
    judge = Judge()
    judge.call(10.0, code=429, retry_after=300)
    judge.call(11.0, jump=1000)
    seen = judge.view()["inside_retry_after"]
    assert (seen["count"], seen["real"], seen["simulator"]) == (0, 1, 0)
    assert seen["calls"][0]["by"] == ["real"]


def test_the_longest_wait_counts() -> None:
    """A shorter wait told later does not shorten the first; each early call is counted."""
    judge = Judge()
    judge.call(0.0, code=429, retry_after=30)
    judge.call(1.0, code=429, retry_after=1)
    judge.call(10.0)
    judge.call(31.0)
    assert judge.view()["inside_retry_after"]["count"] == 2


def test_rates_by_second_chat_and_group() -> None:
    """A10: sliding maxima; a group is a chat with a negative id; edits count among all calls only."""
    judge = Judge()
    for n in range(25):
        judge.call(n * 0.1, chat="-5" if n % 2 else "7")
    judge.call(2.45, method="editMessageText")
    judge.call(2.46, method="sendChatAction")
    seen = judge.view()["maxima"]
    for clock in ("real", "simulator"):
        assert seen[clock]["second"]["most"] == 10
        assert (seen[clock]["chat_second"]["most"], seen[clock]["chat_second"]["chat"]) == (5, "7")
        assert (seen[clock]["group_minute"]["most"], seen[clock]["group_minute"]["chat"]) == (12, "-5")
    assert judge.view()["maxima_of_all_calls"]["real"]["second"]["most"] == 12


def test_the_simulators_clock_has_rates_of_its_own() -> None:
    """Ten messages at once on a real clock, an hour apart on the simulator's."""
    judge = Judge()
    for n in range(10):
        judge.call(0.01 * n, jump=3600.0 * n)
    seen = judge.view()["maxima"]
    assert (seen["real"]["second"]["most"], seen["simulator"]["second"]["most"]) == (10, 1)


def test_repeated_texts() -> None:
    """P4: the same text in the same chat by the same method; refused ones did not arrive."""
    judge = Judge()
    for chat, method, code in [
        ("7", "sendMessage", 200),
        ("7", "sendMessage", 200),
        ("7", "sendMessage", 500),
        ("8", "sendMessage", 200),
        ("7", "sendPhoto", 200),
        ("7", "editMessageText", 200),
        ("7", "sendMessage", 200),
    ]:
        judge.call(0.0, chat=chat, text="họp", method=method, code=code)
    seen = judge.view()
    assert (seen["duplicates"]["count"], seen["duplicates"]["unexcused"], seen["duplicates"]["chats"]) == (
        2,
        2,
        1,
    )
    (message,) = seen["duplicates"]["messages"]
    assert (message["chat"], message["text"], message["copies"], message["n"]) == ("7", "họp", 3, 7)
    assert (seen["messages"], seen["refused"]) == (5, {"500": 1})


def test_an_unclear_answer_excuses_one_copy() -> None:
    """A4: whoever heard no answer may send again, once for each; a third copy has no excuse."""
    judge = Judge()
    judge.call(0.0, text="a", wire="hold")
    judge.call(1.0, text="a")
    seen = judge.view()
    assert (seen["duplicates"]["count"], seen["duplicates"]["unexcused"]) == (1, 0)
    assert (seen["ambiguous"]["accepted"], seen["ambiguous"]["not_accepted"]) == (1, 0)
    judge.call(2.0, text="a")
    assert judge.view()["duplicates"]["unexcused"] == 1


def test_unclear_and_not_accepted() -> None:
    """A5: a half-open connection leaves a bot in doubt, too, but nothing was sent."""
    judge = Judge()
    judge.call(0.0, text="a", wire="hold", code=0)
    judge.call(1.0, text="a")
    seen = judge.view()
    assert (seen["ambiguous"]["accepted"], seen["ambiguous"]["not_accepted"]) == (0, 1)
    assert (seen["duplicates"]["count"], seen["messages"]) == (0, 1)


def test_calls_without_a_chat() -> None:
    """getMe and answers to taps have no chat: no wait, no rate."""
    judge = Judge()
    judge.call(0.0, chat="", method="answerCallbackQuery", code=429, retry_after=9)
    judge.call(1.0, chat="", method="answerCallbackQuery")
    seen = judge.view()
    assert (seen["calls"], seen["inside_retry_after"]["count"], seen["refused"]) == (0, 0, {"429": 1})


def test_lists_are_bounded_and_counts_are_not() -> None:
    """Of each kind of trouble so many examples, and how many there were."""
    judge = Judge()
    judge.call(0.0, code=429, retry_after=1000)
    for n in range(LISTED + 50):
        judge.call(1.0, wire="close")
        judge.call(1.0, text=f"twice {n}")
        judge.call(1.0, text=f"twice {n}")
    seen = judge.view()
    assert seen["inside_retry_after"]["count"] == 3 * (LISTED + 50)
    assert seen["ambiguous"]["count"] == seen["duplicates"]["count"] == LISTED + 50
    lists = [seen["inside_retry_after"]["calls"], seen["ambiguous"]["calls"], seen["duplicates"]["messages"]]
    assert [len(listed) for listed in lists] == [LISTED] * 3


def test_reset() -> None:
    """A reset forgets everything, waits as well."""
    judge = Judge()
    judge.call(0.0, code=429, retry_after=1000, text="a")
    judge.verdict.reset(START)
    judge.call(1.0, text="a")
    seen = judge.view()
    assert (seen["calls"], seen["inside_retry_after"]["count"], seen["duplicates"]["count"]) == (1, 0, 0)
    assert seen["since"] == "2027-01-15T08:00:00.000Z"
