"""The big screen of the room: code, QR picture, count. Needs no scripts; with them it keeps itself fresh."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from db.errors import StoreError
from locales.dates import moment_text
from meetings.qr import qr_svg
from meetings.screen import Screen, ScreenState, screen_at
from web.home import WebHome
from web.rendering import render

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" '


class CheckinScreen:
    """The pages under /man-hinh/{token}."""

    def __init__(self, home: WebHome) -> None:
        self._home = home

    def routes(self) -> list[Route]:
        """Page, its numbers as JSON, its QR picture."""
        return [
            Route("/man-hinh/{token}", self.page),
            Route("/man-hinh/{token}/now", self.now),
            Route("/man-hinh/{token}/qr.svg", self.picture),
        ]

    async def page(self, request: Request) -> Response:
        """The screen as HTML."""
        try:
            screen = await self._screen(request)
        except StoreError:
            return self._notice("busy", 503, again=True)
        if screen is None:
            return self._notice("unknown", 404)
        return HTMLResponse(
            self._render("screen.html", token=request.path_params["token"], **self._shown(screen))
        )

    async def now(self, request: Request) -> Response:
        """What changes, for the script of the page."""
        try:
            screen = await self._screen(request)
        except StoreError:
            return JSONResponse({"state": "busy"}, 503)
        if screen is None:
            return JSONResponse({"state": "unknown"}, 404)
        return JSONResponse(_numbers(screen))

    async def picture(self, request: Request) -> Response:
        """The QR picture of the window of now."""
        try:
            screen = await self._screen(request)
        except StoreError:
            return Response(status_code=503)
        if screen is None or screen.code is None:
            return Response(status_code=404)
        picture = qr_svg(self._home.start_link(screen.code.link)).replace("<svg ", _SVG, 1)
        return Response(picture, media_type="image/svg+xml")

    async def _screen(self, request: Request) -> Screen | None:
        home, token = self._home, request.path_params["token"]
        return await home.store.read(screen_at, token, home.now(), home.checkin)

    def _shown(self, screen: Screen) -> dict[str, object]:
        home, meeting = self._home, screen.meeting
        return {
            "screen": screen,
            "code": screen.code,
            "spaced": _spaced(screen.code.digits) if screen.code else "",
            "moment": moment_text(meeting.starts_at, home.checkin.zone, home.words),
            "minutes": int(home.checkin.before.total_seconds()) // 60,
            "late": screen.state is ScreenState.LATE,
        }

    def _notice(self, sentence: str, status: int, *, again: bool = False) -> Response:
        return HTMLResponse(self._render("notice.html", sentence=sentence, again=again), status)

    def _render(self, template: str, **values: object) -> str:
        words = self._home.words
        say = lambda key, **filled: words.plain(f"screen.{key}", **filled)  # noqa: E731
        return render(template, say=say, language=words.language, **values)


def _numbers(screen: Screen) -> dict[str, str | int]:
    numbers: dict[str, str | int] = {
        "state": screen.state.value,
        "present": screen.attendance.present,
        "base": screen.attendance.base,
    }
    if screen.code:
        numbers |= {
            "code": _spaced(screen.code.digits),
            "window": screen.code.window,
            "seconds": screen.code.seconds_left,
        }
    return numbers


def _spaced(digits: str) -> str:
    return f"{digits[:3]} {digits[3:]}"
