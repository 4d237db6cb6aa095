"""The checker itself: it must see what is lost, said twice, or said without reason."""

from __future__ import annotations

from bench.judge import align, by_cause, sends, shape

EXPECTED = ["a", "b", "c", "c", "d"]


def told(words: str) -> list[tuple[int, str]]:
    return list(enumerate(words, start=1))


def test_everything_once() -> None:
    found = align(EXPECTED, told("abccd"))
    assert (found.lost, found.twice, found.strange) == (0, [], [])


def test_what_is_missing_is_lost_wherever_it_is() -> None:
    assert align(EXPECTED, told("acd")).lost == 2
    assert align(EXPECTED, told("abcc")).lost == 1
    assert align(EXPECTED, []).lost == 5


def test_what_comes_again_is_named_with_its_first_time() -> None:
    assert align(EXPECTED, told("abbccd")).twice == [(2, 3)]
    assert align(EXPECTED, told("abcccd")).twice == [(3, 5)]
    assert align(EXPECTED, told("abccddd")).twice == [(5, 6), (5, 7)]


def test_what_nobody_expected() -> None:
    assert align(EXPECTED, told("abxccd")).strange == ["x"]


def test_a_repetition_belongs_to_the_kill_that_left_it_in_doubt() -> None:
    kills = [10, 20, 30]
    assert by_cause([(9, 11), (8, 25), (19, 21)], kills) == (2, 0)
    assert by_cause([(11, 12), (31, 32), (5, 10)], kills) == (0, 3)


def test_only_accepted_words_count_and_numbers_do_not_tell_them_apart() -> None:
    line = {"n": 1, "ok": True, "method": "sendMessage", "args": {"text": "<b>Câu 3</b>/10: xin chào\nhai"}}
    assert sends([line, {**line, "ok": False}, {**line, "method": "getUpdates"}]) == [line]
    assert shape(line, "xin chào") == "Câu #/#: ~"


def test_a_repeat_within_a_row_is_blamed_on_the_kill_within_it() -> None:
    twice = align(EXPECTED, told("abcccd")).twice
    assert by_cause(twice, [3]) == (1, 0)
    assert by_cause(twice, []) == (0, 1)
    assert by_cause(twice, [2, 5]) == (0, 1)


def test_repeats_of_one_row_are_shared_among_its_kills() -> None:
    twice = align(["a", "a"], told("aaaa")).twice
    assert by_cause(twice, [1, 2]) == (1, 0)
    assert by_cause(twice, [1]) == (2, 0)
