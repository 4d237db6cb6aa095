"""The home menu and the guide."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Say, choice, rows
from bot.router import MenuItem
from handlers.home.actions import Guide, Menu, Speak
from locales.text import join
from locales.words import LANGUAGES
from members.identity import Who

ITEMS_A_PAGE = 3
GUIDE_PAGES = 4


def menu(ctx: Context, page: int = 0, *, first: bool = False, instead: bool = False) -> Say:
    """Three things to do and the way to the others. `first`: right after joining."""
    me, words = ctx.me, ctx.words
    items = menu_items(me)
    pages = max(1, -(-len(items) // ITEMS_A_PAGE))
    page = page % pages
    choices = [
        choice(words(item.label), item.action)
        for item in items[page * ITEMS_A_PAGE : (page + 1) * ITEMS_A_PAGE]
    ]
    if pages > 1:
        choices.append(
            choice(words("home.more" if page + 1 < pages else "home.back"), Menu((page + 1) % pages))
        )
    greeting = words("home.greeting", name=me.full_name, branch=me.branch_name)
    line = words("home.after_joining" if first else "home.what")
    return Say(join([greeting, line]), rows(*choices), instead=instead)


def menu_items(who: Who) -> list[MenuItem]:
    """All entries shown to the person, in their order."""
    from handlers import FEATURES  # the list of features holds this one too

    items = sorted((item for feature in FEATURES for item in feature.menu), key=lambda item: item.order)
    return [item for item in items if item.shown_to(who)]


def guide(ctx: Context, page: int, *, instead: bool = False) -> Say:
    """One page of the steps of a branch meeting, at most five short lines."""
    page = page % GUIDE_PAGES
    words = ctx.words
    last = page + 1 == GUIDE_PAGES
    onward = (
        choice(words("home.menu_button"), Menu(0)) if last else choice(words("home.next"), Guide(page + 1))
    )
    return Say(words(f"home.guide_{page + 1}"), rows(onward), instead=instead)


def language_question(ctx: Context) -> Say:
    """In which language to go on; each is named in itself."""
    return Say(ctx.words("home.language_question"), rows(*(_language(ctx, code) for code in LANGUAGES)))


def _language(ctx: Context, code: str) -> Choice:
    return choice(ctx.words(f"home.language_{code}"), Speak(code))
