"""The addresses under /trang/{token}: a personal link is opened, its page shown or its deed done."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from msgspec import Struct
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from db.errors import Refused, StoreError
from locales.text import Text
from locales.words import Words
from members import page_links
from members.page_links import LinkRefused, Why
from members.tables import Purpose
from members.workbook import MAX_BYTES
from web.home import WebHome
from web.pages import checkin, download, opinion, quiz, rsvp
from web.pages.forms import FORM_BYTES, TooLong, form_of, is_from_elsewhere
from web.pages.visit import AT, Visit, local_day, render, sentence

log = logging.getLogger(__name__)
_REMEDY: dict[Purpose | None, str] = {
    Purpose.FILE_IN: "pages.new_upload",
    Purpose.FILE_OUT: "pages.new_download",
}
_STATUS = {Why.UNKNOWN: 404, Why.EXPIRED: 410, Why.USED: 410, Why.LEFT: 403}


class Page(Struct, frozen=True):
    """What one purpose shows and does. `most`: bytes of its form."""

    show: Callable[[Visit], Awaitable[Response]]
    act: Callable[[Visit, FormData], Awaitable[Response]]
    most: int = FORM_BYTES


async def _show_upload(visit: Visit) -> Response:
    from web.pages import upload  # loads what reads and imports files

    return await upload.show(visit)


async def _act_upload(visit: Visit, form: FormData) -> Response:
    from web.pages import upload

    return await upload.act(visit, form)


PAGES = {
    Purpose.RSVP: Page(rsvp.show, rsvp.act),
    Purpose.CHECKIN: Page(checkin.show, checkin.act),
    Purpose.QUIZ: Page(quiz.show, quiz.act),
    Purpose.OPINION: Page(opinion.show, opinion.act),
    Purpose.FILE_IN: Page(_show_upload, _act_upload, MAX_BYTES + FORM_BYTES),
    Purpose.FILE_OUT: Page(download.show, download.act),
}


class PersonalPages:
    """All personal pages."""

    def __init__(self, home: WebHome) -> None:
        self._home = home

    def routes(self) -> list[Route]:
        """The link itself, and what stands behind it."""
        return [
            Route(AT + "/{token}", self.serve, methods=["GET", "POST"]),
            Route(AT + "/{token}/{part}", self.serve, methods=["GET", "POST"]),
        ]

    async def serve(self, request: Request) -> Response:
        """Whatever goes wrong is said in a sentence with what to do."""
        try:
            return await self._serve(request)
        except LinkRefused as refused:
            remedy = _REMEDY.get(refused.purpose, "pages.new_link")
            return _problem(Words()(refused.key), _STATUS[refused.why], Words()(remedy))
        except StoreError as error:
            return _problem(sentence(Words(), error), 503)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            code = secrets.token_hex(3)
            log.error("a page failed, code %s", code, exc_info=error)
            return _problem(Words()("error.unexpected", code=code), 500)

    async def _serve(self, request: Request) -> Response:
        visit = await self._visit(request)
        page = PAGES[visit.link.purpose]
        try:
            if request.method == "HEAD":
                return Response()
            if request.method != "POST":
                return await page.show(visit)
            if is_from_elsewhere(request, self._home.public_url):
                return _problem(visit.words("pages.from_elsewhere"), 403)
            form = await form_of(request, page.most)
            try:
                return await page.act(visit, form)
            finally:
                await form.close()
        except TooLong:
            megabytes = page.most // 2**20
            key = "office.too_large" if megabytes else "pages.too_long"
            return visit.page("refusal.html", 413, alert=visit.words(key, limit=megabytes))
        except (LinkRefused, StoreError):
            raise
        except Refused as refused:
            return visit.refusal(refused)

    async def _visit(self, request: Request) -> Visit:
        home, now = self._home, self._home.now()
        token = request.path_params["token"]
        link = await home.store.read(page_links.open_link, token, now, local_day(home, now))
        part = request.path_params.get("part", "")
        return Visit(home, token, link, Words(link.language), now, part, request.query_params)


def _problem(told: Text, status: int, remedy: Text | None = None) -> Response:
    return HTMLResponse(render(Words(), "pages/problem.html", told=told, remedy=remedy), status)
