"""Whom the HTTP clients of the process trust."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

from bot.loopback import is_loopback


def trust_for(address: str) -> ssl.SSLContext:
    """The list of authorities, loaded once for all clients since it takes 50 ms.

    Nobody for plain http on this machine: a simulator.
    """
    if address.startswith("http:") and is_loopback(address):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _authorities()


@cache
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context()
