from __future__ import annotations

import pytest
import yaml

from tests.support.deployment import PROMETHEUS_FILE, docker_environment, our_services
from tests.support.prometheus import promtool


def test_prometheus_scrapes_every_worker_on_the_port_of_its_pages() -> None:
    (job,) = yaml.safe_load(PROMETHEUS_FILE.read_text())["scrape_configs"]
    (discovery,) = job["dns_sd_configs"]

    assert set(discovery["names"]) <= our_services().keys()
    assert str(discovery["port"]) == docker_environment()["FORESHOCK_WEB_PORT"]
    assert job.get("metrics_path", "/metrics") == "/metrics"


@pytest.mark.prometheus
def test_prometheus_understands_its_configuration() -> None:
    said = promtool("check", "config", str(PROMETHEUS_FILE))

    assert "SUCCESS" in said
