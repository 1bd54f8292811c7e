"""The demo's topics: created at its start, and removed from a Kafka that is not the demo's own at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from foreshock.broker.reaching import admin_client, in_plain_words
from schemas.errors import ConfigurationError
from streams.settings import Settings
from streams.topics import check_topics, create_topics, plan_topics

_TRIES = 10


@asynccontextmanager
async def demo_topics(settings: Settings, *, remove: bool) -> AsyncIterator[dict[str, int]]:
    """Have every topic for the time of a block.

    Parameters
    ----------
    settings
        Where the broker is, and the prefix.
    remove
        Whether to remove in the end what was created.

    Returns
    -------
    AsyncIterator
        Short name of each topic to its number of partitions.

    Raises
    ------
    BrokerUnavailableError
        If no broker answers.
    ConfigurationError
        If the broker refuses a topic.
    """
    async with in_plain_words(settings):
        created = await create_topics(settings)
        try:
            await _until_known(settings)
            yield {plan.short: plan.partitions for plan in plan_topics(settings)}
        finally:
            if remove and created:
                async with admin_client(settings) as admin:
                    await admin.delete_topics(created)


async def _until_known(settings: Settings) -> None:
    """Wait until the broker itself lists the topics that it has just created."""
    for _ in range(_TRIES):
        with suppress(ConfigurationError):
            return await check_topics(settings)
        await asyncio.sleep(0.3)
    await check_topics(settings)
