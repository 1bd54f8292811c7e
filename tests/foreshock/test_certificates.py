"""Until when a certificate is good, whatever its shape."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreshock.checks.of_certificates import check_certificates, not_after
from streams.settings import Settings, load_settings
from tests.support.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def with_certificate(authority: Authority, days: int) -> Settings:
    cert, key = authority.issue("worker", days)
    return load_settings(
        security_protocol="SSL", bootstrap_servers="127.0.0.1:1", ssl_cert_file=str(cert), ssl_key_file=str(key)
    )


@pytest.mark.parametrize("days", [1, 10_000, 40_000])  # the last one ends after 2049 and is written in another way
def test_the_end_is_read_as_the_machines_own_reader_does(authority: Authority, days: int) -> None:
    cert, _ = authority.issue("reader", days)

    ends = not_after(ssl.PEM_cert_to_DER_cert(cert.read_text()))

    assert abs(ends - (datetime.now(UTC) + timedelta(days=days))) < timedelta(minutes=5)


@pytest.mark.parametrize("junk", [b"", b"0", b"junk that is no certificate", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_certificate_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        not_after(junk)


@pytest.mark.parametrize(("days_later", "status"), [(0, "ok"), (31, "warning"), (61, "failed")])
async def test_a_certificate_that_ends_soon_is_told_of(authority: Authority, days_later: int, status: str) -> None:
    settings = with_certificate(authority, days=60)

    findings = await check_certificates(settings, datetime.now(UTC) + timedelta(days=days_later))

    assert [finding.status for finding in findings] == [status]


async def test_a_file_without_a_certificate_fails(authority: Authority, tmp_path: Path) -> None:
    settings = with_certificate(authority, days=60)
    assert settings.ssl_cert_file is not None
    settings.ssl_cert_file.write_text("nothing")

    findings = await check_certificates(settings)

    assert [finding.status for finding in findings] == ["failed"]


async def test_without_tls_there_is_nothing_to_look_at() -> None:
    assert await check_certificates(load_settings()) == []
