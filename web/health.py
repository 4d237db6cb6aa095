"""Whether we live, whether we can work, and our figures: for a load balancer and for those who watch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Readiness = Callable[[], Awaitable[str]]
"""Why we cannot work now, in plain words; empty when we can."""

Figures = Callable[[], Awaitable[tuple[bytes, str]]]
"""The figures and their media type."""


def health_routes(readiness: Readiness | None) -> list[Route]:
    """`/healthz` and, where the process can tell, `/readyz`."""
    routes = [Route("/healthz", _alive)]
    return routes if readiness is None else [*routes, Route("/readyz", _ready(readiness))]


def figures_route(figures: Figures) -> Route:
    """`/metrics`; never put on a public listener."""

    async def metrics(_request: Request) -> Response:
        content, media_type = await figures()
        return Response(content, media_type=media_type)

    return Route("/metrics", metrics)


async def _alive(_request: Request) -> Response:
    """The process serves pages."""
    return PlainTextResponse("ok")


def _ready(readiness: Readiness) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_request: Request) -> Response:
        reason = await readiness()
        return PlainTextResponse(reason or "ready", 503 if reason else 200)

    return ready
