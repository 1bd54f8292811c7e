"""What the README does with Docker, done on Apache Kafka without it: the compose file's settings, the same import."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from streams.settings import Settings, load_settings
from tests.support.composed import make_secrets
from tests.support.deployment import SECRETS, our_services, without_variables, worker_services
from tests.support.documents import READMES, blocks
from tests.support.journal import read_topic, values
from tests.support.kafka import KafkaNode
from tests.support.peers import CHECKOUT

FORESHOCK = (sys.executable, "-m", "foreshock")


@pytest.mark.kafka
@pytest.mark.kafka_node
def test_the_steps_of_the_readme_put_alerts_with_reasons_on_their_topic(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    with KafkaNode(tmp_path / "kafka") as node:
        environment = as_in_the_compose_file(node.bootstrap, make_secrets(tmp_path))
        settings = load_settings(bootstrap_servers=node.bootstrap)
        subprocess.run([*FORESHOCK, *our_services()["topics"]["command"]], env=environment, check=True)
        with worker(environment, tmp_path / "log"):
            subprocess.run([*FORESHOCK, *readmes_import(node.bootstrap)], cwd=CHECKOUT, env=environment, check=True)
            alerts = asyncio.run(alerts_of_the_example(settings))

    assert {alert["claim_ref"] for alert in alerts} == {"A-1987", "A-2050"}
    assert all(alert["reasons"][0]["text"]["zh"] for alert in alerts)


def as_in_the_compose_file(bootstrap: str, secrets: Path) -> dict[str, str]:
    """The workers' variables as the README's command sets them, with the broker and the secrets of this test."""
    told = without_variables(worker_services()["ingest"]["environment"])
    environment = {name: value.replace(SECRETS, f"{secrets}/") for name, value in told.items()}
    others = {name: value for name, value in os.environ.items() if not name.startswith("FORESHOCK_")}
    return (
        others
        | environment
        | {
            "FORESHOCK_BOOTSTRAP_SERVERS": bootstrap,
            "FORESHOCK_CLOCK": "event",
            "FORESHOCK_WEB_PORT": "0",
        }
    )


def readmes_import(bootstrap: str) -> list[str]:
    """The README's own command, with the broker of this test."""
    (line,) = {
        line
        for block in blocks(READMES[0])
        for line in block.text.splitlines()
        if " import " in line and "--bootstrap" in line
    }
    return line.replace("127.0.0.1:9092", bootstrap).split()[1:]


@contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen([*FORESHOCK, "worker"], env=environment, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(90) == 0, log.read_text()


async def alerts_of_the_example(settings: Settings) -> list[dict[str, object]]:
    """Wait until both customers of the example who have reason to complain have an alert."""
    deadline = time.monotonic() + 150
    while True:
        alerts = [orjson.loads(raw) for raw in values(await read_topic(settings, "alerts"))]
        if len({alert["customer_key"] for alert in alerts}) >= 2 or time.monotonic() > deadline:
            return alerts
