"""Whom the HTTP clients of the process trust."""

from __future__ import annotations

import os
import ssl
from functools import cache

import certifi

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
    """certifi's, unless the environment names others as it does for OpenSSL."""
    own, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return ssl.create_default_context(cafile=own or (None if folder else certifi.where()), capath=folder)
