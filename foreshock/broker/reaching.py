"""Reaching the broker, or a sentence that says what to change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.errors import ConfigurationError
from streams.connections import BrokerUnavailableError, client_options
from streams.reaching import in_short, silent_client, unreachable_because
from streams.settings import Settings

__all__ = ["admin_client", "in_plain_words", "silent_client", "unreachable_because"]


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Open a connection for administration, for the time of a block.

    Raises
    ------
    BrokerUnavailableError
        If no broker answers, with the reason in plain words.
    ConfigurationError
        If the broker refuses what the block asks for.
    """
    async with in_plain_words(settings):
        admin = AIOKafkaAdminClient(
            **client_options(settings), request_timeout_ms=int(settings.request_timeout_seconds * 1000)
        )
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()


@asynccontextmanager
async def in_plain_words(settings: Settings) -> AsyncIterator[None]:
    """Turn what the Kafka client raises in a block into a sentence that says what to change.

    Raises
    ------
    BrokerUnavailableError
        If no broker answers.
    ConfigurationError
        If the broker refuses something.
    """
    with silent_client():
        # First of all, because the client itself would try for FORESHOCK_REQUEST_TIMEOUT_SECONDS.
        await _must_be_reachable(settings)
        try:
            yield
        except KafkaError as error:
            await _must_be_reachable(settings)
            raise ConfigurationError(
                f"the broker at {settings.bootstrap_servers} refused: {in_short(error)}"
            ) from error


async def _must_be_reachable(settings: Settings) -> None:
    """Raise the reason if no broker can be used."""
    if why := await unreachable_because(settings):
        raise BrokerUnavailableError(why)
