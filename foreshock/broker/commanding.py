"""What a person has written into every journal partition: signed, at one moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from foreshock.broker.reaching import in_plain_words
from schemas.signing import signed
from schemas.silences import SilenceCommand
from schemas.ticks import ModelCommand
from streams.connections import new_producer
from streams.settings import Settings
from streams.snapshots import tell_partitions
from streams.topics import check_topics

_Command = TypeVar("_Command", ModelCommand, SilenceCommand)


def now_in_seconds() -> datetime:
    """Return this moment without fractions of a second, as people write it."""
    return datetime.now(UTC).replace(microsecond=0)


async def write_command(settings: Settings, command: _Command, key: bytes) -> int:
    """Sign a command, write it into every journal partition, and return how many those are.

    Raises
    ------
    ConfigurationError
        If the topics are not as the settings say, or the broker refuses or does not answer.
    """
    async with in_plain_words(settings):
        await check_topics(settings)
        producer = new_producer(settings)
        try:
            await producer.start()
            await tell_partitions(settings, signed(command, key), producer)
        finally:
            await producer.stop()
    return settings.partitions
