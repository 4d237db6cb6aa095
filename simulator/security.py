"""Who may talk to a server on this machine: a local page is attacked from the browser beside it."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

COOKIE = "sim_key"
HEADER = "x-sim-key"
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Guard:
    """Checks of Host, Origin and key."""

    key: str
    port: int

    def host_allowed(self, host: str) -> bool:
        return host.lower() in {f"{name}:{self.port}" for name in _HOSTS}

    def origin_allowed(self, origin: str | None) -> bool:
        """No Origin is a script or a plain navigation; a page of another site has one."""
        if origin is None:
            return True
        parts = urlsplit(origin)
        return parts.scheme == "http" and self.host_allowed(parts.netloc)

    def is_key(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self.key.encode())

    def may_enter(self, request: Request) -> bool:
        return self.is_key(request.headers.get(HEADER)) or self.is_key(request.cookies.get(COOKIE))

    def cookie(self) -> str:
        return f"{COOKIE}={self.key}; Path=/; HttpOnly; SameSite=Strict"
