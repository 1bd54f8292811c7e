"""Connections to the broker: the same options for every client, from the settings."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.helpers import create_ssl_context

from schemas.errors import ConfigurationError
from streams.settings import Settings
from streams.stoppable import StoppableConsumer


class BrokerUnavailableError(ConfigurationError):
    """No broker answers: it is down, or the settings point elsewhere. A worker may try again."""

    retriable = True
    remedy = "Start the broker, or correct `FORESHOCK_BOOTSTRAP_SERVERS`."


def client_options(settings: Settings) -> dict[str, Any]:
    """Return what every aiokafka client needs to reach the brokers.

    Raises
    ------
    ConfigurationError
        If a certificate, a key or a password cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": settings.topic("worker"),
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = tls_context(settings)
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_secret()
    return options


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Say whom to trust, and with which certificate to answer for ourselves.

    Raises
    ------
    ConfigurationError
        Naming the file that cannot be used.
    """
    try:
        context: ssl.SSLContext = create_ssl_context(cafile=str(settings.ssl_ca_file) if settings.ssl_ca_file else None)
    except OSError as error:
        raise ConfigurationError(f"FORESHOCK_SSL_CA_FILE: cannot use {settings.ssl_ca_file}: {_said(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ssl_cert_file is not None:
        password = settings.key_password_secret()
        try:
            # Without an answer OpenSSL would ask at the terminal, and wait.
            context.load_cert_chain(settings.ssl_cert_file, settings.ssl_key_file, lambda: password or "")
        except OSError as error:
            raise ConfigurationError(
                f"FORESHOCK_SSL_CERT_FILE ({settings.ssl_cert_file}) and FORESHOCK_SSL_KEY_FILE "
                f"({settings.ssl_key_file}) cannot be used together: {_said(error)}; are both PEM, does the key belong "
                "to the certificate, and is FORESHOCK_SSL_KEY_PASSWORD right?"
            ) from error
    return context


def _said(error: OSError) -> str:
    """Say what an error says of itself."""
    return error.strerror or str(error)


def new_producer(settings: Settings) -> AIOKafkaProducer:
    """Make the producer through which everything leaves; it is not started.

    Every send waits for all in-sync copies. With idempotence a retry neither repeats nor reorders records.
    """
    return AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.producer_idempotence,
        request_timeout_ms=int(settings.request_timeout_seconds * 1000),
        max_batch_size=settings.batch_bytes,
        max_request_size=settings.batch_bytes * 2,
    )


def new_group_consumer(
    settings: Settings, group: str, *topics: str, longest_work: timedelta = timedelta(minutes=5)
) -> AIOKafkaConsumer:
    """Make a member of a consumer group that commits only when told to; it is not started.

    Parameters
    ----------
    settings
        Where the brokers are and how patient to be.
    group
        Short name of the group.
    *topics
        Full names of topics.
    longest_work
        How long it may work on what it fetched before the group takes its partitions away. A process that is dead is
        noticed by its heartbeats, much earlier.
    """
    return StoppableConsumer(
        *topics,
        max_poll_interval_ms=int(longest_work.total_seconds() * 1000),
        **client_options(settings),
        group_id=settings.topic(group),
        group_instance_id=f"{settings.instance_id}-{group}" if settings.instance_id else None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=int(settings.session_timeout_seconds * 1000),
        heartbeat_interval_ms=int(settings.heartbeat_seconds * 1000),
        rebalance_timeout_ms=int(settings.rebalance_timeout_seconds * 1000),
        request_timeout_ms=int(settings.request_timeout_seconds * 1000),
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=int(settings.fetch_wait_seconds * 1000),
    )


def new_reader(settings: Settings) -> AIOKafkaConsumer:
    """Make a consumer without a group, for reading named partitions; it is not started."""
    return StoppableConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(settings.request_timeout_seconds * 1000),
        max_partition_fetch_bytes=8 << 20,
        fetch_max_wait_ms=int(settings.fetch_wait_seconds * 1000),
    )
