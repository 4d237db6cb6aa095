"""What taking a quiz looks like: introduction, one question a message, result."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.quiz.actions import Cancel, HandIn, Mark, Pick, ShowBoard, ShowKey, Start
from locales.dates import moment_text
from locales.text import Text, join
from locales.words import Words
from quizzes.attempts import Note, Result, Standing
from quizzes.overview import Overview, Own, Taking
from quizzes.paper import LETTERS, Explained, Shown

ANSWER_STEP = "quiz.answer"
INTRO_STEP = "quiz.intro"
MINUTE = timedelta(minutes=1)


def intro(ctx: Context, seen: Overview, *, instead: bool = False) -> Say:
    """The round and what the member can do with it now."""
    shown = seen.round
    sentence = ctx.words(
        _intro_key(seen),
        title=title(ctx, shown.title),
        questions=shown.questions,
        minutes=shown.minutes,
        since=when(ctx, shown.opens_at),
        until=when(ctx, shown.closes_at),
        correct=seen.correct or 0,
    )
    text = join([sentence, *([taking(ctx, seen.taking)] if seen.taking else [])])
    expects = Expects(INTRO_STEP, {"quiz_round": shown.id}) if seen.is_open else None
    return Say(text, _intro_choices(ctx, seen), instead=instead, expects=expects)


def _intro_key(seen: Overview) -> str:
    if seen.over:
        return "quiz.intro_over"
    if not seen.is_open:
        return "quiz.intro_ahead"
    return {Own.NONE: "quiz.intro", Own.RUNNING: "quiz.intro_running", Own.DONE: "quiz.intro_done"}[seen.own]


def _intro_choices(ctx: Context, seen: Overview) -> tuple[tuple[Choice, ...], ...]:
    if seen.over:
        return after_closing(ctx, seen.round.id)
    if not seen.is_open:
        cancel = choice(ctx.words("quiz.cancel_button"), Cancel(seen.round.id))
        return rows(cancel) if seen.taking else ()
    practise = choice(ctx.words("quiz.practice_button"), Start(seen.round.id, ranked=False))
    if seen.own is Own.DONE:
        return rows(practise)
    if seen.own is Own.RUNNING:
        return rows(choice(ctx.words("quiz.go_on_button"), Start(seen.round.id, ranked=True)))
    return rows(practise, choice(ctx.words("quiz.take_button"), Start(seen.round.id, ranked=True)), per_row=2)


def after_closing(ctx: Context, round_id: int) -> tuple[tuple[Choice, ...], ...]:
    """Answers and leaderboard of a closed round."""
    return rows(
        choice(ctx.words("quiz.answers_button"), ShowKey(round_id, 0)),
        choice(ctx.words("quiz.board_button"), ShowBoard(round_id)),
        per_row=2,
    )


def taking(ctx: Context, counts: Taking) -> Text:
    """'Đã làm: 12/40 đồng chí.'"""
    return ctx.words("quiz.taking", takers=counts.takers, reachable=counts.reachable)


def standing(ctx: Context, at: Standing, mask: int = 0) -> Say:
    """The question to answer with what became of the one before, or the result."""
    if at.question is not None:
        return _question(ctx, at, at.question, mask)
    if at.result is not None:
        return _result(ctx, at, at.result)
    raise ValueError("an attempt has a question or a result")


def _question(ctx: Context, at: Standing, shown: Shown, mask: int) -> Say:
    parts = [
        *_feedback(ctx, at),
        _asked(ctx.words.language, shown, _left(ctx, at)),
        *(_many(ctx, mask) if shown.many else []),
    ]
    letters = _marks(ctx, at, shown, mask) if shown.many else _picks(at, shown)
    expects = Expects(ANSWER_STEP, {"attempt": at.attempt_id, "position": shown.position})
    return Say(join(parts), letters, instead=True, expects=expects)


@lru_cache(maxsize=1024)
def _asked(language: str, shown: Shown, left: str) -> Text:
    """The same for everybody who sees it in this order with as much time left."""
    words = Words(language)
    numbers = {"n": shown.position + 1, "total": shown.total}
    return words("quiz.question", **numbers, left=left, text=shown.text, options=options(words, shown))


def _picks(at: Standing, shown: Shown) -> tuple[tuple[Choice, ...], ...]:
    places = range(len(shown.options))
    picks = [choice(LETTERS[p], Pick(at.attempt_id, shown.position, p), key=LETTERS[p]) for p in places]
    return rows(*picks, per_row=2)


def _marks(ctx: Context, at: Standing, shown: Shown, mask: int) -> tuple[tuple[Choice, ...], ...]:
    """Each letter carries the choice as it will be after the press, so that nothing needs remembering."""
    marks = []
    for place in range(len(shown.options)):
        letter = LETTERS[place]
        label = ctx.words.plain("quiz.marked", letter=letter) if mask >> place & 1 else letter
        marks.append(choice(label, Mark(at.attempt_id, shown.position, mask ^ 1 << place), key=letter))
    done = ctx.words.plain("quiz.done_button")
    hand_in = choice(done, HandIn(at.attempt_id, shown.position, mask), key=done)
    return rows(*marks, per_row=2) + (rows(hand_in) if mask else ())


def _many(ctx: Context, mask: int) -> list[Text]:
    chosen = [letter for place, letter in enumerate(LETTERS) if mask >> place & 1]
    told = [ctx.words("quiz.chosen", letters=", ".join(chosen))] if chosen else []
    return [ctx.words("quiz.choose_many"), *told]


def _left(ctx: Context, at: Standing) -> str:
    if at.ends_at is None:
        return ctx.words.plain("quiz.practising")
    return ctx.words.counted("quiz.left", minutes=_minutes(ctx, at)).plain


def _feedback(ctx: Context, at: Standing) -> list[Text]:
    if at.learned is not None:
        return [_learned(ctx, at.learned)]
    if at.note is Note.STARTED:
        key = "quiz.started" if at.ranked else "quiz.practice_started"
        return [ctx.words.counted(key, minutes=_minutes(ctx, at))]
    if at.note is Note.RESUMED:
        return [ctx.words.counted("quiz.resumed")]
    key = "quiz.recorded" if at.note is Note.RECORDED else "quiz.not_changed"
    return [ctx.words.counted(key, n=at.noted + 1)]


def _minutes(ctx: Context, at: Standing) -> int:
    return -(-(at.ends_at - ctx.now) // MINUTE) if at.ends_at else 0


def _learned(ctx: Context, learned: Explained) -> Text:
    right = learned.right == learned.own
    key = "quiz.learned_right" if right else "quiz.learned_wrong"
    options_right = [f"{LETTERS[place]}. {learned.shown.options[place]}" for place in learned.right]
    return ctx.words(
        key,
        n=learned.shown.position + 1,
        right="; ".join(options_right),
        explanation=learned.explanation,
    )


def options(words: Words, shown: Shown) -> Text:
    """The options as lines 'A. …'."""
    lines = zip(LETTERS, shown.options, strict=False)
    return join([words("quiz.option", letter=letter, text=text) for letter, text in lines])


def letters_of(places: tuple[int, ...]) -> str:
    """'A, C' from places on the screen."""
    return ", ".join(LETTERS[place] for place in places)


def _result(ctx: Context, at: Standing, result: Result) -> Say:
    if not at.ranked:
        return _practice_result(ctx, at, result)
    told = ctx.words(
        _result_key(at.note),
        correct=result.correct or 0,
        total=result.total,
        time=duration(ctx, result.seconds),
    )
    if at.closed:
        return Say(told, after_closing(ctx, at.round_id), instead=True)
    return Say(join([told, ctx.words("quiz.published_later")]), instead=True)


def _result_key(note: Note) -> str:
    if note is Note.TIME_UP:
        return "quiz.time_up"
    return "quiz.result" if note is Note.RECORDED else "quiz.done_before"


def _practice_result(ctx: Context, at: Standing, result: Result) -> Say:
    if at.closed:
        return Say(ctx.words("quiz.practice_over"), after_closing(ctx, at.round_id), instead=True)
    hidden = result.correct is None
    key = "quiz.practice_result_hidden" if hidden else "quiz.practice_result"
    told = ctx.words(key, correct=result.correct or 0, total=result.total)
    learned = [_learned(ctx, at.learned)] if at.learned else []
    again = choice(ctx.words("quiz.again_button"), Start(at.round_id, ranked=False))
    take = choice(ctx.words("quiz.take_button"), Start(at.round_id, ranked=True))
    expects = Expects(INTRO_STEP, {"quiz_round": at.round_id})
    return Say(join([*learned, told]), rows(again, take, per_row=2), instead=True, expects=expects)


def duration(ctx: Context, seconds: int) -> str:
    """'3 phút 10 giây'."""
    minutes, rest = divmod(seconds, 60)
    key = "quiz.minutes_seconds" if minutes else "quiz.seconds"
    return ctx.words.plain(key, minutes=minutes, seconds=rest)


def title(ctx: Context, name: str) -> str:
    """A round's or topic's name, never empty."""
    return name or ctx.words.plain("quiz.untitled")


def when(ctx: Context, moment: datetime) -> str:
    """'20 giờ, thứ Tư 02/12/2026'."""
    return moment_text(moment, ctx.settings.zone, ctx.words)
