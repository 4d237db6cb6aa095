"""The way to the Bot API: one pool of connections under all calls, another under files.

Telegram's refusals become our errors here and nowhere else (texts are no contract: codes and parameters
come first).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from bot.channels.telegram.outgoing import Upload
from bot.channels.telegram.posting import NeverReached, Poster
from bot.limits import REQUEST_SECONDS
from db.errors import (
    BadInput,
    ChannelRefused,
    ChatMoved,
    DeliveryError,
    MessageRefused,
    RetryAfter,
    TryLater,
    Unreachable,
)

if TYPE_CHECKING:
    from bot.channels.telegram.transfer import Transfer


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: _Parameters | None = None


_ENCODE = msgspec.json.Encoder().encode
_DECODE_ANSWER = msgspec.json.Decoder(_Answer).decode


class Request:
    """Connections are opened when they are needed."""

    async def close(self) -> None:
        """Let go of connections."""
        self._poster.close()
        if "_transfer" in self.__dict__:
            await self._transfer.close()

    async def ask(
        self, url: str, parameters: Mapping[str, Any], upload: Upload | None = None, wait: float = 0.0
    ) -> msgspec.Raw:
        """The result of a call, its answer read no further than needed; or one of our errors."""
        if upload is None:
            return _result(*await self._post(url, _ENCODE(parameters), wait or REQUEST_SECONDS))
        return _result(*await self._transfer.upload(url, parameters, upload))

    async def file(self, url: str) -> bytes:
        """What is there; BadInput when it is there no longer."""
        status, data = await self._transfer.download(url)
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
            raise BadInput("error.file_gone")
        if status != HTTPStatus.OK:
            raise TryLater(f"file: {status}", maybe_delivered=False)
        return data

    async def _post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        try:
            return await self._poster.post(url, body, seconds)
        except NeverReached:
            raise TryLater("no connection", maybe_delivered=False) from None
        except TimeoutError:
            raise TryLater("time-out", maybe_delivered=True) from None
        except OSError as error:
            raise TryLater(type(error).__name__, maybe_delivered=True) from None

    @cached_property
    def _poster(self) -> Poster:
        return Poster()

    @cached_property
    def _transfer(self) -> Transfer:
        from bot.channels.telegram.transfer import Transfer

        return Transfer()


def _result(status: int, data: bytes) -> msgspec.Raw:
    try:
        answer = _DECODE_ANSWER(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = _Answer(ok=False, error_code=status)
    if answer.ok and status == HTTPStatus.OK:
        return answer.result
    raise _refusal(answer, answer.error_code or status)


def _refusal(answer: _Answer, code: int) -> DeliveryError:  # noqa: PLR0911 (one line a cause)
    asked, text = answer.parameters, answer.description
    if asked is not None and asked.migrate_to_chat_id is not None:
        return ChatMoved(str(asked.migrate_to_chat_id))
    if asked is not None and asked.retry_after is not None:
        return RetryAfter(asked.retry_after)
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        return ChannelRefused("Telegram does not know this token")
    if code == HTTPStatus.CONFLICT:
        return ChannelRefused("another process polls with this token, or a webhook is set")
    if code == HTTPStatus.FORBIDDEN or "chat not found" in text.lower():
        return Unreachable(text)
    if code == HTTPStatus.BAD_REQUEST:
        return MessageRefused(text)
    return TryLater(f"an answer with {code}", maybe_delivered=True)
