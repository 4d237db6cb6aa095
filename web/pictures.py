"""Pictures fetched from an unguessable address; nothing else is found here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db import pictures
from db.errors import StoreError
from web.home import WebHome


class Pictures:
    """The addresses under /hinh."""

    def __init__(self, home: WebHome) -> None:
        self._home = home

    def routes(self) -> list[Route]:
        """Pictures to be shown."""
        return [Route("/hinh/{token}.png", self.picture)]

    async def picture(self, request: Request) -> Response:
        """A PNG; asked for more than once by whoever shows it."""
        home, token = self._home, request.path_params["token"]
        try:
            found = await home.store.read(pictures.kept, token, home.now())
        except StoreError:
            return Response(status_code=503)
        if found is None or not pictures.is_picture(found.name):
            return Response(status_code=404)
        return Response(found.data, media_type="image/png")
