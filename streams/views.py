"""/healthz, /readyz and /metrics: what orchestrators and Prometheus ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from schemas.errors import ConfigurationError
from streams.web_auth import asks_for

Readiness = Callable[[], Mapping[str, bool]]
"""Says per part of the worker whether it does its work."""


def create_web(registry: CollectorRegistry, readiness: Readiness, token: str | None = None) -> web.Application:
    """Build the pages.

    Parameters
    ----------
    registry
        What /metrics shows.
    readiness
        What /readyz asks.
    token
        What /metrics asks for; `None` lets everybody read it who gets there.
    """

    async def healthz(_: web.Request) -> web.Response:
        """Answer while the event loop runs: an answer is all there is to it."""
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        """Answer 200 once every role does its work, 503 before that and during a recovery."""
        parts = dict(readiness())
        ready = all(parts.values())
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        """Answer with every metric, in Prometheus' text format."""
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=asks_for(token))
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app


async def start_web(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve the pages.

    Returns
    -------
    tuple
        What to clean up in the end, and the port that is listened on.

    Raises
    ------
    ConfigurationError
        If the address cannot be listened on.
    """
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({error.strerror}): set FORESHOCK_WEB_PORT to a free port, or 0"
        ) from error
    return runner, runner.addresses[0][1]
