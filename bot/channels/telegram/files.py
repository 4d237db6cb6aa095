"""Files people send, fetched through python-telegram-bot's `Bot`, which knows a local server's ways too.

It is loaded with the first file: at every start it would cost as much as all else of this channel.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram.request import Request
from bot.limits import FILE_SECONDS
from db.errors import BadInput, MessageRefused, MungBaError, TryLater


class Files:
    """The files of one bot on one Bot API server."""

    def __init__(self, base: str, token: str, request: Request) -> None:
        beneath = _Beneath(request)
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=beneath,
            get_updates_request=beneath,
        )

    async def fetch(self, ref: str) -> bytes:
        """The bytes; BadInput when the platform no longer has them."""
        try:
            file = await self._bot.get_file(ref)
            if file.file_path is None:
                raise BadInput("error.file_gone")
            return bytes(await file.download_as_bytearray())
        except TelegramError as error:
            if isinstance(error.__cause__, MessageRefused):
                raise BadInput("error.file_gone") from None
            if isinstance(error.__cause__, MungBaError):
                raise error.__cause__ from None
            raise TryLater(type(error).__name__, maybe_delivered=True) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise TryLater("an answer we cannot read", maybe_delivered=True) from None


class _Beneath(BaseRequest):
    """The channel's own connections beneath `Bot`. Refusals are raised as ours, which `fetch` brings out."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return FILE_SECONDS

    async def initialize(self) -> None:
        """Connections are opened when they are needed."""

    async def shutdown(self) -> None:
        """Connections are the channel's."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *_timeouts: Any,
        **_more_timeouts: Any,
    ) -> tuple[int, bytes]:
        """See `BaseRequest`."""
        if method == "GET":
            return HTTPStatus.OK, await self._request.file(url)
        parameters = request_data.parameters if request_data is not None else {}
        result = await self._request.ask(url, parameters)
        return HTTPStatus.OK, b'{"ok":true,"result":%b}' % bytes(result)
