from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.support.deployment import PROMETHEUS_FILE, SECRETS, docker_environment, worker_services
from tests.support.prometheus import promtool


def test_prometheus_scrapes_every_worker_on_the_port_of_its_pages() -> None:
    (job,) = yaml.safe_load(PROMETHEUS_FILE.read_text())["scrape_configs"]
    (discovery,) = job["dns_sd_configs"]

    for name, each in worker_services().items():
        aliases = {alias for network in each["networks"].values() if network for alias in network["aliases"]}
        assert set(discovery["names"]) == aliases, name
    assert str(discovery["port"]) == docker_environment()["FORESHOCK_WEB_PORT"]
    assert job.get("metrics_path", "/metrics") == "/metrics"


@pytest.mark.prometheus
def test_prometheus_understands_its_configuration(tmp_path: Path) -> None:
    # promtool looks whether the secret is there.
    (tmp_path / "web-token").write_text("a token of the test")
    config = tmp_path / "prometheus.yml"
    config.write_text(PROMETHEUS_FILE.read_text().replace(SECRETS, f"{tmp_path}/"))
    shutil.copytree(PROMETHEUS_FILE.parent / "rules", tmp_path / "rules")

    said = promtool("check", "config", str(config))

    assert "SUCCESS" in said
