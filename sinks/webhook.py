"""Sinks that post what people are told to an HTTP address, signed after the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar

import aiohttp
import orjson

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.errors import ConfigurationError, SinkRefusedError
from sinks.http import send, trust

_PREFIX = "whsec_"
# The specification asks for 24 to 64 bytes of randomness.
_SHORTEST, _LONGEST = 24, 64

Posted_contra = TypeVar("Posted_contra", Alert, AggregateAlert, contravariant=True)
"""What can be posted."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where alerts are posted, and how."""

    url: str
    """Address, `https://` or `http://`."""

    keys: tuple[bytes, ...]
    """What alerts are signed with, from `key_of`: the current one first, then the previous one while it is rotated."""

    timeout: timedelta = timedelta(seconds=10)
    """How long the receiver may take to answer, connecting included."""

    max_bytes: int = 65_536
    """Largest body, in bytes."""

    ca_file: Path | None = None
    """PEM file of the authorities to trust; without it the system's."""


class WebhookSink(Generic[Posted_contra]):
    """Posts alerts, or alerts about many, one request per transition, in the order in which they came.

    The id of a request is the alert's id and the number of the transition, the same under redelivery, so a receiver
    drops repeats by it.

    Parameters
    ----------
    endpoint
        Where to.
    name
        Short name, from a closed set: each has a position, a lag and dead letters of its own.
    clock
        Seconds since 1970: when an attempt is made, which a receiver compares with its own clock.

    References
    ----------
    Standard Webhooks, version 1.0.0, https://www.standardwebhooks.com
    """

    def __init__(self, endpoint: Endpoint, name: str = "webhook", clock: Callable[[], float] = time.time) -> None:
        self.name = name
        """Short name, from a closed set."""
        self._endpoint = endpoint
        self._clock = clock
        self._trust = trust(endpoint.ca_file, "FORESHOCK_WEBHOOK_CA_FILE")
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, alert: Posted_contra, /) -> None:
        """Post the transition and wait for a 2xx.

        Raises
        ------
        SinkUnavailableError
            If there is no answer in time, or a status that another attempt can change.
        SinkRefusedError
            If the receiver will never take it, or it is larger than the receiver may be sent.
        """
        body = body_of(alert)
        if len(body) > self._endpoint.max_bytes:
            raise SinkRefusedError(
                self.name, f"{len(body)} bytes, FORESHOCK_WEBHOOK_MAX_BYTES is {self._endpoint.max_bytes}"
            )
        identity, moment = alert.identity, int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(moment),
            "webhook-signature": sign(identity, moment, body, self._endpoint.keys),
        }
        await send(self._opened(), self.name, self._endpoint.url, body, headers)

    @property
    def longest(self) -> timedelta:
        """Longest time that one call can take."""
        return self._endpoint.timeout

    async def probe(self) -> str:
        """Ask the address for its headers; any answer in HTTP will do, because only an alert could be taken."""
        try:
            await send(self._opened(), self.name, self._endpoint.url, b"", {}, method="HEAD")
        except SinkRefusedError as refused:
            return f"the receiver answers a HEAD with {refused.why}"
        return "the receiver answers"

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, made on the loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout.total_seconds()),
                connector=aiohttp.TCPConnector(ssl=self._trust),
            )
        return self._session


def body_of(alert: Alert | AggregateAlert) -> bytes:
    """Write what the specification recommends: a type, a time and the alert itself."""
    kind = "aggregate" if isinstance(alert, AggregateAlert) else "alert"
    return orjson.dumps(
        {"type": f"{kind}.{alert.transition}", "timestamp": alert.at, "data": alert.model_dump(mode="json")},
        option=orjson.OPT_UTC_Z,
    )


def sign(identity: str, moment: int, body: bytes, keys: Sequence[bytes]) -> str:
    """Return the signatures of a request, one per key, separated by blanks.

    Parameters
    ----------
    identity
        Value of `webhook-id`; without a full stop, which separates the parts of what is signed.
    moment
        Value of `webhook-timestamp`, in seconds since 1970.
    body
        The body, byte for byte.
    keys
        With a receiver that still has the previous key, both.

    Examples
    --------
    >>> sign("a/0", 1_767_571_200, b"{}", [b"k" * 24])
    'v1,J/I/BUlPrPkid3yzE0k9R71vJJBomYK8VHCtufEKGmY='
    """
    signed = b"%b.%d.%b" % (identity.encode(), moment, body)
    return " ".join(f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}" for key in keys)


def key_of(secret: str, setting: str) -> bytes:
    """Read a secret as the specification writes it: `whsec_` and base64.

    Parameters
    ----------
    secret
        What was set.
    setting
        Whose value it is, for the error.

    Raises
    ------
    ConfigurationError
        If it is not base64, or of another length than 24 to 64 bytes; the secret is not shown.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ConfigurationError(
            f"{setting} must be {_PREFIX} and the base64 of {_SHORTEST} to {_LONGEST} random bytes: make one with "
            f"`echo {_PREFIX}$(openssl rand -base64 32)`"
        )
    return key
