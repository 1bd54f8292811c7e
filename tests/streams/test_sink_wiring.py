"""A sink that lacks something refuses to be made, and says what."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from models.organisation import load_organisation
from schemas.errors import ConfigurationError
from sinks.alertmanager import AlertmanagerSink
from sinks.chat.sink import ChatSink
from sinks.prometheus import SINKS
from sinks.webhook import WebhookSink
from streams.settings import Settings, load_settings
from streams.sink_sharing import Shared
from streams.sink_wiring import make_sink
from streams.wiring import Parts, wire
from tests.support.aggregates import aggregate
from tests.support.alerts import alert
from tests.support.destinations import SECRET
from tests.support.peers import CHECKOUT

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


def test_every_destination_hears_of_many_by_a_sink_of_its_own(tmp_path: Path) -> None:
    given = {
        "sinks": "log,alertmanager,wecom,email",
        "alertmanager_urls": "http://am:9093",
        "wecom_url": ROBOT,
        "email_url": "mailto://127.0.0.1?from=foreshock@insurer.example&to=duty@insurer.example",
    }
    parts = wire(load_settings(**given))

    assert [sink.name for sink in parts.aggregate_sinks] == [
        "alertmanager_aggregates",
        "wecom_aggregates",
        "email_aggregates",
    ]


def test_a_robot_has_one_minute_for_both_of_its_sinks_and_shares_it_with_no_other_robot() -> None:
    given = {"sinks": "wecom,slack", "slack_url": "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24}
    parts = wire(load_settings(**given, wecom_url=ROBOT))
    paces = {sink.name: sink._pace for sink in [*parts.sinks, *parts.aggregate_sinks] if isinstance(sink, ChatSink)}

    assert paces["wecom"] is paces["wecom_aggregates"]
    assert paces["slack"] is paces["slack_aggregates"]
    assert paces["wecom"] is not paces["slack"]


def test_alertmanager_names_units_as_metrics_do_and_without_a_file_as_events_do() -> None:
    alertmanager = {"sinks": "alertmanager", "alertmanager_urls": "http://am:9093"}
    organisation = CHECKOUT / "examples" / "organisation.toml"
    places = ["HQ", "HQ/Guangdong/Shenzhen/Futian", "HQ/Hubei/Wuhan/Hankou", "Elsewhere"]
    named = wire(load_settings(**alertmanager, organisation=organisation, metrics_unit_depth=2))
    bare = wire(load_settings(**alertmanager, alertmanager_unit_depth=3))

    def units(parts: Parts, place: str) -> set[str]:
        (single,), (many,) = parts.sinks, parts.aggregate_sinks
        assert isinstance(single, AlertmanagerSink)
        assert isinstance(many, AlertmanagerSink)
        shown = [
            single._portrait.show(alert("a", org_path=place), None),
            many._portrait.show(aggregate("s", org_path=place), None),
        ]
        return {firing.labels["unit"] for firing in shown}

    for place in places:
        assert units(named, place) == {named.metrics.units.of(place)}
        assert units(bare, place) == {"/".join(place.split("/")[:3])}


def test_who_answers_for_a_place_is_whom_the_organisation_names_there_or_above() -> None:
    organisation = load_organisation(CHECKOUT / "examples" / "organisation.toml")
    shared = Shared(organisation)

    for unit in organisation.units:
        assert shared.post_of(f"{unit.path}/Counter 1") == (unit.owner, unit.path)
    assert shared.post_of("Elsewhere") is None
    assert Shared().post_of("HQ") is None


def test_every_sink_that_is_made_has_a_name_of_its_own_that_metrics_know(tmp_path: Path) -> None:
    given = WEBHOOK | {
        "sinks": "webhook,log,jsonl,alertmanager,database,wecom,dingtalk,feishu,slack,email",
        "webhook_secret": SECRET,
        "alertmanager_urls": "http://am:9093",
        "database_url": f"sqlite:///{tmp_path / 'x.db'}",
        "wecom_url": ROBOT,
        "dingtalk_url": "dingtalk://" + "d" * 64,
        "feishu_url": "feishu://0fe2a1b4-1111-2222-3333-444455556666",
        "slack_url": "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        "email_url": "mailto://127.0.0.1?from=foreshock@insurer.example&to=duty@insurer.example",
    }
    parts = wire(load_settings(**given))
    made = [*parts.sinks, *parts.risk_sinks, *parts.suppression_sinks, *parts.aggregate_sinks]
    names = [sink.name for sink in made]

    assert len(set(names)) == len(names)
    assert set(names) == set(SINKS) - {"memory"}


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
