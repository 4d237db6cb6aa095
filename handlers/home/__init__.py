"""Conversations about the home menu, help, the guide and the language."""

from __future__ import annotations

from msgspec.structs import replace

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer, Audience, Feature, MenuItem, on, route
from handlers.home import views
from handlers.home.actions import AskLanguage, Guide, Menu, Speak
from locales.words import LANGUAGES, Words
from members.speaking import speak


async def menu_typed(said: Said, ctx: Context) -> Answer:
    """'menu', '0', 'trợ giúp'."""
    return views.menu(ctx)


async def show_menu(said: Said, ctx: Context, action: Menu) -> Answer:
    """Another page of the menu."""
    return views.menu(ctx, action.page, instead=True)


async def guide_typed(said: Said, ctx: Context) -> Answer:
    """'các bước': the steps of a meeting."""
    return views.guide(ctx, 0)


async def show_guide(said: Said, ctx: Context, action: Guide) -> Answer:
    """A page of the steps."""
    return views.guide(ctx, action.page, instead=action.page > 0)


async def ask_language(said: Said, ctx: Context, action: AskLanguage) -> Answer:
    """Which language?"""
    return views.language_question(ctx)


async def speak_vietnamese(said: Said, ctx: Context) -> Answer:
    """'tiếng việt'."""
    return await _speak(ctx, "vi")


async def speak_english(said: Said, ctx: Context) -> Answer:
    """'english'."""
    return await _speak(ctx, "en")


async def chosen_language(said: Said, ctx: Context, action: Speak) -> Answer:
    """A language from a button; one we do not speak is Vietnamese."""
    return await _speak(ctx, action.language if action.language in LANGUAGES else LANGUAGES[0])


async def _speak(ctx: Context, language: str) -> Answer:
    """Go on in that language."""
    await ctx.store.write(speak, ctx.account_id, language)
    ctx = replace(ctx, words=Words(language))
    if ctx.who is None or not ctx.who.consented:
        return Say(ctx.words("home.language_now"), keeps_step=True)
    return [Say(ctx.words("home.language_now")), views.menu(ctx)]


FEATURE = Feature(
    "home",
    actions=(
        on(Menu, show_menu),
        on(Guide, show_guide, Audience.LINKED),
        on(AskLanguage, ask_language, Audience.ANYONE),
        on(Speak, chosen_language, Audience.ANYONE),
    ),
    words=(
        route("home.word.menu", menu_typed),
        route("home.word.guide", guide_typed, Audience.LINKED),
        route("home.word.vietnamese", speak_vietnamese, Audience.ANYONE),
        route("home.word.english", speak_english, Audience.ANYONE),
    ),
    menu=(
        MenuItem("home.guide_menu", Guide(0), 80),
        MenuItem("home.language_menu", AskLanguage(), 95),
    ),
)
