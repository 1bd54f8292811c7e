"""Sends events to the source topics, as an insurer's own producer would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Any

from foreshock.broker.reaching import in_plain_words
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import CustomerEvent, encode
from streams.connections import new_producer
from streams.settings import load_settings

# So many events wait for their acknowledgement together: enough to fill batches, few enough that a failure is
# noticed at once and memory stays flat.
_TOGETHER = 2000


async def produce(
    events: Iterable[CustomerEvent],
    bootstrap: str | None = None,
    prefix: str | None = None,
    *,
    source: str = "foreshock/import",
    **settings: Any,
) -> int:
    """Send events to the topic of their kind, keyed by customer, with CloudEvents headers.

    Events of one customer and kind stay in order. Nothing is redacted here: that is ingest's work.

    Parameters
    ----------
    events
        What to send; read lazily, so a file of any size may pass.
    bootstrap
        Brokers as `host:port`; without it those of the settings. Log-in and encryption come from the settings.
    prefix
        What stands before each topic's name; without it that of the settings.
    source
        Who sends, for the header `ce_source`.
    **settings
        Other settings that win over environment and file.

    Returns
    -------
    int
        How many events the brokers acknowledged: all of them.

    Raises
    ------
    ConfigurationError
        If no broker answers, or one refuses an event; the text says what to change.
    """
    told = load_settings(bootstrap_servers=bootstrap, topic_prefix=prefix, **settings)
    topics = {kind: told.topic(topic) for topic, kind in SOURCE_TOPICS.items()}
    waiting, sent = iter(events), 0
    async with in_plain_words(told):
        producer = new_producer(told)
        try:
            await producer.start()
            while batch := list(islice(waiting, _TOGETHER)):
                acknowledged = [
                    await producer.send(
                        topics[event.kind],
                        encode(event),
                        key=event.customer_id.encode(),
                        headers=headers_of(event, source),
                    )
                    for event in batch
                ]
                await asyncio.gather(*acknowledged)
                sent += len(batch)
        finally:
            await producer.stop()
    return sent
