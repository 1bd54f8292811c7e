"""A real Prometheus scrapes a real worker, and what it stores is what the journal holds."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from sinks.prometheus import Metrics
from streams.broker import EmbeddedBroker
from tests.support.journal import broker_settings, prepare_topics
from tests.support.parity import port_of, worker_of
from tests.support.prometheus import PrometheusNode, promtool

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: foreshock
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

MAX_SERIES = 800
"""Labels come from closed sets, so the number of series does not grow with customers."""


CLOSED_LABELS = {
    *("cause", "fact", "group", "horizon_days", "kind", "label", "le", "level", "partition", "reason", "result"),
    *(
        "channel",
        "unit",
        "sink",
        "stage",
        "transition",
        "command",
        "cohort",
        "phase",
        "alerted",
        "monitor",
        "figure",
        "bound",
        "grouped_by",
        "change",
        "rule",
        "dependency",
        "state",
    ),
}
"""Each takes its values from a set in the code, or from the partitions of the settings."""


@pytest.mark.prometheus
async def test_a_real_prometheus_scrapes_the_worker_without_error(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, clock="event")
    await prepare_topics(settings)
    world = World(seed=3, customers=400, start_at=datetime(2026, 1, 5, tzinfo=UTC), days=45)
    worker = worker_of(settings, tmp_path, "ingest,score,learn,tick,deliver")
    with worker:
        port = await port_of(worker)
        fed = await feed(world, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        page = await asyncio.to_thread(_page_after, port, fed)
        promtool("check", "metrics", text=page)
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(port=port), encoding="utf-8")
        with PrometheusNode(tmp_path, config) as node:
            targets = await asyncio.to_thread(node.wait_for_scrape)
            taken = sum(node.query("sum(foreshock_events_total) + sum(foreshock_dead_letters_total)").values())
            series = sum(node.query('count({job="foreshock"})').values())
            judged = sum(node.query('foreshock_quality_judged_labels{cohort="all",horizon_days="7"}').values())
            maturity = sum(node.query('foreshock_quality_maturity_ratio{horizon_days="7"}').values())
            active = sum(node.query("foreshock_snapshot_active_number").values())

    assert [target["health"] for target in targets] == ["up"]
    assert taken == fed
    assert judged > 0, "the learner says nothing of its quality"
    assert 0 < maturity < 1
    assert active > 0
    assert series < MAX_SERIES


def _page_after(port: int, fed: int) -> str:
    """The metrics page once everything fed was taken, and the learner has judged some of its predictions."""
    deadline = time.monotonic() + 120.0
    while True:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            page: str = answer.read().decode()
        counts = re.findall(r"^foreshock_(?:events|dead_letters)_total\{[^}]*\} ([0-9.e+]+)$", page, re.MULTILINE)
        judged = re.search(
            r'^foreshock_quality_judged_labels\{cohort="all",horizon_days="7"\} [1-9]', page, re.MULTILINE
        )
        if sum(map(float, counts)) >= fed and judged:
            return page
        assert time.monotonic() < deadline, f"only {counts} of {fed} taken"
        time.sleep(0.3)


def test_no_metric_has_a_label_that_could_name_a_customer() -> None:
    registry = CollectorRegistry()
    Metrics(registry)

    labels = {label for family in registry.collect() for sample in family.samples for label in sample.labels}

    assert labels <= CLOSED_LABELS
