"""Checks of certificates: until when those of the brokers, of the authorities and of ourselves are good."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka.conn import collect_hosts

from foreshock.checks.findings import Finding
from schemas.errors import ConfigurationError
from streams.connections import tls_context
from streams.settings import Settings

# A new certificate takes a company's people some weeks of forms.
_SOON = timedelta(days=30)
_PATIENCE_SECONDS = 5.0
_END = "-----END CERTIFICATE-----"
_SEQUENCE, _INTEGER, _VERSION, _UTC_TIME = 0x30, 0x02, 0xA0, 0x17


async def check_certificates(settings: Settings, now: datetime | None = None) -> list[Finding]:
    """Look until when every certificate on the way is good; nothing without TLS.

    Parameters
    ----------
    settings
        Where the brokers are, and which files to look into.
    now
        The time to compare with; without it this machine's.
    """
    if not settings.security_protocol.endswith("SSL"):
        return []
    at = now or datetime.now(UTC)
    findings: list[Finding] = []
    for name, file in (("authority", settings.ssl_ca_file), ("own certificate", settings.ssl_cert_file)):
        if file is not None:
            findings += _of_file(name, file, at)
    for host, port, _ in collect_hosts(settings.bootstrap_servers):
        findings += await _of_broker(host, port, settings, at)
    return findings


def not_after(der: bytes) -> datetime:
    """Read until when a certificate is good.

    Parameters
    ----------
    der
        An X.509 certificate.

    Raises
    ------
    ValueError
        If it is none.

    References
    ----------
    RFC 5280, section 4.1: Certificate, TBSCertificate and Validity.
    """
    _, certificate, _ = _element(der)
    _, fields, _ = _element(certificate)
    tag, _, rest = _element(fields)
    if tag == _VERSION:
        tag, _, rest = _element(rest)
    if tag != _INTEGER:
        raise ValueError("no X.509 certificate")
    for _ in range(2):  # the signature's algorithm and the issuer
        _, _, rest = _element(rest)
    tag, validity, _ = _element(rest)
    if tag != _SEQUENCE:
        raise ValueError("no X.509 certificate")
    _, _, rest = _element(validity)
    tag, end, _ = _element(rest)
    shape = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(end.decode("ascii"), shape).replace(tzinfo=UTC)


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Split off the first DER element: its tag, its content, and what follows."""
    try:
        tag, size, start = der[0], der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start], "big")
    except IndexError as error:
        raise ValueError("no X.509 certificate") from error
    return tag, der[start : start + size], der[start + size :]


def _of_file(name: str, file: Path, at: datetime) -> Iterable[Finding]:
    """Look at every certificate of a PEM file."""
    try:
        text = file.read_text(encoding="ascii", errors="replace")
        blocks = [part[part.index("-----BEGIN") :] + _END for part in text.split(_END) if "-----BEGIN CERT" in part]
        # A file may hold hundreds of authorities; the first to end is the one to know of.
        ends = min(not_after(ssl.PEM_cert_to_DER_cert(block[block.index("-----BEGIN CERT") :])) for block in blocks)
    except (OSError, ValueError) as error:
        return [Finding("certificates", "failed", f"{name} {file}: {error}", "give a PEM file with a certificate")]
    return [_finding(f"{name} {file}", ends, at)]


async def _of_broker(host: str, port: int, settings: Settings, at: datetime) -> Iterable[Finding]:
    """Look at the certificate that a broker shows; whether it is trusted is the check `broker`'s to say."""
    try:
        context = tls_context(settings)
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(host, port, ssl=context, server_hostname=host), _PATIENCE_SECONDS
        )
    except (OSError, TimeoutError, ConfigurationError):
        return []
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), _PATIENCE_SECONDS)
    return [_finding(f"broker {host}:{port}", not_after(der), at)]


def _finding(whose: str, ends: datetime, at: datetime) -> Finding:
    """Judge until when a certificate is good."""
    left = ends - at
    told = f"{whose} is good until {ends:%Y-%m-%d}, {left.days} days"
    if left <= timedelta(0):
        return Finding("certificates", "failed", f"{whose} ended on {ends:%Y-%m-%d}", "put a new certificate there")
    if left < _SOON:
        return Finding("certificates", "warning", told, "ask for a new certificate now")
    return Finding("certificates", "ok", told)
