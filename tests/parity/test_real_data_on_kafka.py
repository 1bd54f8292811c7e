"""Real data through the whole main job: imported to Kafka, scored by a worker, learned from, alerted on."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from schemas.alerts import Alert, Risk
from schemas.codec import decode_as, decode_example
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.journal import broker_settings, prepare_topics, read_topic, values
from tests.support.outcomes import alerts_on_topic, settled
from tests.support.peers import CHECKOUT
from tests.support.worker_process import WorkerProcess

FINES = "amount,article,officer,points,series,vehicle_class"


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("mapping", "source", "rows", "attributes", "tenant", "transitions"),
    [
        # Of a slice of the fines so few are appealed that the model does not speak up yet; help-desk talk does.
        ("road_traffic_fines.toml", "road_traffic_fines/events.csv.gz", 5_000, FINES, "rtfm", set[str]()),
        ("stc3_helpdesk_zh.toml", "stc3_helpdesk/zh.jsonl.gz", 300, "", "stc3", {"opened", "complained"}),
    ],
)
async def test_real_data_goes_through_the_whole_main_job(
    embedded_broker: EmbeddedBroker,
    real_data: Path,
    tmp_path: Path,
    mapping: str,
    source: str,
    rows: int,
    attributes: str,
    tenant: str,
    transitions: set[str],
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, clock="event", tick_seconds=3600)
    await prepare_topics(settings)
    worker = WorkerProcess(
        settings,
        tmp_path / "worker.log",
        module="foreshock",
        arguments=("worker",),
        roles="ingest,score,learn,deliver",
        FORESHOCK_ATTRIBUTES=attributes,
    )
    with worker:
        sent = _imported(settings, mapping, _slice(real_data / source, tmp_path, rows))
        await settled(settings, sent)
    alerts = [decode_as(Alert, raw) for raw in (await alerts_on_topic(settings)).values()]
    examples = [decode_example(raw) for raw in values(await read_topic(settings, "examples", partitions=1))]

    assert sent >= rows * 0.9
    assert await read_topic(settings, "dead-letters", partitions=1) == []
    assert transitions <= {alert.transition for alert in alerts}
    assert {decode_as(Risk, raw).tenant for raw in values(await read_topic(settings, "risk"))} == {tenant}
    assert {example.label for example in examples if example.kind == "risk"} == {True, False}


def _slice(source: Path, folder: Path, rows: int) -> Path:
    """The first rows of a real set, with its header."""
    file = folder / source.name.removesuffix(".gz")
    with gzip.open(source, "rb") as lines:
        file.write_bytes(b"".join(islice(lines, rows + 1)))
    return file


def _imported(settings: Settings, mapping: str, file: Path) -> int:
    """Import a file to Kafka as a user would, and return how many events there were."""
    environment = {**os.environ, "FORESHOCK_PRODUCER_IDEMPOTENCE": "false"}
    command = [
        *(sys.executable, "-m", "foreshock", "import", "--mapping", f"examples/{mapping}", str(file)),
        *("--bootstrap", settings.bootstrap_servers, "--prefix", settings.topic_prefix, "--sort"),
    ]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True, timeout=240)
    counted = done.stderr.decode().partition("-> ")[2].partition(" events")[0]
    return int(counted.replace(",", ""))
