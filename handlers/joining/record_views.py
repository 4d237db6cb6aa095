"""How one's own record is shown."""

from __future__ import annotations

from bot.context import Context
from bot.language import Say, choice, rows
from handlers.joining.actions import Leave, LinkMore, MyCopy, MyData, ShowName, Unlink
from handlers.joining.linking_views import messenger
from locales.dates import day_text
from locales.text import Text, join
from members.consent import OwnData
from reports.my_record import MyRecord


def record(ctx: Context, mine: MyRecord, data: OwnData) -> Say:
    """'của tôi': who I am, what is counted of this year."""
    words = ctx.words
    lines = [
        _who(ctx),
        words(
            "record.meetings",
            year=mine.year,
            attended=mine.attended,
            meetings=mine.meetings,
            thematic=f"{mine.attended_thematic}/{mine.thematic}",
        ),
        words("record.quizzes", quizzes=mine.quizzes, correct=mine.correct, answered=mine.answered),
        words("record.opinions", opinions=mine.opinions),
    ]
    shown = data.name_on_leaderboard
    return Say(
        join(lines),
        rows(
            choice(words("record.see_data"), MyData()),
            choice(
                words("record.hide_name" if shown else "record.show_name"), ShowName(not shown, first=False)
            ),
            choice(words("record.leave"), Leave(sure=False)),
        ),
    )


def data(ctx: Context, stored: OwnData) -> Say:
    """All that is stored, and the rights over it."""
    words = ctx.words
    given = stored.consented_at
    day = day_text(ctx.home.local_day(given)) if given else "–"
    name = words.plain("record.name_shown" if stored.name_on_leaderboard else "record.name_hidden")
    lines = [
        _who(ctx),
        words("record.consent", day=day, version=stored.version or "–", name=name),
        words("record.channels", channels=", ".join(messenger(ctx, c) for c in stored.channels) or "–"),
        words("record.also_stored"),
        words("record.rights", organisation=ctx.settings.organisation.name),
    ]
    others = [account for account in stored.accounts if account[0] != ctx.account_id]
    more = [
        choice(words("linking.take_off", messenger=messenger(ctx, channel)), Unlink(account))
        for account, channel in others[:1]
    ] or [choice(words("linking.more"), LinkMore())]
    copy = choice(words("record.copy"), MyCopy())
    return Say(join(lines), rows(copy, *more, choice(words("record.leave"), Leave(sure=False))))


def _who(ctx: Context) -> Text:
    me = ctx.me
    status = ctx.words(f"record.status_{me.status.value}")
    return ctx.words("record.who", name=me.full_name, branch=me.branch_name, status=status)
