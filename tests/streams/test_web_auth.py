"""The pages: open on this machine, and with a token beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from schemas.errors import ConfigurationError
from sinks.prometheus import Metrics
from streams.holes import Holes
from streams.oversight import Oversight
from streams.settings import load_settings
from streams.views import create_web, start_web
from tests.support.prometheus import PrometheusNode

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Pages that ask for the token."""
    runner, number = await start_web(
        create_web(CollectorRegistry(), lambda: {"score": True}, token=TOKEN), "127.0.0.1", 0
    )
    yield number
    await runner.cleanup()


async def answer(port: int, path: str, authorization: str | None = None) -> int:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as response,
    ):
        return response.status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (None, 401),
        ("Bearer wrong", 401),
        (f"Bearer {TOKEN}x", 401),
        (TOKEN, 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \u00e9", 401),
    ],
)
async def test_metrics_are_for_who_bears_the_token(port: int, authorization: str | None, status: int) -> None:
    assert await answer(port, "/metrics", authorization) == status


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
async def test_probes_answer_everybody(port: int, path: str) -> None:
    assert await answer(port, path) == 200


@pytest.mark.parametrize("path", ["/metrics/", "//metrics", "/healthz/../metrics", "/elsewhere"])
async def test_no_way_around_leads_to_the_metrics(port: int, path: str) -> None:
    assert await answer(port, path) in (401, 404)


def test_the_token_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    settings = load_settings(web_host="0.0.0.0", web_token_file=str(file))

    assert settings.web_secret() == TOKEN
    assert TOKEN not in repr(settings)


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("short")

    with pytest.raises(ConfigurationError, match="at least 16"):
        load_settings(web_token_file=str(file)).web_secret()


def test_who_says_so_may_serve_everybody() -> None:
    assert load_settings(web_host="0.0.0.0", web_open=True).web_secret() is None


@pytest.mark.parametrize("host", ["a..b", "192.0.2.1"])
async def test_an_address_that_cannot_be_listened_on_ends_the_start_with_the_settings_to_change(host: str) -> None:
    settings = load_settings(web_host=host, web_open=True)
    metrics = Metrics(CollectorRegistry())
    oversight = Oversight(settings, CollectorRegistry(), metrics, Holes(metrics))

    with pytest.raises(ConfigurationError, match=f"cannot listen on {host}:8088 .*FORESHOCK_WEB_HOST"):
        await asyncio.wait_for(oversight.start(), 60.0)


CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: with
    authorization: {{credentials_file: {file}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  - job_name: without
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


@pytest.mark.prometheus
async def test_a_real_prometheus_scrapes_with_the_token_only(port: int, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = tmp_path / "prometheus.yml"
    config.write_text(CONFIG.format(port=port, file=tmp_path / "token"))

    def scraped() -> dict[str, str]:
        with PrometheusNode(tmp_path, config) as prometheus:
            return {target["labels"]["job"]: target["health"] for target in prometheus.wait_for_scrape()}

    assert await asyncio.to_thread(scraped) == {"with": "up", "without": "down"}
