from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.errors import SaslAuthenticationFailed, UnsupportedSaslMechanismError

from foreshock.broker.reaching import admin_client, unreachable_because
from schemas.errors import ConfigurationError
from streams.broker import EmbeddedBroker
from streams.settings import Settings, load_settings
from tests.support.kafka import KafkaNode
from tests.support.ports import free_port


async def test_a_broker_that_answers_is_no_problem(embedded_broker: EmbeddedBroker) -> None:
    settings = load_settings(bootstrap_servers=f"127.0.0.1:{free_port()},{embedded_broker.bootstrap_servers}")

    assert await unreachable_because(settings) is None


async def test_an_address_with_nobody_behind_it_is_said_to_be_one() -> None:
    port = free_port()

    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}: nobody listens there: start the broker"):
        async with admin_client(load_settings(bootstrap_servers=f"127.0.0.1:{port}")):
            pass


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (SaslAuthenticationFailed("no"), "refuses user 'crm' with this password"),
        (UnsupportedSaslMechanismError("no"), "correct FORESHOCK_SASL_MECHANISM"),
        (ssl.SSLCertVerificationError("no"), "FORESHOCK_SSL_CA_FILE"),
        (ssl.SSLError(1, "wrong version number"), "may not speak TLS"),
        (TimeoutError(), "a firewall may be between"),
        (ConnectionResetError(), "is no Kafka at all"),
    ],
)
async def test_each_cause_names_what_to_change(error: Exception, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("streams.reaching.create_conn", refuse)
    settings = load_settings(security_protocol="SASL_PLAINTEXT", sasl_username="crm", sasl_password="wrong-password")
    why = await unreachable_because(settings)

    assert why is not None
    assert says in why
    assert "wrong-password" not in why


_JAAS = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="b" password="b" user_b="b" user_crm="right";'
)


@pytest.fixture(scope="module")
def guarded_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    """An Apache Kafka that wants a password."""
    settings = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.plaintext.plain.sasl.jaas.config": _JAAS,
    }
    with KafkaNode(Path(tmp_path_factory.mktemp("guarded")), settings) as node:
        yield node


def guarded(node: KafkaNode, **more: object) -> Settings:
    return load_settings(
        bootstrap_servers=node.bootstrap,
        **{"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "crm", **more},
    )


@pytest.mark.kafka
@pytest.mark.kafka_node
@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"sasl_password": "right"}, None),
        ({"sasl_password": "wrong"}, "refuses user 'crm' with this password (PLAIN)"),
        ({"sasl_password": "right", "sasl_mechanism": "SCRAM-SHA-512"}, "does not offer SCRAM-SHA-512"),
        ({"sasl_username": None, "security_protocol": "PLAINTEXT"}, "FORESHOCK_SECURITY_PROTOCOL"),
    ],
)
async def test_a_real_broker_that_refuses_a_login_is_understood(
    guarded_kafka: KafkaNode, more: dict[str, object], says: str | None
) -> None:
    why = await unreachable_because(guarded(guarded_kafka, **more))

    assert why is None if says is None else why and says in why
