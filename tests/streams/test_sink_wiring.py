"""A sink that lacks something refuses to be made, and says what."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from sinks.prometheus import SINKS
from sinks.webhook import WebhookSink
from streams.settings import Settings, load_settings
from streams.sink_wiring import make_sink
from streams.wiring import wire
from tests.support.destinations import SECRET

ROBOT = "wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
WEBHOOK = {"sinks": "webhook", "webhook_url": "https://crm.example/alerts"}


def made(**changes: Any) -> Any:
    settings = load_settings(**changes)
    return make_sink(settings.sinks[0], settings)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sinks": "webhook"}, "FORESHOCK_SINKS names webhook, which needs FORESHOCK_WEBHOOK_URL"),
        (WEBHOOK, "needs FORESHOCK_WEBHOOK_SECRET, or a file with it in FORESHOCK_WEBHOOK_SECRET_FILE"),
        (WEBHOOK | {"webhook_secret": "guess"}, "FORESHOCK_WEBHOOK_SECRET must be whsec_"),
        (
            WEBHOOK | {"webhook_secret": SECRET, "webhook_previous_secret": "guess"},
            "FORESHOCK_WEBHOOK_PREVIOUS_SECRET must be whsec_",
        ),
        (
            WEBHOOK | {"webhook_secret": SECRET, "webhook_ca_file": Path("nowhere.pem")},
            "FORESHOCK_WEBHOOK_CA_FILE: cannot use nowhere.pem",
        ),
        (WEBHOOK | {"webhook_secret_file": Path("nowhere")}, "FORESHOCK_WEBHOOK_SECRET_FILE: cannot read nowhere"),
        ({"sinks": "alertmanager"}, "which needs FORESHOCK_ALERTMANAGER_URLS"),
        ({"sinks": "alertmanager", "alertmanager_urls": "am:9093"}, "am:9093 must begin with http:// or https://"),
        ({"sinks": "database", "database_url": "mysql://x"}, "FORESHOCK_DATABASE_URL must be sqlite:///FILE"),
        ({"sinks": "wecom"}, "names wecom, which needs FORESHOCK_WECOM_URL"),
        ({"sinks": "wecom", "wecom_url": "https://x.example"}, "FORESHOCK_WECOM_URL must look like wecombot://KEY"),
        ({"sinks": "wecom", "wecom_url": ROBOT, "chat_texts": Path("no.toml")}, "FORESHOCK_CHAT_TEXTS: cannot use no"),
    ],
)
def test_a_half_configured_sink_says_which_setting_and_what_to_do(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        made(**given)

    assert told in str(raised.value)
    assert "guess" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sinks": "pigeon"}, "FORESHOCK_SINKS"),
        ({"chat_transitions": "opened,rised"}, "FORESHOCK_CHAT_TRANSITIONS"),
        ({"webhook_url": "crm.example/alerts"}, "FORESHOCK_WEBHOOK_URL"),
        ({"chat_per_minute": 1}, "FORESHOCK_CHAT_PER_MINUTE"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_it_is_read(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load_settings(**given)


def test_secrets_come_from_files_and_two_of_them_sign(tmp_path: Path) -> None:
    for name in ("now", "before"):
        (tmp_path / name).write_text(f"{SECRET}\n")
    sink = made(
        **WEBHOOK,
        webhook_secret_file=tmp_path / "now",
        webhook_previous_secret_file=tmp_path / "before",
    )

    assert isinstance(sink, WebhookSink)
    assert len(sink._endpoint.keys) == 2


def test_no_secret_of_a_sink_is_shown_with_the_settings() -> None:
    settings = load_settings(webhook_secret=SECRET, wecom_url=ROBOT, database_url="postgresql://u:hidden@h/d")

    for shown in (repr(settings), str(settings.model_dump())):
        assert not [secret for secret in (SECRET, ROBOT, "hidden") if secret in shown]


def test_a_worker_that_delivers_nothing_needs_no_secret_of_a_sink() -> None:
    assert wire(load_settings(sinks="webhook", roles="score")).sinks == ()


def test_the_database_has_a_sink_for_each_kind_of_what_it_keeps(tmp_path: Path) -> None:
    parts = wire(load_settings(sinks="log,database", database_url=f"sqlite:///{tmp_path / 'x.db'}"))

    assert [sink.name for sink in parts.sinks] == ["log", "database"]
    assert [sink.name for sink in parts.risk_sinks] == ["risk_history"]
    assert [sink.name for sink in parts.suppression_sinks] == ["suppressions"]
    assert [sink.name for sink in parts.aggregate_sinks] == ["database_aggregates"]


def test_the_webhook_has_a_sink_for_alerts_and_one_for_alerts_about_many() -> None:
    parts = wire(load_settings(**WEBHOOK, webhook_secret=SECRET))

    assert [sink.name for sink in parts.sinks] == ["webhook"]
    assert [sink.name for sink in parts.aggregate_sinks] == ["webhook_aggregates"]


def test_every_sink_that_is_made_has_a_name_of_its_own_that_metrics_know(tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path / 'x.db'}"}
    parts = wire(load_settings(**WEBHOOK | {"sinks": "webhook,log,database"}, **database, webhook_secret=SECRET))
    made = [*parts.sinks, *parts.risk_sinks, *parts.suppression_sinks, *parts.aggregate_sinks]
    names = [sink.name for sink in made]

    assert len(set(names)) == len(names)
    assert set(names) <= set(SINKS)


@pytest.mark.parametrize(
    ("sink", "library", "extra"), [("database", "sqlalchemy", "database"), ("wecom", "apprise", "chat")]
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    sink: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing = builtins.__import__

    def without(name: str, *given: Any, **options: Any) -> Any:
        if name.startswith(("sinks.chat", "sinks.database")):
            raise ModuleNotFoundError(f"No module named {library!r}", name=library)
        return importing(name, *given, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=f"needs {library}: install the extra `{extra}`"):
        made(sinks=sink, wecom_url=ROBOT)


def test_every_setting_of_a_sink_is_a_setting() -> None:
    assert {
        "webhook_url",
        "alertmanager_urls",
        "database_url",
        "chat_level",
        "email_url",
    } <= Settings.model_fields.keys()
