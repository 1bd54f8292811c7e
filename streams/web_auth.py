"""Who may read the pages: a token for /metrics, and nothing for the probes."""

from __future__ import annotations

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

OPEN_PATHS = frozenset({"/livez", "/healthz", "/readyz"})
"""What answers everybody: orchestrators ask these, mostly without a way to hold a secret, and they name no customer."""


def asks_for(token: str | None) -> list[Middleware]:
    """Return what stands before the pages: nothing without a token.

    Parameters
    ----------
    token
        What a request must bear as `Authorization: Bearer TOKEN`.
    """
    if token is None:
        return []
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def authorised(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let through who bears the token; how long the comparison takes says nothing about the token."""
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if request.path in OPEN_PATHS or hmac.compare_digest(given, expected):
            return await handler(request)
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Bearer realm="foreshock"'})

    return [authorised]
