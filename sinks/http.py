"""What an HTTP answer means for an alert: taken, try again, or never."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp

from schemas.errors import ConfigurationError, SinkRefusedError, SinkUnavailableError

SOON = timedelta(0)
"""The destination did not say when to come back: the carrier's own back-off decides."""

# 408 the server closed a slow request, 425 it fears a replay, 429 too many. A 501 or 505 says that the server
# cannot do this at all; every other 5xx is its own trouble.
_RETRIABLE = frozenset({408, 425, 429})
_PERMANENT_5XX = frozenset({501, 505})


def is_retriable(status: int) -> bool:
    """Whether the same request can succeed later without anybody changing anything.

    Examples
    --------
    >>> [status for status in (301, 400, 404, 410, 429, 500, 501, 503) if is_retriable(status)]
    [429, 500, 503]
    """
    return status in _RETRIABLE or (status >= 500 and status not in _PERMANENT_5XX)


def retry_after_of(value: str | None, now: datetime | None = None) -> timedelta:
    """Read the header `Retry-After`.

    Parameters
    ----------
    value
        Seconds, or an HTTP date; anything else counts as not given.
    now
        What a date is compared with; without it the present.

    References
    ----------
    RFC 9110, section 10.2.3.

    Examples
    --------
    >>> retry_after_of("120")
    datetime.timedelta(seconds=120)
    >>> retry_after_of("tomorrow")
    datetime.timedelta(0)
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return SOON
    return max(SOON, date.replace(tzinfo=date.tzinfo or UTC) - (now or datetime.now(UTC)))


def judge(sink: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise what a status means; 2xx means taken.

    Raises
    ------
    SinkUnavailableError
        If trying again can help.
    SinkRefusedError
        If it cannot; redirects are not followed, because a signed alert goes nowhere that nobody named.
    """
    if 200 <= status < 300:
        return
    if is_retriable(status):
        raise SinkUnavailableError(sink, retry_after_of(headers.get("Retry-After")), f"HTTP {status}")
    raise SinkRefusedError(sink, f"HTTP {status}")


async def send(
    session: aiohttp.ClientSession, sink: str, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
) -> None:
    """Send one request and return once the destination has said that it took it.

    The body of the answer is not read: the status says all, and a receiver cannot keep us by never ending it.

    Raises
    ------
    SinkUnavailableError
        If it does not answer as HTTP in time, or asks to come back later. A certificate that cannot be trusted counts
        as well: it is the path that is broken, not the alert, and a renewed one mends it.
    SinkRefusedError
        If it will never take this request.
    """
    try:
        async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            status, found = response.status, dict(response.headers)
            response.close()
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise SinkRefusedError(sink, "the URL is none") from error
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        raise SinkUnavailableError(sink, SOON, type(error).__name__) from error
    judge(sink, status, found)


def trust(ca_file: Path | None, setting: str) -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, or those of a file.

    Raises
    ------
    ConfigurationError
        If the file cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{setting}: cannot use {ca_file}: {error}") from error
