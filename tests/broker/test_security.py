"""An Apache Kafka that lets nobody in without a certificate or a password, and clients that have one or not."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from streams.exits import ExitCode
from streams.reaching import unreachable_because
from streams.settings import Settings
from tests.support.certificates import Authority
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.kafka import _JAVA, KafkaNode
from tests.support.ports import free_ports
from tests.support.settling import READY, assert_exact, feed, settled
from tests.support.worker_process import COUNTING, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.kafka_node, pytest.mark.slow]

PASSWORD = "correct-horse-battery"
EVENTS = 600
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class SecureKafka(KafkaNode):
    """A node with a TLS listener that asks for certificates and one that asks for passwords.

    Its plain listener is for itself alone.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ca")
        self.stranger = Authority(folder / "stranger")
        self.mtls_port, self.sasl_port = free_ports(2)
        super().__init__(folder)
        cert, key = self.authority.issue("broker")
        store = folder / "broker.store.pem"
        store.write_text(key.read_text() + cert.read_text())
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        mine = super()._properties()
        self.settings = {
            "listeners": f"{mine['listeners']},MTLS://127.0.0.1:{self.mtls_port},LOGIN://127.0.0.1:{self.sasl_port}",
            "advertised.listeners": f"{mine['advertised.listeners']},MTLS://127.0.0.1:{self.mtls_port},"
            f"LOGIN://127.0.0.1:{self.sasl_port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,MTLS:SSL,LOGIN:SASL_SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.cert),
            "listener.name.mtls.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": ",".join(MECHANISMS),
            "listener.name.login.plain.sasl.jaas.config": f'{plain} user_worker="{PASSWORD}";',
            "listener.name.login.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.login.scram-sha-512.sasl.jaas.config": scram,
            # The controller's listener and the plain one are the broker's own; whoever logs in has what it is given.
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:worker;User:CN=worker",
        }
        _format_with_users(self._properties(), folder)


def _format_with_users(properties: dict[str, str], folder: Path) -> None:
    """Format the storage with a user for each kind of SCRAM, as before a first start."""
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    cluster = base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")
    users = [
        part
        for mechanism in MECHANISMS[1:]
        for part in ("--add-scram", f"{mechanism}=[name=worker,password={PASSWORD}]")
    ]
    subprocess.run(
        [*_JAVA, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(path), *users],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with SecureKafka(tmp_path_factory.mktemp("secure")) as node:
        yield node


def login(kafka: SecureKafka, mechanism: str = "SCRAM-SHA-512", **changes: Any) -> dict[str, Any]:
    """Settings for the listener that asks for a password."""
    return {
        "bootstrap_servers": f"127.0.0.1:{kafka.sasl_port}",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": mechanism,
        "sasl_username": "worker",
        "sasl_password": PASSWORD,
        "ssl_ca_file": str(kafka.authority.cert),
        **changes,
    }


def certificate(kafka: SecureKafka, authority: Authority | None = None, **changes: Any) -> dict[str, Any]:
    """Settings for the listener that asks for a certificate."""
    cert, key = (authority or kafka.authority).issue("worker")
    return {
        "bootstrap_servers": f"127.0.0.1:{kafka.mtls_port}",
        "security_protocol": "SSL",
        "ssl_ca_file": str(kafka.authority.cert),
        "ssl_cert_file": str(cert),
        "ssl_key_file": str(key),
        **changes,
    }


def settings_of(given: dict[str, Any]) -> Settings:
    quick = {"producer_idempotence": True, "session_timeout_seconds": 6.0, "heartbeat_seconds": 1.0}
    return broker_settings(given.pop("bootstrap_servers"), **quick, **given)


def worker_of(settings: Settings, folder: Path) -> WorkerProcess:
    """A worker that reads its password from a file, as in production."""
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n")
    logs_in = settings.security_protocol.startswith("SASL")
    given = {"FORESHOCK_SASL_PASSWORD_FILE": str(secret)} if logs_in else {}
    return WorkerProcess(settings, folder / "worker.log", COUNTING, **given)


@pytest.mark.parametrize("mechanism", [*MECHANISMS, "certificate"])
async def test_a_worker_does_its_work_over_tls(kafka: SecureKafka, tmp_path: Path, mechanism: str) -> None:
    settings = settings_of(certificate(kafka) if mechanism == "certificate" else login(kafka, mechanism))
    await prepare_topics(settings)
    with worker_of(settings, tmp_path) as worker:
        await worker.has_said(READY)
        await feed(settings, 0, EVENTS)
        await settled(settings, EVENTS, worker)

        assert PASSWORD not in worker.said()
    await assert_exact(settings, EVENTS)


async def test_a_key_with_a_password_is_opened(kafka: SecureKafka) -> None:
    cert, key = kafka.authority.issue("locked", password="open sesame")
    locked = certificate(kafka, ssl_cert_file=str(cert), ssl_key_file=str(key), ssl_key_password="open sesame")

    assert await unreachable_because(settings_of(locked)) is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda kafka: login(kafka, sasl_password="wrong"), "refuses user 'worker' with this password"),
        (lambda kafka: login(kafka, "PLAIN", sasl_password="wrong"), "refuses user 'worker' with this password"),
        (lambda kafka: login(kafka, ssl_ca_file=str(kafka.stranger.cert)), "FORESHOCK_SSL_CA_FILE"),
        (lambda kafka: certificate(kafka, kafka.stranger), "FORESHOCK_SSL_CERT_FILE"),
        (lambda kafka: certificate(kafka, ssl_cert_file=None, ssl_key_file=None), "FORESHOCK_SSL_CERT_FILE"),
        (lambda kafka: certificate(kafka, bootstrap_servers=kafka.bootstrap), "FORESHOCK_SECURITY_PROTOCOL is SSL"),
    ],
    ids=["scram", "plain", "wrong authority", "foreign certificate", "no certificate", "no TLS there"],
)
async def test_what_is_wrong_is_said_soon_and_plainly(
    kafka: SecureKafka, tmp_path: Path, given: Any, says: str
) -> None:
    settings = settings_of(given(kafka))
    started = time.monotonic()
    with WorkerProcess(settings, tmp_path / "worker.log", COUNTING) as worker:
        code = await asyncio.to_thread(worker.wait, 30.0)

    assert code == ExitCode.INFRASTRUCTURE, worker.said()
    assert says in worker.said()
    assert time.monotonic() - started < 20


# A command ends before TLS has said goodbye on every connection; the process takes them along.
@pytest.mark.filterwarnings("ignore:.*:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed transport")
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_check_says_plainly_that_a_password_is_wrong(
    kafka: SecureKafka, monkeypatch: pytest.MonkeyPatch, mechanism: str
) -> None:
    for name, value in login(kafka, mechanism, sasl_password="a wrong one").items():
        monkeypatch.setenv(f"FORESHOCK_{name.upper()}", str(value))

    done = CliRunner().invoke(main, ["check"])

    assert done.exit_code == 1
    assert f"the broker refuses user 'worker' with this password ({mechanism})" in done.output
    assert "correct FORESHOCK_SASL_USERNAME and FORESHOCK_SASL_PASSWORD" in done.output
    assert "a wrong one" not in done.output


@pytest.mark.filterwarnings("ignore:.*:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed transport")
def test_check_says_until_when_certificates_are_good_and_shows_no_secret(
    kafka: SecureKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**login(kafka), **{k: v for k, v in certificate(kafka).items() if k.startswith("ssl")}}
    for name, value in {**given, "topic_prefix": "absent."}.items():
        monkeypatch.setenv(f"FORESHOCK_{name.upper()}", str(value))

    told = CliRunner().invoke(main, ["check"]).output

    assert "certificates: authority" in told
    assert "certificates: own certificate" in told
    assert f"certificates: broker 127.0.0.1:{kafka.sasl_port} is good until" in told
    assert "ask for a new certificate now" in told  # 20 days are left
    assert PASSWORD not in told


def test_a_key_that_does_not_fit_is_named_and_nobody_is_asked_at_the_terminal(
    kafka: SecureKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = kafka.authority.issue("shut", password="open sesame")
    given = certificate(kafka, ssl_cert_file=str(cert), ssl_key_file=str(key))
    for name, value in given.items():
        monkeypatch.setenv(f"FORESHOCK_{name.upper()}", str(value))

    told = CliRunner().invoke(main, ["check"]).output

    assert "is FORESHOCK_SSL_KEY_PASSWORD right?" in told


@pytest.mark.filterwarnings("ignore:.*:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed transport")
async def test_commands_reach_a_secured_broker_too(kafka: SecureKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(login(kafka))
    for name, value in {**login(kafka), "topic_prefix": settings.topic_prefix}.items():
        monkeypatch.setenv(f"FORESHOCK_{name.upper()}", str(value))

    made = await asyncio.to_thread(CliRunner().invoke, main, ["topics", "create"])

    assert made.exit_code == 0, made.output
    assert await read_topic(settings, "alerts") == []
