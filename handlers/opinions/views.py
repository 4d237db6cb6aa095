"""Messages about opinions."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.opinions.actions import Again, Put, Reply, Send, ShowBranch, ShowOwn, ShowWaiting, Write
from locales.dates import day_text, moment_text, month_text
from locales.text import Text, join
from members.permissions import Right, has_somewhere
from opinions.answering import Stepped
from opinions.letters import MOST_IN_ANSWER, MOST_LETTERS
from opinions.prompted import MeetingAsked
from opinions.reading import OpinionSeen, Page
from opinions.tables import OpinionState, Visibility
from opinions.writing import Written

TEXT_STEP, CHOOSE_STEP, ANSWER_STEP = "opinions.text", "opinions.choose", "opinions.answer"
BEGINNING = 240  # letters of a draft shown again


def prompt(ctx: Context, *, again: bool = False) -> Say:
    """What would you like to say?"""
    text = ctx.words("opinions.prompt_again" if again else "opinions.prompt", most=MOST_LETTERS)
    choices = () if again else rows(_own_button(ctx), *_list_buttons(ctx))
    return Say(text, choices, expects=Expects(TEXT_STEP))


def draft(ctx: Context, text: str, mark: str, *, again: bool = False) -> Say:
    """The beginning of what was typed, and to whom it may go. `again`: something else was typed."""
    shown = text if len(text) <= BEGINNING else text[:BEGINNING].rstrip() + "…"
    question = ctx.words("opinions.choose_first" if again else "opinions.to_whom", letters=len(text))
    choices = rows(
        choice(ctx.words("opinions.button_branch"), Send(Visibility.BRANCH, mark)),
        choice(ctx.words("opinions.button_committee"), Send(Visibility.COMMITTEE, mark)),
        choice(ctx.words("opinions.button_again"), Again()),
    )
    return Say(
        join([ctx.words("opinions.draft", text=shown), question]),
        choices,
        expects=Expects(CHOOSE_STEP, {"text": text, "draft": mark}),
    )


def no_draft(ctx: Context) -> Say:
    """The draft of this button has been sent or given up."""
    return Say(ctx.words("opinions.no_draft"), rows(_write_button(ctx), _own_button(ctx)), keeps_step=True)


def written(ctx: Context, done: Written) -> Say:
    """Its number, and who reads it."""
    return Say(ctx.words(f"opinions.written_{done.visibility}", n=done.number), rows(_own_button(ctx)))


def own(ctx: Context, page: Page) -> Say:
    """One of mine with its state and answer."""
    older = ShowOwn(page.opinion.id) if page.more else None
    return Say(_own_text(ctx, page.opinion), rows(*_onward(ctx, older, page.more), _write_button(ctx)))


def of_branch(ctx: Context, page: Page) -> Say:
    """One that I may read."""
    seen = page.opinion
    buttons = [*_onward(ctx, ShowBranch(seen.id) if page.more else None, page.more)]
    if seen.may_answer:
        buttons = [_reply_button(ctx, seen), *buttons]
    return Say(_text(ctx, seen), rows(*buttons))


def waiting(ctx: Context, page: Page) -> Say:
    """One that waits for the committee, with what can be done."""
    seen = page.opinion
    buttons = [_reply_button(ctx, seen)]
    if seen.state is OpinionState.RECEIVED:
        buttons.append(choice(ctx.words("opinions.button_consider"), Put(seen.id, OpinionState.CONSIDERING)))
    buttons.append(choice(ctx.words("opinions.button_forward"), Put(seen.id, OpinionState.FORWARDED)))
    onward = _onward(ctx, ShowWaiting(seen.id) if page.more else None, page.more)
    return Say(_text(ctx, seen), rows(*buttons, *onward))


def nothing(ctx: Context, sentence: str) -> Say:
    """Nothing (more) in this list."""
    return Say(ctx.words(sentence), rows(_write_button(ctx), *_list_buttons(ctx)))


def ask_answer(ctx: Context, seen: OpinionSeen) -> Say:
    """Type the answer."""
    sentence = f"opinions.ask_answer_{seen.visibility}"
    return Say(
        ctx.words(sentence, n=seen.number, most=MOST_IN_ANSWER),
        expects=Expects(ANSWER_STEP, {"opinion": seen.id}),
    )


def stepped(ctx: Context, done: Stepped) -> Say:
    """What was recorded; the next one is a press away."""
    state = ctx.words(f"opinions.state_{done.state}")
    text = ctx.words("opinions.stepped", n=done.number, state=state)
    if done.told:
        text = join([text, ctx.words("opinions.author_told")])
    return Say(text, rows(choice(ctx.words("opinions.button_next"), ShowWaiting(0))))


def followed_up(ctx: Context, seen: OpinionSeen) -> Say:
    """To the author: where it stands."""
    text = ctx.words(f"opinions.told_{seen.state}", n=seen.number)
    if seen.state is OpinionState.ANSWERED:
        text = join([text, Text() + seen.answer])
    return Say(text, rows(_own_button(ctx)))


def some_wait(ctx: Context, count: int) -> Say:
    """To the chair."""
    return Say(
        ctx.words("opinions.some_wait", n=count),
        rows(choice(ctx.words("opinions.button_read"), ShowWaiting(0))),
    )


def before(ctx: Context, asked: MeetingAsked) -> Say:
    """Two days before."""
    moment = moment_text(asked.starts_at, ctx.settings.zone, ctx.words)
    return Say(ctx.words("opinions.before", moment=moment), rows(_write_button(ctx)))


def after(ctx: Context, held: MeetingAsked) -> Say:
    """The morning after."""
    return Say(ctx.words("opinions.after", month=month_text(held.period)), rows(_write_button(ctx)))


def _own_text(ctx: Context, seen: OpinionSeen) -> Text:
    return join([_heading(ctx, seen), Text() + seen.text, *_answer(ctx, seen)])


def _text(ctx: Context, seen: OpinionSeen) -> Text:
    author = ctx.words("opinions.by", name=seen.author) if seen.author else ctx.words("opinions.by_nobody")
    said_by = join([Text() + seen.branch_name, author], " · ")
    return join([_heading(ctx, seen), said_by, Text() + seen.text, *_answer(ctx, seen)])


def _heading(ctx: Context, seen: OpinionSeen) -> Text:
    return ctx.words(
        "opinions.heading",
        n=seen.number,
        day=day_text(ctx.home.local_day(seen.at)),
        to=ctx.words(f"opinions.to_{seen.visibility}"),
        state=ctx.words(f"opinions.state_{seen.state}"),
    )


def _answer(ctx: Context, seen: OpinionSeen) -> list[Text]:
    return [ctx.words("opinions.answer", text=seen.answer)] if seen.answer else []


def _onward(ctx: Context, action: ShowOwn | ShowBranch | ShowWaiting | None, more: int) -> tuple[Choice, ...]:
    return (choice(ctx.words("opinions.button_onward", n=more), action),) if action else ()


def _reply_button(ctx: Context, seen: OpinionSeen) -> Choice:
    return choice(ctx.words("opinions.button_reply"), Reply(seen.id))


def _own_button(ctx: Context) -> Choice:
    return choice(ctx.words("opinions.button_own"), ShowOwn(0))


def _write_button(ctx: Context) -> Choice:
    return choice(ctx.words("opinions.button_write"), Write())


def _list_buttons(ctx: Context) -> tuple[Choice, ...]:
    buttons = [choice(ctx.words("opinions.button_all"), ShowBranch(0))]
    if has_somewhere(ctx.me, Right.ANSWER_OPINIONS):
        buttons.append(choice(ctx.words("opinions.menu_waiting"), ShowWaiting(0)))
    return tuple(buttons)
