"""Logs: ids and lengths, never message texts, names or a token.

As lines for people, or as one JSON object a line (`log.json`) with the ids of what was being done.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO, TypeAlias

import msgspec

from db.errors import MungBaError

_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039 (never changed)
_Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
NOISY = ("httpx", "httpcore", "telegram", "apscheduler", "asyncio")


class about(AbstractContextManager[None]):  # noqa: N801 (used as a word)
    """Every line logged inside bears these ids: channel, update, message, member."""

    def __init__(self, **ids: object) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._token = _ABOUT.set({**_ABOUT.get(), **self._ids})

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        _ABOUT.reset(self._token)


def also_about(**ids: object) -> None:
    """More ids, known only now, until the end of the `about` around."""
    _ABOUT.set({**_ABOUT.get(), **ids})


class Discreet(logging.Formatter):
    """Lines for people. Errors that are not ours are named by their kind: their text may quote people."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, perhaps with a traceback, without anything shaped like a token."""
        text = f"{_moment(record)} {record.levelname} {record.name}: {said(record)}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return _TOKEN.sub("[token]", text)

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 (logging's own name)
        """Where it happened, line by line, and its kind."""
        return "\n".join(_trace(ei[1]))


class AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One record with the ids of what was being done."""
        line: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": said(record),
            **{name: value for name, value in _ABOUT.get().items() if value is not None},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["trace"] = _trace(record.exc_info[1])
        return _TOKEN.sub("[token]", msgspec.json.encode(line).decode())


def configure(level: str = "INFO", *, as_json: bool = False, stream: TextIO | None = None) -> None:
    """Log to standard error; HTTP clients, which would log addresses with tokens, only when in trouble."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(AsJson() if as_json else Discreet())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def said(record: logging.LogRecord) -> str:
    """The record's sentence on one line; an error that is not ours stands in it by its kind alone."""
    given = record.args
    if isinstance(given, tuple):
        given = tuple(_safe(one) for one in given)
    elif isinstance(given, Mapping):
        given = {name: _safe(one) for name, one in given.items()}
    text = str(record.msg) % given if given else str(_safe(record.msg))
    return _BREAKS.sub(" ", text)


def _safe(given: object) -> object:
    foreign = isinstance(given, BaseException) and not isinstance(given, MungBaError)
    return type(given).__name__ if foreign else given


def _trace(error: BaseException | None) -> list[str]:
    """The first error first, as Python does, each with the places it passed."""
    lines: list[str] = []
    while error is not None:
        places = [f"{p.filename}:{p.lineno} {p.name}" for p in traceback.extract_tb(error.__traceback__)]
        text = _BREAKS.sub(" ", str(error)) if isinstance(error, MungBaError) else ""
        lines = [*places, f"{type(error).__name__}: {text}".removesuffix(": "), *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
