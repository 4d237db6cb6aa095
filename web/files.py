"""Pictures and files fetched from an unguessable address; nothing else is found here."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db import pictures
from db.errors import StoreError
from db.pictures import Kept
from web.home import WebHome


class Files:
    """The addresses under /hinh and /tep."""

    def __init__(self, home: WebHome) -> None:
        self._home = home

    def routes(self) -> list[Route]:
        """Pictures to be shown, files to be saved."""
        return [Route("/hinh/{token}.png", self.picture), Route("/tep/{token}", self.file)]

    async def picture(self, request: Request) -> Response:
        """A PNG; asked for more than once by whoever shows it."""
        found = await self._kept(request)
        if isinstance(found, Response):
            return found
        if not pictures.is_picture(found.name):
            return Response(status_code=404)
        return Response(found.data, media_type="image/png")

    async def file(self, request: Request) -> Response:
        """Any other file, to be saved under its name."""
        found = await self._kept(request)
        if isinstance(found, Response):
            return found
        saved_as = f"attachment; filename*=utf-8''{quote(found.name, safe='')}"
        headers = {"Content-Disposition": saved_as}
        return Response(found.data, media_type="application/octet-stream", headers=headers)

    async def _kept(self, request: Request) -> Kept | Response:
        home, token = self._home, request.path_params["token"]
        try:
            found = await home.store.read(pictures.kept, token, home.now())
        except StoreError:
            return Response(status_code=503)
        return found or Response(status_code=404)
