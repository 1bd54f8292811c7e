"""The rules of Prometheus and the runbook that goes with them, and what a worker exports for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from tests.support.deployment import PROMETHEUS_FILE
from tests.support.peers import CHECKOUT

RULES = PROMETHEUS_FILE.parent / "rules"
CASES = sorted((PROMETHEUS_FILE.parent / "rule_tests").glob("*.yml"))
RUNBOOKS = [CHECKOUT / "docs" / "how-to" / name for name in ("answer-an-alarm.md", "answer-an-alarm.zh-CN.md")]

_SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
"""What a metric's name becomes at /metrics, by its type."""


@cache
def rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    files = (yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml")))
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@cache
def exported() -> dict[str, set[str]]:
    """Labels of every series that a worker exports, by its name at /metrics."""
    metrics = Metrics(CollectorRegistry())
    labels: dict[str, set[str]] = {}
    for each in vars(metrics).values():
        for kind in each.describe() if hasattr(each, "_labelnames") else ():
            for suffix in _SUFFIXES[kind.type]:
                labels[kind.name + suffix] = {*each._labelnames, *(["le"] if suffix == "_bucket" else [])}
    return labels


def named_metrics(expr: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each metric of ours that an expression names, with the labels that it selects by."""
    for name, selector in re.findall(r"\b(foreshock[_:][a-z0-9_:]*)(?:\{([^}]*)\})?", expr):
        yield name, set(re.findall(r"(\w+)\s*(?:=|!)", selector))


def runbook_headings() -> list[str]:
    """The alarms that the runbook has, in its order."""
    return re.findall(r"^## (\w+)$", RUNBOOKS[0].read_text(), re.MULTILINE)
