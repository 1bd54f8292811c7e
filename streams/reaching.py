"""Why a broker cannot be reached, in words that name the setting to change."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from streams.connections import client_options
from streams.settings import Settings

# A broker in the same company answers in milliseconds; a person waits for this answer.
_PATIENCE_SECONDS = 5.0


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
                agrees = await _agrees_on_tls(host, port, options)
                told.append(f"{host}:{port}: {_explain(error, settings, agrees_on_tls=agrees)}")
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


async def _agrees_on_tls(host: str, port: int, options: dict[str, Any]) -> bool:
    """Whether TLS is what this port speaks; what comes after it is another matter."""
    context = options.get("ssl_context")
    if context is None:
        return False
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port, ssl=context), _PATIENCE_SECONDS)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), _PATIENCE_SECONDS)
    return True


def _explain(error: Exception, settings: Settings, *, agrees_on_tls: bool) -> str:
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
        case ssl.SSLError() if settings.ssl_cert_file is not None and "ALERT" in str(error):
            return (
                f"the broker does not accept our certificate ({error}): is FORESHOCK_SSL_CERT_FILE "
                f"({settings.ssl_cert_file}) signed by an authority that the brokers trust, and still valid?"
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
        case _ if protocol == "SSL" and agrees_on_tls:
            ours = settings.ssl_cert_file or "none is given"
            return (
                f"TLS is agreed on, then it ends the connection ({in_short(error)}): it wants a certificate of an "
                f"authority that it trusts (FORESHOCK_SSL_CERT_FILE: {ours}), or a login "
                "(FORESHOCK_SECURITY_PROTOCOL=SASL_SSL)"
            )
        case _:
            return (
                f"it ends the connection ({in_short(error)}): FORESHOCK_SECURITY_PROTOCOL is {protocol}, "
                "and this port may speak another, or is no Kafka at all"
            )


def in_short(error: Exception) -> str:
    """Name an error, with its text if it has one."""
    text = str(error)
    return text if text.startswith(type(error).__name__) else f"{type(error).__name__}: {text}".removesuffix(": ")
