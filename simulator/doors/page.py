"""The page of phones: static files with a strict content policy."""

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from simulator.security import Guard

FOLDER = Path(__file__).parent.parent / "page"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
_NO_KEY = (
    "Hãy mở bằng liên kết có ?key=… mà lệnh khởi động đã in ra.\n"
    "Open the link with ?key=… that was printed at start.\n"
)


class Page:
    """`/` with the key, and `/page/*`."""

    def __init__(self, guard: Guard, folder: Path = FOLDER) -> None:
        self._guard = guard
        self._folder = folder.resolve()

    async def root(self, request: Request) -> Response:
        fresh = self._guard.is_key(request.query_params.get("key"))
        if not fresh and not self._guard.may_enter(request):
            return PlainTextResponse(_NO_KEY, 403, HEADERS)
        response = self._file("index.html")
        if fresh:
            response.headers["Set-Cookie"] = self._guard.cookie()
        return response

    async def file(self, request: Request) -> Response:
        return self._file(request.path_params["path"])

    async def icon(self, _request: Request) -> Response:
        icons = [name for name in ("favicon.ico", "favicon.svg") if (self._folder / name).is_file()]
        return self._file(icons[0]) if icons else Response(status_code=204, headers=HEADERS)

    def _file(self, path: str) -> Response:
        wanted = (self._folder / path).resolve()
        if not wanted.is_relative_to(self._folder) or not wanted.is_file():
            return PlainTextResponse("Not found\n", 404, HEADERS)
        kind = _TYPES.get(wanted.suffix) or mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
        return Response(wanted.read_bytes(), 200, HEADERS | {"Content-Type": kind})
