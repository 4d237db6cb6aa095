"""What is said about the messengers of one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.language import Say, choice, link, rows
from handlers.home.actions import Menu
from handlers.joining.actions import MyData, NotMe, Unlink
from members.bots import Bot, Served, kin_of
from members.join_codes import shown
from members.joining import Joined
from members.linking import VALID_FOR, linked_channel

LINKS_SHOWN = 2


def other_messengers(ctx: Context, bots: Sequence[Bot]) -> list[str]:
    """Of the bots of a branch those on another messenger than this one."""
    kin = kin_of(ctx.settings.bots, ctx.channel)
    return [bot.name for bot in bots if bot.name not in kin][:LINKS_SHOWN]


def messenger(ctx: Context, channel: str) -> str:
    """'Zalo', 'Telegram': how people call the messenger of a channel account."""
    kind = next((account.kind for account in ctx.settings.channels if account.name == channel), channel)
    key = f"linking.on_{kind}"
    return ctx.words.plain(key) if ctx.words.has(key) else channel


def only_one(ctx: Context) -> Say:
    """The assistant lives on one messenger only."""
    return Say(ctx.words("linking.only_one"))


def code_to_type(ctx: Context, code: str, others: list[str]) -> Say:
    """The code, and how the other chats are opened."""
    minutes = int(VALID_FOR.total_seconds()) // 60
    links = [
        link(
            ctx.words("linking.open", messenger=messenger(ctx, name)), ctx.home.links.start(name, f"j-{code}")
        )
        for name in others
    ]
    return Say(ctx.words("linking.code", code=shown(code), minutes=minutes), rows(*links))


def code_of_another_bot(ctx: Context, joined: Joined) -> Say:
    """The code is good, at the bot of that branch."""
    return _go_there(ctx, "linking.code_elsewhere", joined.branch_name, joined.bot)


def another_bot(ctx: Context, theirs: Served) -> Say:
    """Somebody who has joined at another bot."""
    return _go_there(ctx, "linking.bot_elsewhere", theirs.branch_name, theirs.bot)


def _go_there(ctx: Context, key: str, branch: str, bot: str) -> Say:
    links = ctx.home.links
    name = links.name(bot)
    return Say(
        ctx.words(key, branch=branch, bot=name),
        rows(link(ctx.words("linking.open", messenger=name), links.start(bot, ""))),
    )


def linked_here(ctx: Context, joined: Joined) -> Say:
    """This account belongs to the member now: no second consent."""
    words = ctx.words
    return Say(
        words("linking.linked_here", name=joined.full_name, branch=joined.branch_name),
        rows(
            choice(words("home.menu_button"), Menu(0)),
            choice(words("joining.not_me"), NotMe(sure=False)),
        ),
    )


async def linked(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the account that showed the code: which one was linked, and how to undo it."""
    channel = await ctx.store.read(linked_channel, args["member"], args["account"])
    if channel is None:
        return None
    words = ctx.words
    return Say(
        words("linking.linked", messenger=messenger(ctx, channel)),
        rows(
            choice(words("linking.undo"), Unlink(args["account"])),
            choice(words("linking.it_was_me"), MyData()),
        ),
    )


def unlinked(ctx: Context, channel: str) -> Say:
    """Undone."""
    return Say(ctx.words("linking.unlinked", messenger=messenger(ctx, channel)))


async def undone(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the account that was unlinked."""
    return Say(ctx.words("linking.undone"))
