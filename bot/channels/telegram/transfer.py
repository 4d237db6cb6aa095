"""Files to and from the Bot API, over httpx: it is loaded with the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from bot.channels.telegram.outgoing import Upload
from bot.channels.tls import trust_for
from bot.limits import CONNECT_SECONDS, FILE_SECONDS, REQUEST_SECONDS
from db.errors import TryLater

NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Transfer:
    """Connections of their own, which wait for nobody's answer."""

    def __init__(self) -> None:
        transport = httpx.AsyncHTTPTransport(verify=trust_for("https:"))
        self._http = httpx.AsyncClient(transport=transport)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def upload(self, url: str, parameters: Mapping[str, Any], upload: Upload) -> tuple[int, bytes]:
        """Status and body of the answer to a form with one file."""
        fields = {
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in parameters.items()
        }
        files = {upload.parameter: (upload.name, upload.data)}
        return await self._whole(
            self._http.build_request("POST", url, data=fields, files=files), REQUEST_SECONDS
        )

    async def download(self, url: str) -> tuple[int, bytes]:
        """Status and body of what is there."""
        return await self._whole(self._http.build_request("GET", url), FILE_SECONDS)

    async def _whole(self, request: httpx.Request, seconds: float) -> tuple[int, bytes]:
        """httpx counts each read alone: a line that drips would never end without a limit to the whole."""
        times = httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        request.extensions["timeout"] = times.as_dict()
        try:
            async with asyncio.timeout(CONNECT_SECONDS + seconds):
                answer = await self._http.send(request)
                return answer.status_code, answer.content
        except NEVER_REACHED:
            raise TryLater("no connection", maybe_delivered=False) from None
        except TimeoutError:
            raise TryLater("time-out", maybe_delivered=True) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TryLater(type(error).__name__, maybe_delivered=True) from None
