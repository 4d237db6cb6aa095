"""One request with a personal link that holds: what every page is given."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import Struct
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.errors import BadInput, MungBaError, NotAllowed, NotFound, TooManyTries
from locales.text import Text
from locales.words import Words
from members import page_links
from members.identity import Who
from members.page_links import Opened
from web import rendering
from web.home import WebHome

AT = "/trang"
_KEY = re.compile(r"[A-Za-z0-9_-]{12}", re.ASCII)
_STATUS: dict[type[MungBaError], int] = {BadInput: 422, NotAllowed: 403, NotFound: 404, TooManyTries: 429}
P = ParamSpec("P")
R = TypeVar("R")


class Visit(Struct, frozen=True):
    """`part`: what stands behind the link in the path. Rights are those of this moment."""

    home: WebHome
    token: str
    link: Opened
    words: Words
    now: datetime
    part: str
    query: QueryParams

    @property
    def who(self) -> Who:
        """The member whose link this is."""
        return self.link.who

    @property
    def today(self) -> date:
        """The local day."""
        return local_day(self.home, self.now)

    @property
    def path(self) -> str:
        """The link's own address."""
        return f"{AT}/{self.token}"

    async def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Look at something."""
        return await self.home.store.read(query, *args, **kwargs)

    async def act(
        self, deed: Callable[Concatenate[Session, Opened, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Do `deed(session, link, …)` in the transaction in which the link was found to hold once more."""

        def with_the_link(session: Session, link: Opened) -> R:
            return deed(session, link, *args, **kwargs)

        return await self.home.store.write(page_links.act, self.token, self.now, self.today, with_the_link)

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """A page of this link."""
        values = {"visit": self, "alert": None, **values}
        return HTMLResponse(render(self.words, f"pages/{template}", **values), status)

    def onward(self, tail: str = "") -> Response:
        """After a deed: the page that shows what came of it, so that loading it again repeats nothing."""
        return RedirectResponse(self.path + tail, status_code=303)

    def refusal(self, refused: MungBaError) -> Response:
        """The deed cannot be done; the way back to the page."""
        return self.page("refusal.html", status_of(refused), alert=sentence(self.words, refused))

    def new_key(self) -> str:
        """What a form carries so that sending it twice does its deed once."""
        return secrets.token_urlsafe(9)

    def source_key(self, key: str) -> str:
        """The key under which a deed is recorded; it stands for this link's forms only."""
        if not _KEY.fullmatch(key):
            raise BadInput("pages.old_form")
        return f"page:{self.link.link_id}:{key}"


def render(words: Words, template: str, **values: object) -> str:
    """A template with the sentences of one language."""
    return rendering.render(template, words=words, language=words.language, **values)


def status_of(refused: MungBaError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in _STATUS.items() if isinstance(refused, kind)), 409)


def sentence(words: Words, refused: MungBaError) -> Text:
    """A refusal in its own words."""
    return words(refused.key, **refused.args_for_person)


def local_day(home: WebHome, moment: datetime) -> date:
    """The calendar day in the installation's zone."""
    return moment.astimezone(home.checkin.zone).date()
