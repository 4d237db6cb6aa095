"""What is said while joining and leaving."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Say, choice, rows
from handlers.joining.actions import Answer, Consent, ItIsMe, Leave, MyRecord, NotMe, ShowName
from locales.text import Text
from members.consent import FULL_TEXT, TEXT
from members.joining import TRIES_PER_ACCOUNT, Joined


def welcome_stranger(ctx: Context) -> Say:
    """The first message somebody reads."""
    return Say(ctx.words("joining.hello", organisation=ctx.settings.organisation.name))


def code_needed(ctx: Context) -> Say:
    """A link or a text that looked like a code and is none."""
    return Say(ctx.words("joining.code_shape"))


def wrong_code(ctx: Context, joined: Joined) -> Say:
    """Nobody has this code; how many tries are left."""
    if not joined.tries_left:
        return Say(ctx.words("joining.wrong_last", tries=TRIES_PER_ACCOUNT))
    return Say(ctx.words("joining.wrong_code", left=joined.tries_left))


def is_it_you(ctx: Context, joined: Joined) -> Say:
    """The name, to be confirmed by whoever holds the phone."""
    words = ctx.words
    return Say(
        words("joining.is_it_you", name=joined.full_name, branch=joined.branch_name),
        rows(
            choice(words("joining.yes_me"), ItIsMe()),
            choice(words("joining.not_me"), NotMe(sure=False)),
        ),
    )


def consent_question(ctx: Context) -> Say:
    """What is stored, by whom, and the rights (domain.md 6.19)."""
    return Say(ctx.words(TEXT, organisation=ctx.settings.organisation.name), _consent_choices(ctx, full=True))


def full_text(ctx: Context) -> list[Say]:
    """The whole text in short messages, the question with the last."""
    organisation = ctx.settings.organisation.name
    texts = [ctx.words(key, organisation=organisation) for key in FULL_TEXT]
    return [*map(Say, texts[:-1]), Say(texts[-1], _consent_choices(ctx, full=False))]


def name_question(ctx: Context) -> Say:
    """Asked apart from the consent: may the name stand on leaderboards?"""
    words = ctx.words
    return Say(
        words("joining.name_question"),
        rows(
            choice(words("joining.name_yes"), ShowName(shown=True, first=True)),
            choice(words("joining.name_no"), ShowName(shown=False, first=True)),
        ),
        instead=True,
    )


def name_noted(ctx: Context, *, shown: bool) -> Text:
    """What was chosen."""
    return ctx.words("joining.name_is_shown" if shown else "joining.name_is_hidden")


def declined(ctx: Context) -> Say:
    """No consent: nothing is stored, the branch serves them as before."""
    words = ctx.words
    return Say(
        words("joining.declined"),
        rows(
            choice(words("joining.agree"), Consent(Answer.YES)),
            choice(words("joining.unlink"), Leave(sure=False)),
        ),
    )


def agreed_before(ctx: Context) -> Say:
    """'Tôi chưa đồng ý' on an old message, though the consent stands."""
    return Say(
        ctx.words("joining.agreed_before"),
        rows(
            choice(ctx.words("joining.withdraw"), Leave(sure=False)),
            choice(ctx.words("joining.see_mine"), MyRecord()),
        ),
    )


def not_me_question(ctx: Context) -> Say:
    """Asked of people whose consent stands."""
    words = ctx.words
    return Say(
        words("joining.not_me_question", name=ctx.me.full_name),
        rows(
            choice(words("joining.not_me_sure"), NotMe(sure=True)),
            choice(words("joining.stay"), MyRecord()),
        ),
    )


def unlinked(ctx: Context) -> Say:
    """This phone belongs to nobody on the roll any more."""
    return Say(ctx.words("joining.unlinked"), instead=True)


def leave_question(ctx: Context) -> Say:
    """What leaving means, before it is done."""
    words = ctx.words
    return Say(
        words("joining.leave_question"),
        rows(
            choice(words("joining.leave_sure"), Leave(sure=True)),
            choice(words("joining.stay"), ItIsMe()),
        ),
    )


def left(ctx: Context) -> Say:
    """Done; how to come back."""
    return Say(ctx.words("joining.left"), instead=True)


def _consent_choices(ctx: Context, *, full: bool) -> tuple[tuple[Choice, ...], ...]:
    words = ctx.words
    choices = [
        choice(words("joining.agree"), Consent(Answer.YES)),
        choice(words("joining.disagree"), Consent(Answer.NO)),
    ]
    if full:
        choices.append(choice(words("joining.see_full"), Consent(Answer.FULL)))
    return rows(*choices)
