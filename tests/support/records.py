"""Kafka records for tests, without Kafka."""

from __future__ import annotations

from typing import Any

from aiokafka import ConsumerRecord

from schemas.codec import encode
from schemas.types import Message


def record_of(*messages: Message) -> bytes:
    """A journal record with these messages."""
    return b"\n".join(map(encode, messages))


def consumed(topic: str, value: bytes | None, offset: int = 0, partition: int = 0, **changes: Any) -> ConsumerRecord:
    """A record as a consumer hands it out; `timestamp` is in milliseconds."""
    values: dict[str, Any] = {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "timestamp": 1_767_571_200_000,
        "timestamp_type": 0,
        "key": None,
        "value": value,
        "checksum": None,
        "serialized_key_size": 0,
        "serialized_value_size": 0,
        "headers": (),
    }
    return ConsumerRecord(**values | changes)
