"""The services of the compose file run together, and an alert gets to where it should."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sinks.database.store import engine_of
from streams.exits import ExitCode
from tests.support.composed import Composed
from tests.support.deployment import compose_services, worker_services
from tests.support.kafka import KafkaNode
from tests.support.postgresql import PostgresqlNode

ALERT_SECONDS = 120.0


def until(found: Callable[[], Any], seconds: float = ALERT_SECONDS) -> Any:
    """Ask again until something is found."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.5)
    return answer


def fetched(url: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[Composed]:
    """The compose file with `--env-file deploy/compose/demo.env --profile demo`, as it starts it."""
    (tmp_path / "kafka").mkdir()
    demo = {"FORESHOCK_CLOCK": "event", "FORESHOCK_ATTRIBUTES": "member_level,sales_channel,tenure_years"}
    with (
        PostgresqlNode(asks_password=True) as postgresql,
        KafkaNode(tmp_path / "kafka") as kafka,
        Composed(tmp_path, kafka.bootstrap, f"127.0.0.1:{postgresql.port}", **demo) as services,
    ):
        postgresql.new_user("foreshock", (services.secrets / "database-password").read_text().strip())
        yield services


@pytest.mark.kafka
@pytest.mark.kafka_node
@pytest.mark.postgresql
@pytest.mark.prometheus
@pytest.mark.alertmanager
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_alert_reaches_the_database_and_alertmanager_and_every_health_check_passes(composed: Composed) -> None:
    composed.wait_until_healthy("postgres")
    composed.run("topics")
    composed.run("tables")
    composed.start("alertmanager")
    for service in worker_services():
        assert composed.complaint(service), "a health check passes before its service runs"
        composed.start(service)
    composed.start("prometheus")
    for service in ("alertmanager", "prometheus", *worker_services()):
        composed.wait_until_healthy(service)
    assert "a worker can run" in composed.run("foreshock")

    composed.start("insurer")
    address = (composed.secrets / "database-url").read_text().strip()
    stored = until(lambda: rows(address))
    firing = until(lambda: fetched(f"http://{composed.places['alertmanager:9093']}/api/v2/alerts"))
    healthy = {service: composed.complaint(service) for service in checked()}
    up = fetched(f"http://{composed.places['prometheus:9090']}/api/v1/query?query=up")["data"]["result"]
    codes = {service: composed.stop(service) for service in worker_services()}

    assert stored > 0
    assert {alert["labels"]["alertname"] for alert in firing} >= {"ForeshockAlert"}
    assert healthy == dict.fromkeys(checked(), "")
    # The token of the secrets lets Prometheus in, everywhere.
    assert [series["value"][1] for series in up] == ["1"] * len(worker_services())
    assert codes == dict.fromkeys(worker_services(), 0)


@pytest.mark.kafka
@pytest.mark.kafka_node
@pytest.mark.postgresql
@pytest.mark.slow
def test_a_worker_that_is_killed_is_started_again_inside_its_container(composed: Composed) -> None:
    composed.run("topics")
    container = composed.start("ingest")
    composed.wait_until_healthy("ingest")
    (worker,) = children(container.pid)
    os.kill(worker, signal.SIGKILL)
    until(lambda: composed.complaint("ingest"))
    composed.wait_until_healthy("ingest")
    (successor,) = children(container.pid)
    left = container.poll()
    code = composed.stop("ingest")

    assert left is None, "the container ended with its worker"
    assert successor != worker
    assert code == ExitCode.STOPPED


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def checked() -> list[str]:
    """Services whose health check can run here: Kafka's and Grafana's need programs of their images."""
    return [
        name
        for name, each in compose_services().items()
        if "test" in each["healthcheck"] and name not in {"kafka", "grafana"}
    ]


def rows(address: str) -> int:
    """How many alerts the database holds."""
    engine = engine_of(address)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("select count(*) from alerts")).scalar_one())
    finally:
        engine.dispose()
