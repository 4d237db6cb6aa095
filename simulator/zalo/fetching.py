"""Zalo downloads a picture by its address; here only from this machine."""

import asyncio
import ssl
import urllib.request
from typing import Any

from simulator.loopback import leads_to_this_machine

PATIENCE = 20.0  # seconds
MOST_BYTES = 25 * 1024 * 1024


class NotFetched(Exception):
    """Nothing usable was at the address; the text says why."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _get(url: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    handlers = (
        urllib.request.ProxyHandler({}),
        _NoRedirects(),
        urllib.request.HTTPSHandler(context=context),
    )
    with urllib.request.build_opener(*handlers).open(url, timeout=PATIENCE) as answer:
        data: bytes = answer.read(MOST_BYTES + 1)
    return data


async def fetch(url: str) -> bytes:
    """The bytes at an http(s) address of this machine. Raises NotFetched."""
    if not leads_to_this_machine(url):
        raise NotFetched("the simulator calls nobody but this machine")
    try:
        data = await asyncio.to_thread(_get, url)
    except (OSError, ValueError) as problem:
        raise NotFetched(str(problem)[:200]) from None
    if len(data) > MOST_BYTES:
        raise NotFetched("too big")
    return data
