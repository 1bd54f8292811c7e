from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import Any

import pytest
import yaml

from tests.support.alarms import CASES, RULES, RUNBOOKS, exported, named_metrics, rules
from tests.support.peers import CHECKOUT
from tests.support.prometheus import promtool


def alarms() -> dict[str, dict[str, Any]]:
    """The alerting rules, by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


@pytest.mark.prometheus
def test_prometheus_understands_every_rule() -> None:
    assert "SUCCESS" in promtool("check", "rules", *(str(path) for path in sorted(RULES.glob("*.yml"))))


@pytest.mark.prometheus
def test_every_alarm_fires_where_it_must_and_stays_quiet_where_it_must() -> None:
    assert "SUCCESS" in promtool("test", "rules", *map(str, CASES))


def test_every_alarm_is_tried_both_ways() -> None:
    names = [case["name"] for cases in CASES for case in yaml.safe_load(cases.read_text())["tests"]]

    assert Counter(names) == Counter(chain.from_iterable((f"{name} fires", f"{name} stays quiet") for name in alarms()))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule.get("alert") or rule["record"]))
def test_a_rule_names_only_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    known, recorded = exported(), {each["record"] for each in rules() if "record" in each}
    for name, labels in named_metrics(rule["expr"]):
        assert name in known or name in recorded
        assert labels <= known.get(name, set())


@pytest.mark.parametrize("name", alarms())
def test_an_alarm_says_who_is_woken_what_it_is_and_where_to_read_on(name: str) -> None:
    alarm = alarms()[name]

    assert alarm["labels"]["severity"] in {"page", "ticket"}
    assert {"summary", "summary_zh", "description", "runbook"} <= alarm["annotations"].keys()
    page, heading = alarm["annotations"]["runbook"].split("#")
    assert CHECKOUT / page == RUNBOOKS[0]
    assert heading == name.lower()


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.name)
def test_the_runbook_has_every_alarm_and_no_other(page: Any) -> None:
    assert re.findall(r"^## (\w+)$", page.read_text(), re.MULTILINE) == list(alarms())
