from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from streams.settings import ROLES, Settings, load_settings


def test_defaults_work_on_this_machine() -> None:
    settings = load_settings()

    assert settings.on_loopback
    assert settings.roles == ROLES
    assert settings.topic("journal") == "foreshock.journal"
    assert settings.pseudonym_secret()


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "foreshock.toml"
    config.write_text('partitions = 8\nmax_lines = 64\ntopic_prefix = "file."\n')
    monkeypatch.setenv("FORESHOCK_CONFIG", str(config))
    monkeypatch.setenv("FORESHOCK_MAX_LINES", "32")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", "environment.")

    settings = load_settings(topic_prefix="argument.")

    assert (settings.partitions, settings.max_lines, settings.topic_prefix) == (8, 32, "argument.")


def test_lists_are_separated_by_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_ROLES", "ingest, score")
    monkeypatch.setenv("FORESHOCK_ATTRIBUTES", "region")

    settings = load_settings()

    assert settings.roles == ("ingest", "score")
    assert settings.attributes == ("region",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"partitions": 0}, "FORESHOCK_PARTITIONS"),
        ({"roles": "score,cook"}, "FORESHOCK_ROLES"),
        ({"roles": ""}, "name at least one of ingest, score"),
        ({"heartbeat_seconds": 9.0}, "must be at most a third of session_timeout_seconds"),
        ({"security_protocol": "SASL_SSL"}, "sasl_username"),
        ({"security_protocol": "SASL_SSL", "sasl_username": "w"}, "set FORESHOCK_SASL_PASSWORD_FILE"),
        ({"sasl_username": "w"}, "PLAINTEXT does not log in: set FORESHOCK_SECURITY_PROTOCOL=SASL_SSL"),
        ({"security_protocol": "SSL", "sasl_password": "p"}, "SSL does not log in"),
        ({"ssl_ca_file": "ca.pem"}, "PLAINTEXT does not encrypt: set FORESHOCK_SECURITY_PROTOCOL=SSL"),
        ({"security_protocol": "SSL", "ssl_cert_file": "c.pem"}, "set FORESHOCK_SSL_KEY_FILE"),
        ({"security_protocol": "SSL", "ssl_key_file": "k.pem"}, "set FORESHOCK_SSL_CERT_FILE"),
        ({"security_protocol": "SSL", "ssl_key_password": "p"}, "there is no key that it opens"),
        ({"web_host": "0.0.0.0"}, "FORESHOCK_WEB_TOKEN_FILE, .* or FORESHOCK_WEB_OPEN=true"),
        ({"web_host": "127.0.0.1.example.com"}, "can be reached from other machines"),
        ({"web_host": "localhost.example.com"}, "can be reached from other machines"),
        ({"web_host": "::"}, "can be reached from other machines"),
        ({"web_host": ""}, "can be reached from other machines"),
        ({"colour": "red"}, "colour: there is no such setting"),
    ],
)
def test_an_unusable_setting_is_named(given: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load_settings(**given)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml.*FORESHOCK_CONFIG"):
        load_settings(tmp_path / "nowhere.toml")


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text("partitions = = 3")

    with pytest.raises(ConfigurationError, match="is not TOML"):
        load_settings(config)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9092", "localhost:1,127.0.0.9:2", "[::1]:9092"])
def test_what_is_on_this_machine(host: str) -> None:
    assert load_settings(bootstrap_servers=host).on_loopback


@pytest.mark.parametrize(
    "servers", ["kafka.example:9092", "localhost.example:9092", "127.example:1", "127.0.0.1:1,10.0.0.1:1"]
)
def test_away_from_this_machine_a_pseudonym_key_is_needed(servers: str) -> None:
    settings = load_settings(bootstrap_servers=servers)

    with pytest.raises(ConfigurationError, match="FORESHOCK_PSEUDONYM_KEY is not set"):
        settings.pseudonym_secret()


def test_a_short_pseudonym_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 16"):
        load_settings(pseudonym_key="short").pseudonym_secret()


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("a key of more than 16 characters\n")

    settings = load_settings(pseudonym_key_file=secret, pseudonym_key="the other one, not used")

    assert settings.pseudonym_secret() == b"a key of more than 16 characters"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FORESHOCK_PSEUDONYM_KEY_FILE"):
        load_settings(pseudonym_key_file=tmp_path / "missing").pseudonym_secret()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"pseudonym_key_file": ""}, Settings.pseudonym_secret),
        ({"snapshot_key_file": ""}, Settings.snapshot_secret),
        ({"web_token_file": ""}, Settings.web_secret),
        (
            {"sasl_password_file": "", "security_protocol": "SASL_SSL", "sasl_username": "worker"},
            Settings.sasl_secret,
        ),
    ],
    ids=["pseudonyms", "snapshots", "pages", "password"],
)
def test_a_secret_file_that_is_empty_is_named(
    tmp_path: Path, given: dict[str, object], read: Callable[[Settings], object]
) -> None:
    file = tmp_path / "secret"
    file.write_text("\n")
    (name,) = (name for name in given if name.endswith("_file"))

    with pytest.raises(ConfigurationError, match=f"FORESHOCK_{name.upper()}: .* is empty"):
        read(load_settings(**given | {name: file}))


def test_secrets_never_show() -> None:
    settings = load_settings(
        pseudonym_key="a very secret key indeed",
        security_protocol="SASL_SSL",
        sasl_username="worker",
        sasl_password="hunter2",
        ssl_cert_file="c.pem",
        ssl_key_file="k.pem",
        ssl_key_password="hunter3",
    )

    assert "very secret" not in repr(settings)
    assert "hunter2" not in str(settings.model_dump())


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert Settings.model_fields[name].description
