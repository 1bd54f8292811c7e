from __future__ import annotations

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from schemas.errors import ConfigurationError
from sinks.prometheus import Metrics
from streams.views import Health, create_web, start_web


async def test_the_pages_answer_orchestrators_and_prometheus() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    parts = {"score": False, "ingest": True}
    runner, port = await start_web(create_web(registry, lambda: parts), "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/healthz") as health:
                assert health.status == 200
            async with session.get("/readyz") as unready:
                assert (unready.status, await unready.json()) == (503, {"ready": False, "parts": parts})
            parts["score"] = True
            async with session.get("/readyz") as ready:
                assert ready.status == 200
            async with session.get("/metrics") as metrics:
                assert metrics.content_type == "text/plain"
                assert 'foreshock_events_total{channel="hotline",kind="call"} 0.0' in await metrics.text()
    finally:
        await runner.cleanup()


async def test_a_port_in_use_is_named_with_what_to_do() -> None:
    registry = CollectorRegistry()
    runner, port = await start_web(create_web(registry, dict), "127.0.0.1", 0)
    try:
        with pytest.raises(ConfigurationError, match="FORESHOCK_WEB_PORT"):
            await start_web(create_web(registry, dict), "127.0.0.1", port)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("health", "status", "healthz", "livez"),
    [
        (Health(), "ok", 200, 200),
        (Health(waiting={"worker": "broker"}), "degraded", 200, 200),
        (Health(holes=[{"first": 3}]), "holes", 503, 200),
        (Health(stalled=[{"part": "loop"}], holes=[{"first": 3}]), "failed", 503, 503),
    ],
)
async def test_only_what_a_restart_cures_fails_liveness(health: Health, status: str, healthz: int, livez: int) -> None:
    runner, port = await start_web(create_web(CollectorRegistry(), dict, lambda: health), "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/healthz") as answer:
                assert (answer.status, (await answer.json())["status"]) == (healthz, status)
                assert (await answer.json())["holes"] == list(health.holes)
            async with session.get("/livez") as answer:
                assert answer.status == livez
    finally:
        await runner.cleanup()
