"""A plain aiokafka loop carrying the core: what Python can do. Run as `python -m bench.carriers.plain_loop JOB`.

`getmany`, a dictionary as state, outputs in batches, a commit per portion. No journal and no changelog: after a crash
everything it knew is gone.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, ConsumerRecord

from bench.carriers.intake import SourceIntake, engines_of
from bench.carriers.job import Job, Stopwatch, job_of, report
from bench.carriers.left import write_states
from bench.carriers.outputs import Portion
from bench.profiling import profiled
from models.engine import step
from models.state import CustomerState
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import CustomerEvent, encode
from streams.connections import new_group_consumer, new_producer
from streams.memory import spare_collector
from streams.outbox import Record, send_records
from streams.settings import Settings

SOURCE = "foreshock/score"


class PlainLoop:
    """Every partition's engine and states, in plain dictionaries."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self._settings = settings
        self._producer = producer
        self._intake = SourceIntake(settings)
        self._engines = engines_of(settings)
        self.states: list[dict[str, CustomerState]] = [{} for _ in self._engines]
        self.rows: dict[str, bytes] = {}
        """Customer key to row: what a carrier with a memory would keep."""
        self.events = 0

    async def take(self, records: Iterable[ConsumerRecord]) -> None:
        """Carry a portion of source records; return once the broker has what follows."""
        events: dict[int, list[CustomerEvent]] = defaultdict(list)
        for record in records:
            prepared = self._intake.prepare(record.value, record.topic, record.timestamp)
            events[prepared.partition].append(prepared.event)
        await asyncio.gather(*(self._carry(partition, found) for partition, found in events.items()))

    async def _carry(self, partition: int, events: list[CustomerEvent]) -> None:
        """Step the events of one partition and send what follows."""
        engine, states, portion = self._engines[partition], self.states[partition], Portion()
        for event in events:
            outcome = step(engine, states, event)
            self.events += bool(outcome.touched)
            portion.add(outcome)
        self.rows.update(portion.rows(states))
        for name, outputs in portion.outputs(engine, states).items():
            records = [
                Record(
                    output.customer_key.encode() if hasattr(output, "customer_key") else None,
                    encode(output),
                    headers_of(output, SOURCE),
                )
                for output in outputs
            ]
            topic = self._settings.topic(name)
            await send_records(self._producer, topic, 0 if name == "examples" else partition, records)


async def main(job: Job) -> None:
    """Carry all events and report."""
    settings, stopwatch = job.settings(), Stopwatch()
    producer = new_producer(settings)
    consumer = new_group_consumer(settings, "plain", *(settings.topic(name) for name in SOURCE_TOPICS))
    await producer.start()
    await consumer.start()
    try:
        loop = PlainLoop(settings, producer)
        with profiled(job.profile):
            while loop.events < job.count:
                fetched = await consumer.getmany(timeout_ms=200, max_records=settings.fetch_records)
                if fetched and not loop.events:
                    stopwatch.start()
                await loop.take(record for portion in fetched.values() for record in portion)
                await consumer.commit()
            figures = stopwatch.stop(loop.events)
    finally:
        await consumer.stop()
        await producer.stop()
    write_states(job.folder, (pair for part in loop.states for pair in part.items()))
    report(figures)


if __name__ == "__main__":
    spare_collector()
    asyncio.run(main(job_of(sys.argv)))
