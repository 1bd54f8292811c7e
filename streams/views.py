"""/livez, /readyz, /healthz and /metrics: what orchestrators and Prometheus ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from schemas.errors import ConfigurationError
from streams.web_auth import asks_for

Readiness = Callable[[], Mapping[str, bool]]
"""Says per part of the worker whether it does its work."""


class Health(NamedTuple):
    """How a worker is."""

    stalled: Sequence[Mapping[str, Any]] = ()
    """Parts that stand still although they have something to do; the process ends itself if that lasts."""
    holes: Sequence[Mapping[str, Any]] = ()
    """Positions that were never seen; a restart by a person acknowledges them."""
    waiting: Mapping[str, str] = {}
    """What parts wait for that is away; they go on by themselves."""

    @property
    def status(self) -> str:
        """Sum it up: `failed`, `holes`, `degraded` or `ok`."""
        if self.stalled:
            return "failed"
        if self.holes:
            return "holes"
        return "degraded" if self.waiting else "ok"


def create_web(
    registry: CollectorRegistry,
    readiness: Readiness,
    health: Callable[[], Health] = Health,
    token: str | None = None,
) -> web.Application:
    """Build the pages.

    Parameters
    ----------
    registry
        What /metrics shows.
    readiness
        What /readyz asks.
    health
        What /livez and /healthz ask.
    token
        What /metrics asks for; `None` lets everybody read it who gets there.
    """

    async def livez(_: web.Request) -> web.Response:
        """Answer 503 only for what a restart cures: a part that stands still."""
        found = health()
        return web.json_response({"alive": not found.stalled}, status=503 if found.stalled else 200)

    async def healthz(_: web.Request) -> web.Response:
        """Answer 503 while a part stands still, or a hole was found; with every reason and what to do."""
        found = health()
        told = {"status": found.status, **found._asdict()}
        return web.json_response(told, status=503 if found.status in ("failed", "holes") else 200)

    async def readyz(_: web.Request) -> web.Response:
        """Answer 200 once every role does its work, 503 before that and during a recovery."""
        parts = dict(readiness())
        ready = all(parts.values())
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        """Answer with every metric, in Prometheus' text format."""
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=asks_for(token))
    pages = {"/livez": livez, "/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
    app.add_routes([web.get(path, page) for path, page in pages.items()])
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
    except (OSError, UnicodeError) as error:  # the latter for what cannot be a name
        await runner.cleanup()
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error}): set FORESHOCK_WEB_PORT to "
            "a free port, or 0, and FORESHOCK_WEB_HOST to an address of this machine"
        ) from error
    return runner, runner.addresses[0][1]
