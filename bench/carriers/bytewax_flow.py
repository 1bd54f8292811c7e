"""Bytewax carrying the core, with its recovery store. Run as `python -m bench.carriers.bytewax_flow JOB`.

As its documentation shows it: a Kafka source, `stateful_batch` per customer, a Kafka sink; snapshots of the states and
the source's offsets into SQLite at the end of each epoch. One worker, settings by default. A customer's state stays
decoded in memory and is encoded once per epoch in which it changed. It runs in an environment of its own
(`bench.environments`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir

from bench.carriers.intake import SourceIntake, engines_of
from bench.carriers.job import Job, Stopwatch, job_of, report
from bench.carriers.outputs import Output
from bench.profiling import profiled
from models.engine import step
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.alerts import Alert, Risk
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import CustomerEvent, encode
from schemas.examples import RiskExample, TextExample
from streams.memory import spare_collector
from streams.settings import Settings

SOURCE = "foreshock/score"

EPOCH = timedelta(seconds=10)
"""How often it snapshots: its own default."""

Placed = tuple[int, CustomerEvent]
"""An event with its partition."""


class Carrier:
    """What all customers share: intake, engines, the watch.

    Parameters
    ----------
    settings
        Of this run.
    """

    def __init__(self, settings: Settings) -> None:
        self._intake = SourceIntake(settings)
        self.engines = engines_of(settings)
        self.topics = {
            Risk: settings.topic("risk"),
            Alert: settings.topic("alerts"),
            RiskExample: settings.topic("examples"),
            TextExample: settings.topic("examples"),
        }
        self.stopwatch = Stopwatch()
        self.applied = 0
        self._has_begun = False

    def prepare(self, message: KafkaSourceMessage[bytes, bytes]) -> tuple[str, Placed]:
        """Check and redact an event, and say whose it is."""
        if not self._has_begun:
            self._has_begun = True
            self.stopwatch.start()
        prepared = self._intake.prepare(message.value, message.topic, message.timestamp[1])
        return prepared.event.customer_id, (prepared.partition, prepared.event)

    def addressed(self, output: Output) -> KafkaSinkMessage[bytes | None, bytes]:
        """Write an output as the record that leaves."""
        customer: str | None = getattr(output, "customer_key", None)
        return KafkaSinkMessage(
            key=None if customer is None else customer.encode(),
            value=encode(output),
            topic=self.topics[type(output)],
            headers=headers_of(output, SOURCE),
        )


class Customer(StatefulBatchLogic[Placed, Output, bytes]):  # type: ignore[misc]  # mypy does not see Bytewax
    """One customer's state, decoded in memory.

    Parameters
    ----------
    carrier
        What all customers share.
    row
        The state as the recovery store has it.
    """

    def __init__(self, carrier: Carrier, row: bytes | None) -> None:
        self._carrier = carrier
        self._state: CustomerState | None = None if row is None else decode_row(row)

    def on_batch(self, values: list[Placed]) -> tuple[Iterable[Output], bool]:
        """Take events of this customer; only the last risk leaves."""
        alerts_and_examples: list[Output] = []
        risk: Output | None = None
        for partition, event in values:
            engine, key = self._carrier.engines[partition], event.customer_id
            states = {} if self._state is None else {key: self._state}
            outcome = step(engine, states, event)
            if outcome.touched:
                self._carrier.applied += 1
                self._state = states[key]
                risk = engine.risk_of(key, self._state)
            alerts_and_examples += [*outcome.alerts, *outcome.examples]
        return ([] if risk is None else [risk]) + alerts_and_examples, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return what the recovery store keeps; every customer here has a state."""
        assert self._state is not None  # noqa: S101 - a logic is made for an event
        return encode_row(self._state)


def create_flow(settings: Settings, carrier: Carrier) -> Dataflow:
    """Build the dataflow; it ends where the source topics end."""
    flow = Dataflow("bench")
    brokers = [settings.bootstrap_servers]
    source = KafkaSource(brokers, [settings.topic(name) for name in SOURCE_TOPICS], tail=False)
    events = op.map("prepare", op.input("source", flow, source), carrier.prepare)
    scored = op.stateful_batch("score", events, lambda row: Customer(carrier, row))
    records = op.map("address", op.key_rm("outputs", scored), carrier.addressed)
    op.output("sink", records, KafkaSink(brokers, topic=None))
    return flow


def main(job: Job) -> None:
    """Carry all events and report."""
    settings = job.settings()
    carrier = Carrier(settings)
    recovery = Path(job.folder) / "recovery"
    recovery.mkdir()
    init_db_dir(recovery, 1)
    flow = create_flow(settings, carrier)
    spare_collector()
    with profiled(job.profile):
        # It ends with the epoch: outputs are at the broker, snapshots in the store.
        cli_main(flow, epoch_interval=EPOCH, recovery_config=RecoveryConfig(recovery))
        figures = carrier.stopwatch.stop(carrier.applied)
    report(figures)


if __name__ == "__main__":
    main(job_of(sys.argv))
    os._exit(0)
