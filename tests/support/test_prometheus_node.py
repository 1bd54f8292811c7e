from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.prometheus import PrometheusNode, promtool

CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: itself
    static_configs: [{targets: ["127.0.0.1:PORT"]}]
"""

pytestmark = pytest.mark.prometheus


def test_a_prometheus_scrapes_and_answers(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    node = PrometheusNode(tmp_path, config)
    config.write_text(CONFIG.replace("PORT", str(node.port)))

    with node:
        targets = node.wait_for_scrape()
        answer = node.query("up")

    assert [target["health"] for target in targets] == ["up"]
    assert list(answer.values()) == [1.0]
    assert ("job", "itself") in next(iter(answer))


def test_a_prometheus_that_cannot_start_tells_what_it_said(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("scrape_config: []")

    with pytest.raises(RuntimeError, match="scrape_config not found"), PrometheusNode(tmp_path, config):
        pytest.fail("it started")


def test_promtool_finds_fault_with_a_metric_without_help() -> None:
    with pytest.raises(RuntimeError, match="no help text"):
        promtool("check", "metrics", text="foreshock_events_total 1\n")
