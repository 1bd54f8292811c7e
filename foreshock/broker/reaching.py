"""Reaching the broker: why it cannot be reached, in words that name the setting to change."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from schemas.errors import ConfigurationError
from streams.connections import BrokerUnavailableError, client_options
from streams.settings import Settings

# A broker in the same company answers in milliseconds; a person waits for this answer.
_PATIENCE_SECONDS = 5.0


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
                f"the broker at {settings.bootstrap_servers} refused: {_in_short(error)}"
            ) from error


async def unreachable_because(settings: Settings) -> str | None:
    """Say why no broker can be used, or return `None` if one can.

    The Kafka client's own error is the same whatever the cause: an address with nobody behind it, a wrong
    password, a certificate that nobody trusts. So each address is tried once by hand.

    Parameters
    ----------
    settings
        Where the brokers are and how to log in.

    Returns
    -------
    str or None
        One line per address, each with the settings to look at.
    """
    options = client_options(settings)
    del options["bootstrap_servers"]
    told = []
    with silent_client():
        for host, port, _ in collect_hosts(settings.bootstrap_servers):
            try:
                await asyncio.wait_for(_try(host, port, options), _PATIENCE_SECONDS)
            except (KafkaError, OSError, TimeoutError) as error:
                told.append(f"{host}:{port}: {_explain(error, settings)}")
            else:
                return None
    return "no broker can be used" + "".join(f"\n  - {line}" if len(told) > 1 else f": {line}" for line in told)


@contextmanager
def silent_client() -> Iterator[None]:
    """Keep the Kafka client from logging what is about to be said better."""
    log = logging.getLogger("aiokafka")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


async def _try(host: str, port: int, options: dict[str, Any]) -> None:
    """Connect, log in and ask something; a broker that wants a login says so only at the first question."""
    connection = await create_conn(host, port, **options)
    try:
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()


async def _must_be_reachable(settings: Settings) -> None:
    """Raise the reason if no broker can be used."""
    if why := await unreachable_because(settings):
        raise BrokerUnavailableError(why)


def _explain(error: Exception, settings: Settings) -> str:
    """Say what an error at connecting means."""
    protocol = settings.security_protocol
    match error:
        case SaslAuthenticationFailed():
            return (
                f"the broker refuses user {settings.sasl_username!r} with this password ({settings.sasl_mechanism}): "
                "correct FORESHOCK_SASL_USERNAME and FORESHOCK_SASL_PASSWORD (or its file), "
                "or have the broker's owner add the user for this mechanism"
            )
        case UnsupportedSaslMechanismError():
            return f"the broker does not offer {settings.sasl_mechanism}: correct FORESHOCK_SASL_MECHANISM"
        case ssl.SSLCertVerificationError():
            return (
                f"the broker's certificate is not trusted ({error}): "
                "name its authority's PEM file in FORESHOCK_SSL_CA_FILE"
            )
        case ssl.SSLError():
            return (
                f"no TLS can be agreed on ({error}): "
                f"FORESHOCK_SECURITY_PROTOCOL is {protocol}, and this port may not speak TLS"
            )
        case socket.gaierror():
            return "no machine has this name: correct FORESHOCK_BOOTSTRAP_SERVERS"
        case ConnectionRefusedError():
            return "nobody listens there: start the broker, or correct FORESHOCK_BOOTSTRAP_SERVERS"
        case TimeoutError():
            return (
                f"no answer within {_PATIENCE_SECONDS:g} s: a firewall may be between, or FORESHOCK_SECURITY_PROTOCOL "
                f"({protocol}) is not what this port speaks"
            )
        case _:
            return (
                f"it ends the connection ({_in_short(error)}): FORESHOCK_SECURITY_PROTOCOL is {protocol}, "
                "and this port may speak another, or is no Kafka at all"
            )


def _in_short(error: Exception) -> str:
    """Name an error, with its text if it has one."""
    text = str(error)
    return text if text.startswith(type(error).__name__) else f"{type(error).__name__}: {text}".removesuffix(": ")
