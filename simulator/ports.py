"""Ports for processes that are started and found again by their number."""

import secrets
import socket

_LOWEST, _BELOW = 20_000, 32_000  # under every range from which systems deal ports to callers
_HOST = "127.0.0.1"


def free_port(in_a_row: int = 1) -> int:
    """A port nobody uses just now, with so many free ones in a row.

    Not dealt by the system: it would deal the same number again, to anybody's call, before we listen there.
    """
    while True:
        first = _LOWEST + secrets.randbelow(_BELOW - _LOWEST)
        if all(_is_free(port) for port in range(first, first + in_a_row)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True
