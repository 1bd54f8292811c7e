from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from sinks.alertmanager import ALERT_NAME
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
        ("alertname=ForeshockAlert level=red acknowledged=no unit=HQ/Guangdong", "head-office"),
        ("alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong supervisor=HQ", "head-office"),
        (
            "alertname=ForeshockAlert level=orange acknowledged=no unit=HQ/Guangdong owner=role:guangdong-service",
            "guangdong-service",
        ),
        ("alertname=ForeshockAlert level=red acknowledged=yes unit=HQ/Guangdong", "nobody"),
        ("alertname=ForeshockPositionsSkipped severity=page", "on-call"),
        ("alertname=ForeshockDeadLetters severity=ticket", "tickets"),
    ],
)
def test_an_alert_goes_to_whom_it_concerns(labels: str, receiver: str) -> None:
    said = amtool("config", "routes", "test", f"--config.file={FILE}", *labels.split())

    assert said.split() == [receiver]


def test_every_alarm_that_hides_or_is_hidden_exists() -> None:
    rules = yaml.safe_load((CHECKOUT / "deploy" / "prometheus" / "rules" / "alerts.yml").read_text())
    names = {rule["alert"] for group in rules["groups"] for rule in group["rules"]} | {ALERT_NAME}
    inhibited = yaml.safe_load(FILE.read_text())["inhibit_rules"]
    matchers = [one for rule in inhibited for side in ("source", "target") for one in rule[f"{side}_matchers"]]
    named = [name.split("=")[1].strip('~"') for name in matchers if name.startswith("alertname")]

    for pattern in (part for one in named for part in one.split("|")):
        assert any(re.fullmatch(pattern, name) for name in names), pattern


@pytest.mark.parametrize("name", ["foreshock.zh", "foreshock.en", "foreshock.alarm.zh", "foreshock.alarm.en"])
def test_a_text_can_be_written_from_its_template(name: str) -> None:
    said = amtool(
        "template", "render", f"--template.glob={TEMPLATES}", f'--template.text={{{{ template "{name}" . }}}}'
    )  # fmt: skip

    assert ("预示" in said) if ".zh" in name else ("Foreshock" in said)
