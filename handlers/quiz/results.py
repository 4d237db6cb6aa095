"""After closing: each question with its key and source, and the leaderboard."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Said, Say, choice, rows
from bot.router import Answer
from handlers.quiz import views
from handlers.quiz.actions import PraiseMark, ShowBoard, ShowKey
from locales.text import Text, join
from quizzes import leaderboard, overview
from quizzes.leaderboard import Board, OwnLine
from quizzes.paper import LETTERS, Explained


async def answers_word(said: Said, ctx: Context) -> Answer:
    """'xem đáp án': of the round that closed last."""
    round_id = await ctx.store.read(overview.last_closed, ctx.me, ctx.now)
    return await _key(ctx, round_id, 0)


async def show_key(said: Said, ctx: Context, action: ShowKey) -> Answer:
    """[Xem đáp án], [Câu trước], [Câu tiếp]."""
    return await _key(ctx, action.round, action.position)


async def board_word(said: Said, ctx: Context) -> Answer:
    """'xếp hạng': of the round that closed last."""
    round_id = await ctx.store.read(overview.last_closed, ctx.me, ctx.now)
    return await _board(ctx, round_id)


async def show_board(said: Said, ctx: Context, action: ShowBoard) -> Answer:
    """[Xếp hạng]."""
    return await _board(ctx, action.round)


async def _key(ctx: Context, round_id: int, position: int) -> Say:
    found = await ctx.store.read(overview.explained, ctx.me, round_id, position, ctx.now)
    return key_view(ctx, round_id, found)


async def _board(ctx: Context, round_id: int) -> Say:
    names = ctx.settings.quiz.names_on_leaderboard
    found = await ctx.store.read(leaderboard.board, ctx.me, round_id, names, ctx.now)
    answers = choice(ctx.words("quiz.answers_button"), ShowKey(round_id, 0))
    praise = choice(ctx.words("quiz.praise_button"), PraiseMark(round_id, 0))
    offered = [answers, *([praise] if found.led and found.takers else [])]
    return Say(board_text(ctx, found, rule=True), rows(*offered, per_row=2))


def key_view(ctx: Context, round_id: int, found: Explained) -> Say:
    """One question with the right option marked, explanation and source."""
    shown = found.shown
    text = ctx.words(
        "quiz.key",
        n=shown.position + 1,
        total=shown.total,
        text=shown.text,
        options=key_options(ctx, found),
        own=_own(ctx, found),
        explanation=reasons(ctx, found.explanation, found.source),
    )
    return Say(text, _pages(ctx, round_id, shown.position, shown.total), instead=True)


def key_options(ctx: Context, found: Explained) -> Text:
    """The options, the right ones marked."""
    lines = []
    for place, option in enumerate(found.shown.options):
        key = "quiz.key_right" if place in found.right else "quiz.option"
        lines.append(ctx.words(key, letter=LETTERS[place], text=option))
    return join(lines)


def reasons(ctx: Context, explanation: str, source: str) -> Text:
    """Explanation, if any, and source."""
    told = [ctx.words("quiz.explanation", text=explanation)] if explanation else []
    return join([*told, ctx.words("quiz.source", source=source)])


def _own(ctx: Context, found: Explained) -> Text:
    right = views.letters_of(found.right)
    if not found.own:
        return ctx.words("quiz.key_no_own", right=right)
    return ctx.words("quiz.key_own", right=right, own=views.letters_of(found.own))


def _pages(ctx: Context, round_id: int, position: int, total: int) -> tuple[tuple[Choice, ...], ...]:
    before = choice(ctx.words("quiz.previous_button"), ShowKey(round_id, position - 1))
    after = choice(ctx.words("quiz.next_button"), ShowKey(round_id, position + 1))
    board = choice(ctx.words("quiz.board_button"), ShowBoard(round_id))
    turning = [*([before] if position else []), *([after] if position + 1 < total else [])]
    return rows(*turning, board, per_row=2)


def board_text(ctx: Context, found: Board, *, rule: bool) -> Text:
    """Names near the top (with consent), the reader's own place, how many took part."""
    if not found.takers:
        nobody = ctx.words("quiz.board_nobody")
        return join([ctx.words("quiz.board", title=views.title(ctx, found.title)), nobody])
    lines = [ctx.words("quiz.board", title=views.title(ctx, found.title)), *_top(ctx, found)]
    if found.own is not None:
        lines.append(_own_place(ctx, found, found.own))
    lines.append(ctx.words("quiz.board_thanks", takers=found.takers, reachable=found.reachable))
    return join([*lines, *([ctx.words("quiz.board_rule")] if rule else [])])


def _top(ctx: Context, found: Board) -> list[Text]:
    lines = [
        ctx.words(
            "quiz.board_line",
            place=line.place,
            name=line.full_name,
            correct=line.correct,
            total=found.questions,
            time=views.duration(ctx, line.seconds),
        )
        for line in found.top
    ]
    return [*lines, *([ctx.words("quiz.board_unnamed", n=found.unnamed)] if found.unnamed else [])]


def _own_place(ctx: Context, found: Board, own: OwnLine) -> Text:
    key = "quiz.board_own_unranked" if own.place is None else "quiz.board_own"
    return ctx.words(key, place=own.place or 0, correct=own.correct, total=found.questions)
