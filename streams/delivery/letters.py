"""What no sink has: kept as dead letters, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.cloudevents import headers_of
from schemas.codec import encode
from schemas.dead_letters import DeadLetter
from streams.outbox import Record, send_records
from streams.timestamps import record_time

SOURCE = "foreshock/deliver"
"""Who writes dead letters here, for CloudEvents."""


class LettersObserver(Protocol):
    """Hears of dead letters; metrics implement it."""

    def dead_letter(self, reason: str) -> None:
        """An alert became a dead letter."""


class Letters:
    """Writes dead letters.

    Parameters
    ----------
    topic
        Full name of their topic.
    outlet
        Through which they leave.
    observer
        Hears of each.
    """

    def __init__(self, topic: str, outlet: AIOKafkaProducer, observer: LettersObserver) -> None:
        self._topic = topic
        self._outlet = outlet
        self._observer = observer

    def of(self, record: ConsumerRecord, reason: str, error: str) -> DeadLetter:
        """Make the dead letter of a record that no sink has."""
        self._observer.dead_letter(reason)
        return DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,  # type: ignore[arg-type]  # pydantic checks that it is one of the closed set
            error=error[:2_000],
            at=record_time(record.timestamp / 1000),
            raw=(record.value or b"").decode("utf-8", "replace")[:20_000],
        )

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters, and wait until the broker has them."""
        records = [Record(None, encode(letter), headers_of(letter, SOURCE)) for letter in letters]
        await send_records(self._outlet, self._topic, 0, records)
