"""Sends events to the source topics, as an insurer's own producer would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Any

from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas.cloudevents import headers_of
from schemas.codec import CustomerEvent, encode
from schemas.errors import ConfigurationError
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
        If no broker answers, or one refuses an event.
    """
    told = load_settings(bootstrap_servers=bootstrap, topic_prefix=prefix, **settings)
    producer = new_producer(told)
    topics = {kind: told.topic(f"{kind}s") for kind in ("call", "claim", "survey", "complaint", "action")}
    sent = 0
    waiting = iter(events)
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
    except KafkaConnectionError as error:
        raise ConfigurationError(
            f"no broker answers at {told.bootstrap_servers}: start it, or correct FORESHOCK_BOOTSTRAP_SERVERS ({error})"
        ) from error
    except KafkaError as error:
        raise ConfigurationError(
            f"the broker at {told.bootstrap_servers} refused events after {sent} were sent: {error!r}; "
            "`foreshock topics create` makes the topics"
        ) from error
    finally:
        await producer.stop()
    return sent
