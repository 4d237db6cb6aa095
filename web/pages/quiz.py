"""A quiz on a page, one question at a time. The attempt is the one of the chat: begun here, ended there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from db.errors import BadInput, NotAllowed, NotFound
from locales.dates import moment_text
from locales.text import Text, join
from members.page_links import Opened
from quizzes import attempts, overview
from quizzes.attempts import Note, Result, Standing
from quizzes.overview import Overview, Own
from quizzes.paper import LETTERS, Explained
from web.pages.forms import number_in, text_in
from web.pages.visit import Visit, sentence, status_of

RANKED, PRACTICE = "lam-bai", "luyen-tap"  # what stands behind the link
_KINDS = {RANKED: True, PRACTICE: False}


async def show(visit: Visit) -> Response:
    """The introduction, or where the attempt stands."""
    if visit.part:
        return await _attempt(visit, _ranked(visit))
    seen = await visit.read(overview.of_round, visit.who, visit.link.target, visit.now)
    if seen.own is Own.RUNNING and seen.is_open:
        return visit.onward(f"/{RANKED}")
    return visit.page(
        "quiz_intro.html", told=_intro(visit, seen), seen=seen, ranked=RANKED, practice=PRACTICE
    )


async def act(visit: Visit, form: FormData) -> Response:
    """[Làm bài], [Luyện tập], or an answer."""
    ranked = _ranked(visit)
    if text_in(form, "deed") == "start":
        await visit.act(_start, ranked=ranked, now=visit.now)
        return visit.onward(f"/{visit.part}")
    attempt, position = number_in(form, "attempt"), number_in(form, "position")
    places = _places(form.getlist("place"))
    try:
        at = await visit.act(_answer, attempt, position, places, now=visit.now)
    except BadInput as refused:
        return await _attempt(visit, ranked, sentence(visit.words, refused), status_of(refused))
    kept = "giu" if at.note is Note.NOT_CHANGED else "cau"
    return visit.onward(f"/{visit.part}?{kept}={position}")


def _ranked(visit: Visit) -> bool:
    if visit.part not in _KINDS:
        raise NotFound("pages.unknown")
    return _KINDS[visit.part]


async def _attempt(visit: Visit, ranked: bool, alert: Text | None = None, status: int = 200) -> Response:
    noted, note = _noted(visit)
    at = await visit.act(_latest, ranked=ranked, now=visit.now, noted=noted, note=note)
    if at is None:
        return visit.onward()
    values = {"at": at, "alert": alert, "ranked": RANKED, "practice": PRACTICE, "letters": LETTERS}
    if at.question is not None:
        told = [_feedback(visit, at)] if alert is None else []
        return visit.page("quiz_question.html", status, told=told, left=_minutes(visit, at), **values)
    if at.result is None:
        raise ValueError("an attempt has a question or a result")
    return visit.page("quiz_result.html", status, told=_result(visit, at, at.result), **values)


def _noted(visit: Visit) -> tuple[int, Note]:
    """The answer just given, as the address after it says; whatever else stands there is nothing."""
    for name, note in (("cau", Note.RECORDED), ("giu", Note.NOT_CHANGED)):
        text = visit.query.get(name, "")
        if text.isascii() and text.isdigit() and len(text) <= 3:  # noqa: PLR2004
            return int(text), note
    return -1, Note.RESUMED


def _start(session: Session, link: Opened, *, ranked: bool, now: datetime) -> Standing:
    return attempts.start(session, link.who.member_id, link.target, now, ranked=ranked)


def _answer(
    session: Session, link: Opened, attempt: int, position: int, places: Iterable[int], *, now: datetime
) -> Standing:
    at = attempts.answer(session, attempt, link.who.member_id, position, places, now)
    if at.round_id != link.target:
        raise NotAllowed("quiz.not_your_attempt")
    return at


def _latest(
    session: Session, link: Opened, *, ranked: bool, now: datetime, noted: int, note: Note
) -> Standing | None:
    return attempts.latest(
        session, link.who.member_id, link.target, now, ranked=ranked, noted=noted, note=note
    )


def _places(chosen: Iterable[object]) -> set[int]:
    known = {str(place): place for place in range(len(LETTERS))}
    return {known[one] for one in chosen if isinstance(one, str) and one in known}


def _intro(visit: Visit, seen: Overview) -> Text:
    shown = seen.round
    keys = {Own.NONE: "quiz.intro", Own.RUNNING: "quiz.intro_running", Own.DONE: "quiz.intro_done"}
    key = "pages.quiz_over" if seen.over else keys[seen.own] if seen.is_open else "quiz.intro_ahead"
    return visit.words(
        key,
        title=shown.title or visit.words.plain("quiz.untitled"),
        questions=shown.questions,
        minutes=shown.minutes,
        since=_when(visit, shown.opens_at),
        until=_when(visit, shown.closes_at),
        correct=seen.correct or 0,
    )


def _feedback(visit: Visit, at: Standing) -> Text:
    if at.learned is not None:
        return _learned(visit, at.learned)
    if at.note in {Note.RECORDED, Note.NOT_CHANGED}:
        key = "quiz.recorded" if at.note is Note.RECORDED else "quiz.not_changed"
        return visit.words(key, n=at.noted + 1)
    begun = at.question is not None and at.question.position == 0
    key = "pages.quiz_begun" if at.ranked else "quiz.practice_started"
    return visit.words(key if begun else "quiz.resumed")


def _learned(visit: Visit, learned: Explained) -> Text:
    key = "quiz.learned_right" if learned.right == learned.own else "quiz.learned_wrong"
    right = "; ".join(f"{LETTERS[place]}. {learned.shown.options[place]}" for place in learned.right)
    n = learned.shown.position + 1
    return visit.words(key, n=n, right=right, explanation=learned.explanation)


def _minutes(visit: Visit, at: Standing) -> int:
    return -(-(at.ends_at - visit.now) // timedelta(minutes=1)) if at.ends_at else 0


def _result(visit: Visit, at: Standing, result: Result) -> Text:
    learned = [_learned(visit, at.learned)] if at.learned else []
    told = visit.words(
        _result_key(at, result),
        correct=result.correct or 0,
        total=result.total,
        time=_duration(visit, result.seconds),
    )
    later = [visit.words("quiz.published_later")] if at.ranked and not at.closed else []
    return join([*learned, told, *later])


def _result_key(at: Standing, result: Result) -> str:
    if at.ranked:
        keys = {Note.TIME_UP: "quiz.time_up", Note.RECORDED: "quiz.result"}
        return keys.get(at.note, "quiz.done_before")
    if at.closed:
        return "quiz.practice_over"
    return "quiz.practice_result_hidden" if result.correct is None else "quiz.practice_result"


def _duration(visit: Visit, seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    key = "quiz.minutes_seconds" if minutes else "quiz.seconds"
    return visit.words.plain(key, minutes=minutes, seconds=rest)


def _when(visit: Visit, moment: datetime) -> str:
    return moment_text(moment, visit.home.checkin.zone, visit.words)
