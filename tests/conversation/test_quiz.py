"""Taking a quiz in a chat: pressed and typed, twice, late, by the wrong people; results after closing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language import Kind, Say
from handlers.quiz.actions import (
    Cancel,
    Create,
    HandIn,
    Mark,
    Pick,
    PraiseMark,
    PraiseSend,
    ShowBoard,
    ShowKey,
    Start,
)
from members.identity import who_is
from members.tables import PostKind
from quizzes import bank, planning, rounds
from quizzes.rounds import Round
from quizzes.tables import Attempt, QuizRound
from tests.support.talk import Person, Talk, branch
from tests.unit.quizzes.world import TOPIC, ZONE, draft


async def fill(talk: Talk, count: int, *, many: bool = False) -> None:
    def run(session: Session) -> None:
        drafts = [draft(n, many=many) for n in range(1, count + 1)]
        bank.import_questions(session, None, branch(session).id, drafts, talk.now, approved=True)

    await talk.home.store.write(run)


async def open_round(talk: Talk, count: int, *, many: bool = False, bank_size: int = 0) -> Round:
    """A round of 'Chi bộ 1', open since now, told to its members."""
    await fill(talk, bank_size or count, many=many)

    def run(session: Session) -> Round:
        times = planning.Times(talk.now, talk.now + timedelta(days=5))
        unit = branch(session).id
        return rounds.make_round(
            session, None, unit, TOPIC, talk.now, zone=ZONE, count=count, minutes=10, times=times
        )

    made = await talk.home.store.write(run)
    await talk.home.store.write(rounds.open_due, talk.now)
    return made


def letter(person: Person, words: str) -> str:
    """The letter of the option that begins with these words in the newest question."""
    lines = next(say for say in reversed(person.heard) if "?" in say.text.plain).text.plain.splitlines()
    return next(line[0] for line in lines if line[1:].startswith(f". {words}"))


async def answer_all(person: Person, right: int, count: int) -> None:
    for n in range(count):
        await person.taps(letter(person, "đúng" if n < right else "sai"))


async def close(talk: Talk, made: Round) -> None:
    talk.now = made.closes_at
    await talk.home.store.write(rounds.close_due, talk.now)


async def attempts_of(talk: Talk) -> list[Attempt]:
    def run(session: Session) -> list[Attempt]:
        return list(session.scalars(select(Attempt).where(Attempt.ranked).order_by(Attempt.id)))

    return await talk.home.store.read(run)


def choices(say: Say) -> int:
    return sum(len(row) for row in say.choices)


@pytest.mark.parametrize("twice", [False, True])
async def test_from_the_notice_to_the_leaderboard(talk: Talk, twice: bool) -> None:
    talk.twice = twice
    an = await talk.member("Nguyễn Văn An", public_name=True)
    binh = await talk.member("Lê Thị Bình")
    made = await open_round(talk, 3)
    assert await talk.deliver() == 2
    assert "3 câu" in an.last and "10 phút" in an.last
    assert an.labels == ["Luyện tập", "Làm bài"]
    await an.presses(an.data_of("Làm bài"))
    assert "Câu 1/3" in an.last and "còn 10 phút" in an.last
    assert an.heard[-1].instead and choices(an.heard[-1]) == 4
    assert len(an.heard[-1].choices) == 2
    await an.taps(letter(an, "đúng"))
    assert "Đã ghi câu 1" in an.last and "Câu 2/3" in an.last
    await answer_all(an, 1, 2)
    assert "2/3" in an.last
    assert "Căn cứ" not in an.last and "đáp án đúng" not in an.last.lower()
    await an.says("xep hang")
    assert "Chưa có bài trắc nghiệm nào kết thúc" in an.last
    await close(talk, made)
    await talk.deliver()
    for person in (an, binh):
        assert "1/2" in person.last and "Nguyễn Văn An" in person.last
        assert "Lê Thị Bình" not in person.last
    assert "thứ 1" in an.last and "2/3" in an.last
    await an.says("Xem đáp án")
    assert "Câu 1/3" in an.last and "✅" in an.last and "Điều lệ Đảng" in an.last and "Vì lẽ" in an.last
    await an.taps("Câu tiếp")
    await an.taps("Câu tiếp")
    assert "Câu 3/3" in an.last and "Câu tiếp" not in an.labels
    await an.taps("Xếp hạng")
    assert "Nguyễn Văn An: 2/3" in an.last
    (only,) = await attempts_of(talk)
    assert (only.answered, only.correct) == (3, 2)


@pytest.mark.parametrize("spelling", ["{}", "{}.", "câu {}", "CÂU {} ", "chọn {}", "đáp án {}", "  {}  "])
async def test_answers_are_understood_however_typed(talk: Talk, spelling: str) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await an.says("trac nghiem")
    await an.says("LÀM BÀI")
    await an.says(spelling.format(letter(an, "đúng").lower()))
    assert "Đã ghi câu 1" in an.last
    assert (await attempts_of(talk))[0].correct == 1


async def test_the_options_own_words_and_its_number_are_understood(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await an.says("quiz")
    await an.taps("Làm bài")
    words = next(line[3:] for line in an.last.splitlines() if ". đúng" in line)
    await an.says(words.upper())
    assert "Đã ghi câu 1" in an.last
    await an.says(str("ABCD".index(letter(an, "đúng")) + 1))
    assert "2/2" in an.last


async def test_rubbish_in_the_middle_keeps_the_question(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    for rubbish in ("không rõ", "x" * 4096, "<b>B</b>", "\u202eB A", "🙂", "H", "A B"):
        await an.says(rubbish)
        assert "Đã ghi" not in an.last
    await an.says("   ")
    await an.sends(Kind.STICKER)
    await an.taps(letter(an, "đúng"))
    assert "Đã ghi câu 1" in an.last


async def test_a_double_tap_and_an_old_question_change_nothing(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 3)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    first, other = an.data_of(letter(an, "đúng")), an.data_of(letter(an, "sai"))
    await an.presses(first)
    await an.presses(first)
    assert "Đã ghi câu 1" in an.last and "Câu 2/3" in an.last
    await an.presses(other)
    assert "giữ nguyên" in an.last and "Câu 2/3" in an.last
    (only,) = await attempts_of(talk)
    assert (only.answered, only.correct) == (1, 1)


async def test_it_goes_on_from_another_phone(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 3)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    await an.taps(letter(an, "đúng"))
    await an.says("trắc nghiệm")
    assert an.labels == ["Làm tiếp"]
    await an.taps("Làm tiếp")
    assert "Câu 2/3" in an.last
    await an.says("lam tiep")
    assert "Câu 2/3" in an.last


async def test_after_the_time_limit_an_answer_is_not_counted(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 3)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    await an.taps(letter(an, "đúng"))
    talk.now += timedelta(minutes=10)
    await an.taps(letter(an, "đúng"))
    assert "Đã hết thời gian" in an.last and "1/3" in an.last
    await an.says("trắc nghiệm")
    assert an.labels == ["Luyện tập"] and "1/3" in an.last


async def test_several_right_options_are_marked_then_handed_in(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2, many=True)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    assert "nhiều phương án" in an.last and "Xong" not in an.labels
    wrong, one, two = letter(an, "sai"), letter(an, "đúng"), letter(an, "cũng")
    await an.taps(wrong)
    assert "Xong" in an.labels
    await an.says(wrong)
    assert "Xong" not in an.labels
    await an.taps(one)
    await an.says(two.lower())
    assert f"Đang chọn: {', '.join(sorted([one, two]))}" in an.last
    await an.taps("Xong")
    assert "Đã ghi câu 1" in an.last
    one, two = letter(an, "đúng"), letter(an, "cũng")
    await an.says(f"{two.lower()},{one.lower()}")
    assert "2/2" in an.last


@pytest.mark.parametrize("spelling", ["{} {}", "{},{}", "{}{}", "{} và {}", "câu {}, {}."])
async def test_several_letters_however_typed(talk: Talk, spelling: str) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 1, many=True)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    await an.says(spelling.format(letter(an, "đúng"), letter(an, "cũng")))
    assert "1/1" in an.last


async def test_practice_teaches_and_leaves_the_ranked_attempt_free(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 3, bank_size=6)
    await an.says("luyện tập")
    assert "không tính điểm" in an.last and "Câu 1/3" in an.last
    await an.taps(letter(an, "sai"))
    assert "chưa đúng" in an.last and "Vì lẽ" in an.last and "Câu 2/3" in an.last
    await answer_all(an, 2, 2)
    assert "2/3" in an.last
    assert await attempts_of(talk) == []
    await an.taps("Làm bài")
    assert "còn 10 phút" in an.last


async def test_practice_on_the_quizzes_own_questions_hides_right_and_wrong(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await an.says("luyện tập")
    await an.taps(letter(an, "đúng"))
    assert "Đã ghi câu 1" in an.last and "Vì lẽ" not in an.last
    await an.taps(letter(an, "đúng"))
    assert "2/2" not in an.last and "hết hạn" in an.last


async def test_forged_and_old_buttons(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    outsider = await talk.member("Vũ Ngoài", "Chi bộ 2", PostKind.SECRETARY)
    made = await open_round(talk, 2)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    (attempt,) = await attempts_of(talk)
    forged = [
        (Pick(attempt.id, 0, 0), "không phải của đồng chí"),
        (Mark(attempt.id, 0, 3), "không phải của đồng chí"),
        (HandIn(attempt.id, 0, 3), "không phải của đồng chí"),
        (Start(made.id, ranked=True), "chi bộ khác"),
        (ShowKey(made.id, 0), "chi bộ khác"),
        (ShowBoard(made.id), "chi bộ khác"),
        (Cancel(made.id), "chưa có quyền"),
        (Start(10**17, ranked=True), "không còn"),
    ]
    for action, sentence in forged:
        await outsider.presses(action.encode())
        assert sentence in outsider.last, action
    assert len(await attempts_of(talk)) == 1
    await an.presses(Mark(attempt.id, 0, 10**17).encode())
    assert "Câu 1/2" in an.last
    await an.presses(HandIn(attempt.id, 0, 0).encode())
    assert "chọn lại" in an.last
    await an.presses(ShowKey(made.id, 0).encode())
    assert "hết hạn" in an.last and "Căn cứ" not in an.last
    await an.presses(ShowBoard(made.id).encode())
    assert "hết hạn" in an.last
    await close(talk, made)
    await outsider.presses(Start(made.id, ranked=False).encode())
    await an.presses(Start(made.id, ranked=False).encode())
    assert "đã hết hạn" in an.last
    await an.presses(ShowKey(made.id, 99).encode())
    assert "cũ" in an.last


async def test_a_file_sent_in_the_middle_is_taken_the_second_time(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    await an.sends_file("a.xlsx", b"x")
    assert "gửi lại tệp" in an.last
    await an.sends_file("a.xlsx", b"x")
    assert "gửi lại tệp một lần nữa" not in an.last
    await an.says("trắc nghiệm")
    assert an.labels == ["Làm tiếp"]


async def test_nothing_to_take(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    for word in ("trắc nghiệm", "luyện tập", "làm bài"):
        await an.says(word)
        assert "chưa có bài" in an.last
    for word in ("xếp hạng", "đáp án"):
        await an.says(word)
        assert "Chưa có bài trắc nghiệm nào kết thúc" in an.last


async def test_a_notice_that_comes_late_is_not_sent(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await talk.member("Lê Bình")
    await open_round(talk, 2)
    await an.says("trắc nghiệm")
    await an.taps("Làm bài")
    assert await talk.deliver() == 1


async def test_strangers_are_asked_to_join(talk: Talk) -> None:
    made = await open_round(talk, 2)
    somebody = await talk.stranger("Ai Đó")
    await somebody.says("trắc nghiệm")
    await somebody.presses(Start(made.id, ranked=True).encode())
    assert await attempts_of(talk) == []


@pytest.mark.parametrize("twice", [False, True])
async def test_the_committee_makes_a_round(talk: Talk, twice: bool) -> None:
    talk.twice = twice
    secretary = await talk.member("Trần Thị Bí", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    await secretary.says("tạo bài trắc nghiệm")
    assert "chưa có câu hỏi" in secretary.last
    await fill(talk, 4)
    await secretary.says("tao bai trac nghiem")
    assert secretary.labels == [f"{TOPIC} (4 câu)"]
    await secretary.taps(TOPIC)
    assert "4 câu" in secretary.last and "10 phút" in secretary.last
    await secretary.taps("Tạo bài")
    assert "✅" in secretary.last
    await talk.home.store.write(rounds.open_due, talk.now)
    assert await talk.deliver() == 2
    assert "Làm bài" in an.labels and "đồng chí." not in an.last
    await secretary.says("trắc nghiệm")
    assert "Đã làm: 0/2" in secretary.last
    made = await talk.home.store.read(lambda session: list(session.scalars(select(QuizRound))))
    assert len(made) == 1


async def test_a_member_makes_and_cancels_nothing(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await fill(talk, 4)
    await an.says("tạo bài trắc nghiệm")
    assert "chưa có quyền" in an.last
    await an.presses(Create(1, 1, at_once=True).encode())
    assert "chưa có quyền" in an.last


@pytest.mark.parametrize("twice", [False, True])
async def test_a_second_person_approves(talk: Talk, twice: bool) -> None:
    talk.twice = twice
    secretary = await talk.member("Trần Thị Bí", "Chi bộ 1", PostKind.SECRETARY)
    author = await talk.member("Lê Soạn", "Chi bộ 1", PostKind.COMMITTEE_MEMBER)

    def run(session: Session) -> None:
        unit = branch(session)
        who = who_is(session, author.member_id, date(2026, 11, 25))
        bank.import_questions(session, who, unit.id, [draft(1), draft(2), draft(3)], talk.now)

    await talk.home.store.write(run)
    assert await talk.deliver() == 1
    assert "3 câu" in secretary.last
    await secretary.presses(secretary.data_of("Xem và duyệt"))
    assert "✅ A. đúng 1" in secretary.last and "Điều lệ Đảng" in secretary.last
    await secretary.taps("Bỏ câu này")
    assert "đã bỏ" in secretary.last.lower() and "đúng 2" in secretary.last
    await secretary.taps("Duyệt cả 2 câu")
    assert "Không còn câu hỏi" in secretary.last
    await author.says("duyệt câu hỏi")
    assert "Không còn câu hỏi" in author.last
    await secretary.says("tạo bài trắc nghiệm")
    assert secretary.labels == [f"{TOPIC} (2 câu)"]


@pytest.mark.parametrize("twice", [False, True])
async def test_the_secretary_praises_the_best(talk: Talk, twice: bool) -> None:
    talk.twice = twice
    secretary = await talk.member("Trần Thị Bí", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn <b>An</b>", public_name=True)
    shy = await talk.member("Lê Kín")
    made = await open_round(talk, 2)
    for person in (an, shy):
        await person.says("trắc nghiệm")
        await person.taps("Làm bài")
        await answer_all(person, 2, 2)
    await close(talk, made)
    await talk.deliver()
    await an.says("xếp hạng")
    assert "Biểu dương" not in an.labels and "<b>An</b>" in an.last
    await secretary.says("xếp hạng")
    await secretary.taps("Biểu dương")
    assert len(secretary.labels) == 2
    await secretary.taps(secretary.labels[0])
    await secretary.taps(secretary.labels[1])
    await secretary.taps("Gửi biểu dương")
    assert "2 đồng chí" in secretary.last
    await secretary.says("Giấy khen và sách")
    assert "Giấy khen và sách" in secretary.last
    assert await talk.deliver() == 3
    assert "Nguyễn <b>An</b>" in shy.last and "Lê Kín" not in shy.last and "2/3" in shy.last
    await secretary.presses(PraiseMark(made.id, 0).encode())
    assert "đã biểu dương" in secretary.last
    await an.presses(PraiseSend(made.id, 1).encode())
    assert "chưa có quyền" in an.last
