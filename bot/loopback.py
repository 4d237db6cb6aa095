"""Whether an address is on this machine, or private: what is not for everybody is for those only."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Whether the host of a URL is this machine's loopback."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(host: str) -> bool:
    """Whether listening on this host is seen by this machine or its private network alone, never by all."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
    return all(address.is_private and not address.is_unspecified for address in addresses)


def is_out_of_reach(address: str) -> bool:
    """Whether a phone elsewhere cannot reach the host of a URL: this machine, a home network, a bare name."""
    host = urlsplit(address).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rsplit(".", 1)[1] in {"local", "localhost", "lan", "internal", "home"}
