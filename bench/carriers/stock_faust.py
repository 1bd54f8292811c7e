"""Stock Faust carrying the core, one record per event. Run as `python -m bench.carriers.stock_faust JOB`.

Unpatched faust-streaming as its documentation shows it: one agent over the source topics, a table of bytes as state
with Faust's own changelog, `topic.send` for every output. Settings are the defaults, apart from those that anybody
would set; none of Foreshock's guards is loaded.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any

import faust
from faust.types import EventT, StreamT, TableT

from bench.carriers.job import Figures, Job, Stopwatch, job_of, report
from bench.profiling import profiled
from models.engine import Engine, step
from models.params import load_params
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import encode
from streams.memory import spare_collector
from streams.settings import Settings
from streams.wiring import intake_of

SOURCE = "foreshock/score"

_AFTERWARDS_SECONDS = 3.0


class TableStates(MutableMapping[str, CustomerState]):
    """The states of all customers in a Faust table of bytes: decoded on each read, encoded on each write."""

    def __init__(self, table: TableT[bytes, bytes]) -> None:
        self._table = table

    def __getitem__(self, key: str) -> CustomerState:
        row = self._table.get(key.encode())
        if row is None:
            raise KeyError(key)
        return decode_row(row)

    def __setitem__(self, key: str, state: CustomerState) -> None:
        self._table[key.encode()] = encode_row(state)

    def __delitem__(self, key: str) -> None:
        del self._table[key.encode()]

    def __iter__(self) -> Iterator[str]:
        return (key.decode() for key in self._table)

    def __len__(self) -> int:
        return len(self._table)


def create_app(settings: Settings) -> faust.App:
    """Make the app with nothing but Faust's own ways."""
    return faust.App(
        settings.topic("stock"),
        broker=f"kafka://{settings.bootstrap_servers}",
        store="memory://",
        value_serializer="raw",
        topic_partitions=settings.partitions,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        producer_linger=0.02,
        web_enabled=False,
    )


def register(app: faust.App, settings: Settings, count: int, done: asyncio.Future[Figures]) -> None:
    """Attach the agent that carries `count` events and then tells how long it took."""
    kinds = {settings.topic(name): kind for name, kind in SOURCE_TOPICS.items()}
    raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(*kinds, partitions=settings.partitions, **raw)
    outputs = {
        name: app.topic(settings.topic(name), partitions=partitions, **raw)
        for name, partitions in (("risk", settings.partitions), ("alerts", settings.partitions), ("examples", 1))
    }
    table = app.Table("states", default=None, partitions=settings.partitions, key_type=bytes, value_type=bytes)
    states, intake, stopwatch = TableStates(table), intake_of(settings), Stopwatch()
    params = load_params(settings.params_file)
    engines = [Engine(params, partition) for partition in range(settings.partitions)]
    applied = 0

    async def carry(event: EventT[bytes]) -> None:
        """Take one event through the core, and send what follows."""
        nonlocal applied
        message = event.message
        arrived_at = datetime.fromtimestamp(message.timestamp, UTC)
        prepared = intake.prepare(event.value, kinds[message.topic], arrived_at)
        engine = engines[message.partition]
        outcome = step(engine, states, prepared.event)
        applied += bool(outcome.touched)
        risks = [engine.risk_of(key, states[key]) for key in outcome.believed]
        for name, found in (("risk", risks), ("alerts", outcome.alerts), ("examples", outcome.examples)):
            for output in found:
                await outputs[name].send(
                    key=output.customer_key.encode() if hasattr(output, "customer_key") else None,
                    value=encode(output),
                    headers=headers_of(output, SOURCE),
                )

    @app.agent(source, name="score")
    async def score(stream: StreamT[bytes]) -> None:
        """Carry each event through the core."""
        async for event in stream.events():
            if not applied:
                stopwatch.start()
            await carry(event)
            if applied == count:
                # As with the other carriers, the end is when the broker has everything.
                await app.producer.flush()
                done.set_result(stopwatch.stop(applied))


async def main(job: Job) -> None:
    """Carry all events and report."""
    settings = job.settings()
    app = create_app(settings)
    done: asyncio.Future[Figures] = asyncio.get_running_loop().create_future()
    register(app, settings, job.count, done)
    guards = [name for name in sys.modules if name.startswith("streams.guards")]
    assert not guards, guards  # noqa: S101 - or it would not be stock
    with profiled(job.profile):
        await app.start()
        figures = await done
    # Faust's flush gives up after a tenth of a second without progress; what is checked has to be at the broker.
    await asyncio.sleep(_AFTERWARDS_SECONDS)
    report(figures)
    # The bench has its figures, and Faust would take seconds to stop.
    os._exit(0)


if __name__ == "__main__":
    spare_collector()
    asyncio.run(main(job_of(sys.argv)))
