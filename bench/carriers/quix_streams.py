"""Quix Streams carrying the core, one record per event. Run as `python -m bench.carriers.quix_streams JOB`.

As its documentation shows it: the source topics as one stream, because a customer's state is one (a stream and a store
per topic took the same CPU time), state in RocksDB with its changelog topic, outputs by `to_topic`. Settings are the
defaults. It runs in an environment of its own (`bench.environments`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import reduce
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models import Serializer

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
from schemas.codec import encode
from schemas.examples import RiskExample, TextExample
from streams.memory import spare_collector
from streams.settings import Settings

SOURCE = "foreshock/score"

_ROW = "row"


class Encoded(Serializer):  # type: ignore[misc]  # it is not in the environment that mypy sees
    """Our messages as the JSON that every carrier writes."""

    def __call__(self, value: Output, ctx: Any) -> bytes:
        """Encode one message."""
        return encode(value)


class Carrier:
    """Takes events through the core, one by one, with the customer's row in the framework's store.

    Parameters
    ----------
    settings
        Of this run.
    """

    def __init__(self, settings: Settings) -> None:
        self._intake = SourceIntake(settings)
        self._engines = engines_of(settings)
        self.stopwatch = Stopwatch()
        self.applied = 0

    def carry(self, raw: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> Iterator[Output]:
        """Take one event; yield what leaves."""
        if not self.applied:
            self.stopwatch.start()
        message = message_context()
        event = self._intake.prepare(raw, message.topic, timestamp).event
        engine = self._engines[message.partition]
        row = state.get_bytes(_ROW)
        states: dict[str, CustomerState] = {} if row is None else {event.customer_id: decode_row(row)}
        outcome = step(engine, states, event)
        self.applied += bool(outcome.touched)
        for customer in outcome.touched:
            state.set_bytes(_ROW, encode_row(states[customer]))
            yield engine.risk_of(customer, states[customer])
        yield from outcome.alerts
        yield from outcome.examples


def create_app(settings: Settings, job: Job, carrier: Carrier) -> Application:
    """Build the application; it stops itself once all events have gone through."""

    def stop_after_the_last(topic: str, partition: int, offset: int) -> None:
        if carrier.applied == job.count:
            app.stop()

    app = Application(
        broker_address=settings.bootstrap_servers,
        consumer_group=settings.topic("quix"),
        auto_offset_reset="earliest",
        state_dir=job.folder,
        on_message_processed=stop_after_the_last,
        loglevel="WARNING",
    )
    sources = [app.topic(settings.topic(name), value_deserializer="bytes") for name in SOURCE_TOPICS]
    events = reduce(lambda all_events, more: all_events.concat(more), map(app.dataframe, sources))
    outputs = events.apply(carrier.carry, stateful=True, expand=True, metadata=True)
    outputs = outputs.set_headers(lambda value, key, timestamp, headers: headers_of(value, SOURCE))
    risk, alerts, examples = (
        app.topic(settings.topic(name), key_serializer="bytes", value_serializer=Encoded())
        for name in ("risk", "alerts", "examples")
    )
    topics: dict[type[Any], Any] = {Risk: risk, Alert: alerts, RiskExample: examples, TextExample: examples}
    outputs.to_topic(lambda value, key, timestamp, headers: topics[type(value)], key=_key_of)
    return app


def _key_of(output: Output) -> bytes | None:
    """Return the record key: the customer's, where the message has one."""
    customer: str | None = getattr(output, "customer_key", None)
    return None if customer is None else customer.encode()


def main(job: Job) -> None:
    """Carry all events and report."""
    settings = job.settings()
    carrier = Carrier(settings)
    app = create_app(settings, job, carrier)
    spare_collector()
    with profiled(job.profile):
        # It ends with a last checkpoint: outputs, changelog and offsets are at the broker then.
        app.run()
        figures = carrier.stopwatch.stop(carrier.applied)
    figures.facts["changelogs"] = [topic.name for topic in app._topic_manager.changelog_topics_list]
    report(figures)


if __name__ == "__main__":
    main(job_of(sys.argv))
    os._exit(0)
