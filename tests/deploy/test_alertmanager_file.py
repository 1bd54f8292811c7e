from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from sinks.alertmanager import Alertmanagers, AlertmanagerSink
from sinks.firing import AGGREGATE_NAME, ALERT_NAME, AggregatePortrait, AlertPortrait
from tests.support.aggregates import aggregate
from tests.support.alertmanager import AlertmanagerNode, firing_id
from tests.support.alerts import alert
from tests.support.peers import CHECKOUT

FILE = CHECKOUT / "deploy" / "alertmanager" / "alertmanager.yml"
TEMPLATES = FILE.parent / "templates" / "foreshock.tmpl"

pytestmark = pytest.mark.alertmanager


def amtool(*arguments: str) -> str:
    """What amtool says; it must be content."""
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_alertmanager_understands_its_configuration() -> None:
    assert "SUCCESS" in amtool("check-config", str(FILE))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong", "branch-guangdong"),
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Hubei", "head-office"),
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong/Shenzhen", "branch-guangdong"),
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/GuangdongEast", "head-office"),
        ("alertname=ForeshockAlert level=red acknowledged=no unit=HQ/Guangdong", "head-office"),
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong supervisor=HQ", "head-office"),
        (
            "alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong owner=role:guangdong-service",
            "guangdong-service",
        ),
        ("alertname=ForeshockAlert level=red acknowledged=yes unit=HQ/Guangdong", "nobody"),
        ("alertname=ForeshockAggregate grouped_by=unit level=orange unit=HQ/Guangdong/Shenzhen", "branch-guangdong"),
        ("alertname=ForeshockAggregate grouped_by=unit level=red unit=HQ/Guangdong", "head-office"),
        ("alertname=ForeshockAggregate grouped_by=household level=red unit=HQ/Guangdong", "branch-guangdong"),
        ("alertname=ForeshockAggregate grouped_by=product level=orange unit=HQ", "head-office"),
        (
            "alertname=ForeshockAggregate grouped_by=unit level=orange unit=HQ/Guangdong owner=role:guangdong-service",
            "guangdong-service",
        ),
        ("alertname=ForeshockPositionsSkipped severity=page", "on-call"),
        ("alertname=ForeshockDeadLetters severity=ticket", "tickets"),
    ],
)
def test_an_alert_goes_to_whom_it_concerns(labels: str, receiver: str) -> None:
    said = amtool("config", "routes", "test", f"--config.file={FILE}", *labels.split())

    assert said.split() == [receiver]


def test_every_alarm_that_hides_or_is_hidden_exists() -> None:
    rules = yaml.safe_load((CHECKOUT / "deploy" / "prometheus" / "rules" / "alerts.yml").read_text())
    names = {rule["alert"] for group in rules["groups"] for rule in group["rules"]} | {ALERT_NAME, AGGREGATE_NAME}
    inhibited = yaml.safe_load(FILE.read_text())["inhibit_rules"]
    matchers = [one for rule in inhibited for side in ("source", "target") for one in rule[f"{side}_matchers"]]
    named = [name.split("=")[1].strip('~"') for name in matchers if name.startswith("alertname")]

    for pattern in (part for one in named for part in one.split("|")):
        assert any(re.fullmatch(pattern, name) for name in names), pattern


@pytest.mark.parametrize(
    "name", [f"foreshock{about}.{language}" for about in ("", ".aggregate", ".alarm") for language in ("zh", "en")]
)
def test_a_text_can_be_written_from_its_template(name: str) -> None:
    said = amtool(
        "template", "render", f"--template.glob={TEMPLATES}", f'--template.text={{{{ template "{name}" . }}}}'
    )  # fmt: skip

    assert ("预示" in said) if ".zh" in name else ("Foreshock" in said)


async def test_an_alert_about_a_unit_hides_what_is_mild_there_for_the_same_cause_and_no_customer_who_waits(
    tmp_path: Path,
) -> None:
    there = {"org_path": "HQ/South", "cause": "claim_stalled"}
    singles = [
        alert("mild", level="yellow", **there),
        alert("waits", level="orange", **there),
        alert("elsewhere", level="yellow", **there | {"org_path": "HQ/North"}),
        alert("otherwise", level="yellow", **there | {"cause": "threat"}),
    ]
    rules = yaml.safe_load(FILE.read_text())["inhibit_rules"]
    with AlertmanagerNode(tmp_path, inhibit_rules=rules) as node:
        told = Alertmanagers((node.url,), level="blue")
        many = AlertmanagerSink(told, AggregatePortrait(), "alertmanager_aggregates")
        one = AlertmanagerSink(told, AlertPortrait())
        await many.deliver(aggregate("many", level="orange", **there))
        for each in singles:
            await one.deliver(each)
        hidden = {firing_id(each) for each in node.firing() if each["status"]["inhibitedBy"]}
        await many.deliver(aggregate("many", 1, transition="expired", level="orange", **there))
        afterwards = {firing_id(each) for each in node.firing() if each["status"]["inhibitedBy"]}
        await many.close()
        await one.close()

    assert hidden == {"mild"}
    assert afterwards == set()


@pytest.mark.parametrize(("by", "unit"), [("product", "HQ/South"), ("household", "HQ/South"), ("unit", "other")])
async def test_what_does_not_say_where_each_customer_is_hides_nobody(tmp_path: Path, by: str, unit: str) -> None:
    rules = yaml.safe_load(FILE.read_text())["inhibit_rules"]
    with AlertmanagerNode(tmp_path, inhibit_rules=rules) as node:
        told = Alertmanagers((node.url,), level="blue")
        many = AlertmanagerSink(told, AggregatePortrait(lambda _: unit), "alertmanager_aggregates")
        one = AlertmanagerSink(told, AlertPortrait(lambda _: unit))
        await many.deliver(aggregate("many", level="red", by=by))
        await one.deliver(alert("mild", level="yellow", cause="claim_stalled"))
        hidden = [firing_id(each) for each in node.firing() if each["status"]["inhibitedBy"]]
        await many.close()
        await one.close()

    assert hidden == []
