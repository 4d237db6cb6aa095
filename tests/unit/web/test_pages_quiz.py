"""A quiz on a page: one question at a time, the attempt of the chat, nothing counted twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from members.tables import Purpose
from quizzes.tables import Answer, Attempt, Question, QuizRound
from tests.support.forms import Shown, opened
from tests.unit.web.pages_scene import Scene


def option(page: Shown, words: str) -> str:
    """The label of the option with these words."""
    return next(label for label in page.buttons if f". {words}" in label)


async def state(scene: Scene) -> tuple[int, int, int]:
    """Ranked attempts, answers given, answers right."""

    def read(session: Session) -> tuple[int, int, int]:
        ranked = list(session.scalars(select(Attempt).where(Attempt.ranked)))
        stored = session.scalar(select(func.count()).select_from(Answer)) or 0
        assert stored == sum(one.answered for one in ranked)
        return len(ranked), stored, sum(one.correct for one in ranked)

    found: tuple[int, int, int] = await scene.look(read)
    return found


async def test_from_the_introduction_to_the_result(scene: Scene) -> None:
    page = await scene.opens(Purpose.QUIZ, await scene.quiz(3))
    assert "3 câu, làm trong 10 phút" in page.text
    page = await page.press("Làm bài")
    assert "Câu 1/3" in page.text and "Còn 10 phút" in page.text and len(page.buttons) == 4
    page = await page.press(option(page, "đúng"))
    assert "Đã ghi câu 1." in page.text and "Câu 2/3" in page.text
    page = await page.press(option(page, "sai"))
    assert "Đáp án" not in page.text
    page = await page.press(option(page, "đúng"))
    assert "Đồng chí đúng 2/3 câu" in page.text and "công bố khi hết hạn" in page.text
    assert page.buttons == []
    assert await state(scene) == (1, 3, 2)


async def test_looking_begins_nothing(scene: Scene) -> None:
    quiz = await scene.quiz(2)
    path = await scene.link(Purpose.QUIZ, quiz)
    for part in ("", "/lam-bai", "/luyen-tap", "/lam-bai?cau=0", "/lam-bai?cau=999&giu=x"):
        page = await opened(scene.client, path + part)
        assert "Làm bài" in page.buttons
    assert (await scene.client.get(f"{path}/khac")).status_code == 404
    assert await state(scene) == (0, 0, 0)


async def test_an_answer_sent_twice_counts_once_and_the_first_stays(scene: Scene) -> None:
    page = await scene.opens(Purpose.QUIZ, await scene.quiz(3))
    page = await page.press("Làm bài")
    right, wrong = page.request(option(page, "đúng")), page.request(option(page, "sai"))
    for _ in range(2):
        assert "Đã ghi câu 1." in (await scene.client.post(**right)).text
    other = await scene.client.post(**wrong)  # "back" in the browser, then something else
    assert "Câu 1 đã ghi trước đó nên giữ nguyên" in other.text and "Câu 2/3" in other.text
    assert await state(scene) == (1, 1, 1)


async def test_the_link_goes_on_where_it_stopped(scene: Scene) -> None:
    quiz = await scene.quiz(3)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Làm bài")
    await page.press(option(page, "đúng"))
    scene.now += timedelta(minutes=4)
    page = await scene.opens(Purpose.QUIZ, quiz)
    assert "Câu 2/3" in page.text and "Mời đồng chí làm tiếp" in page.text and "Còn 6 phút" in page.text


async def test_time_up_on_the_page(scene: Scene) -> None:
    quiz = await scene.quiz(3)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Làm bài")
    page = await page.press(option(page, "đúng"))
    scene.now += timedelta(minutes=10)
    page = await page.press(option(page, "đúng"))
    assert "đúng 1/3 câu" in page.text
    assert await state(scene) == (1, 1, 1)


async def test_a_closed_quiz_says_so(scene: Scene) -> None:
    quiz = await scene.quiz(2)
    page = await scene.opens(Purpose.QUIZ, quiz)
    scene.now += timedelta(days=6)
    late = await page.press("Làm bài")
    assert late.status == 409 and "đã hết hạn" in late.text
    page = await scene.opens(Purpose.QUIZ, quiz)
    assert "đã kết thúc" in page.text and "xem đáp án" in page.text and page.buttons == []
    assert await state(scene) == (0, 0, 0)


async def test_several_right_options_are_ticked(scene: Scene) -> None:
    page = await (await scene.opens(Purpose.QUIZ, await scene.quiz(2, many=True))).press("Làm bài")
    assert "Có thể có nhiều phương án đúng" in page.text
    nothing = await page.press("Trả lời")
    assert nothing.status == 422 and "từ A đến D" in nothing.text and "Câu 1/2" in nothing.text
    sent = page.request("Trả lời")
    told = await scene.client.post(sent["url"], data={**sent["data"], "place": ["0", "1", "2", "3"]})
    assert "Đã ghi câu 1." in told.text
    assert await state(scene) == (1, 1, 0)


async def test_practice_explains_at_once(scene: Scene) -> None:
    quiz = await scene.quiz(3, practice=3)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Luyện tập")
    assert "không tính điểm" in page.text
    page = await page.press(option(page, "sai"))
    assert "Câu 1: chưa đúng. Đáp án đúng" in page.text and "Câu 2/3" in page.text
    page = await page.press(option(page, "đúng"))
    assert "Câu 2: đúng." in page.text
    page = await page.press(option(page, "đúng"))
    assert "Luyện tập xong: đúng 2/3" in page.text
    assert page.buttons == ["Làm bài", "Luyện tập lại"]
    assert "Câu 1/3" in (await page.press("Làm bài")).text


async def test_forged_answers(scene: Scene) -> None:
    quiz = await scene.quiz(2)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Làm bài")
    good = page.request(option(page, "đúng"))
    url, data = good["url"], good["data"]
    bad = (
        {"attempt": "99"},
        {"attempt": "x"},
        {"position": "7"},
        {"position": "-1"},
        {"place": "9"},
        {"place": "x"},
    )
    for change in bad:
        answer = await scene.client.post(url, data={**data, **change})
        assert answer.status_code in {403, 422}, change
    stranger = await scene.link(Purpose.QUIZ, quiz, scene.secretary)
    assert (await scene.client.post(f"{stranger}/lam-bai", data=data)).status_code == 403
    later = await scene.change(_another_round)
    elsewhere = await scene.link(Purpose.QUIZ, later)
    assert (await scene.client.post(f"{elsewhere}/lam-bai", data=data)).status_code == 403
    assert await state(scene) == (1, 0, 0)


def _another_round(session: Session) -> int:
    known = session.scalars(select(QuizRound)).one()
    values = {name: getattr(known, name) for name in ("branch_id", "opens_at", "closes_at", "minutes")}
    other = QuizRound(key="other", title="Khác", **values)
    session.add(other)
    session.flush()
    return other.id


async def test_hostile_questions_stay_words(scene: Scene) -> None:
    hostile = "<script>alert(1)</script>\"' {{ 7*7 }}"
    quiz = await scene.quiz(2)

    def spoil(session: Session) -> None:
        for question in session.scalars(select(Question)):
            question.text, question.options = hostile, [hostile, "đúng", "sai", f"{hostile}</button>"]

    await scene.change(spoil)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Làm bài")
    assert hostile in page.text
    assert sum(hostile in label for label in page.buttons) == 2


async def test_a_question_as_long_as_they_come_stays_light(scene: Scene) -> None:
    quiz = await scene.quiz(2)

    def lengthen(session: Session) -> None:
        for question in session.scalars(select(Question)):
            question.text = "Đ" * 600
            question.options = [f"{n} " + "ế" * 300 for n in range(8)]

    await scene.change(lengthen)
    page = await (await scene.opens(Purpose.QUIZ, quiz)).press("Làm bài")
    assert len(page.buttons) == 8
