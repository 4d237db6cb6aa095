"""People who talk and open pages: a talk whose channel has an address, and a browser on the same store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from msgspec.structs import replace

from bot.dialogue import Dialogue
from bot.language import Say
from bot.settings import ChannelAccount, ChannelKind, Settings, Web
from handlers import GATES
from handlers.checkin.typed import rules_of
from locales.words import Words
from tests.support.forms import Shown, opened
from tests.support.talk import Person, Talk
from web.app import build_web
from web.home import WebHome

PUBLIC = "http://127.0.0.1:8080"


def speak_on(talk: Talk, kind: ChannelKind, api_base: str = "http://127.0.0.1:9") -> None:
    """The talk's channel account is of this kind, and phones can open our pages."""
    account = ChannelAccount(name=talk.channel, kind=kind, api_base=api_base)
    talk.home = replace(talk.home, settings=Settings(channels=(account,), web=Web(public_url=PUBLIC)))
    talk.dialogue = Dialogue(talk.home, talk.router, GATES)


@asynccontextmanager
async def browser(talk: Talk) -> AsyncIterator[httpx.AsyncClient]:
    """Opens the pages of the talk's store, by the talk's clock."""
    rules = rules_of(talk.home.settings)
    home = WebHome(talk.home.store, Words(), rules, str, lambda: talk.now, PUBLIC)
    transport = httpx.ASGITransport(app=build_web(home))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, follow_redirects=True) as client:
        yield client


def links_in(say: Say) -> dict[str, str]:
    """Label → address of the links in a message."""
    return {choice.label: choice.url for row in say.choices for choice in row if choice.url}


async def follows(person: Person, label: str, client: httpx.AsyncClient) -> Shown:
    """Open the link of this label in the newest message."""
    return await opened(client, links_in(person.heard[-1])[label].removeprefix(PUBLIC))
