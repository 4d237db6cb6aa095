"""Logs: ids and lengths, never message texts, never a token."""

from __future__ import annotations

import logging
import re
import sys

_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")


class WithoutTokens(logging.Formatter):
    """Strikes out anything shaped like a bot token, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        return _TOKEN.sub("[token]", super().format(record))


def configure(level: str = "INFO") -> None:
    """Log to standard error; HTTP clients, which would log addresses with tokens, only when in trouble."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutTokens("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "telegram", "apscheduler", "aiohttp", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
