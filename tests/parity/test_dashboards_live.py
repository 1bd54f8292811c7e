"""Every query of every panel and rule, asked of a real Prometheus that scrapes a real worker."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.grafana.__main__ import DASHBOARDS
from deploy.grafana.panels import panels_of
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from streams.broker import EmbeddedBroker
from tests.support.alarms import RULES, exported, named_metrics, rules
from tests.support.journal import broker_settings, prepare_topics
from tests.support.parity import port_of, worker_of
from tests.support.peers import CHECKOUT
from tests.support.prometheus import PrometheusNode

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: foreshock
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

SETTLES_SECONDS = 120
"""Forty seconds are usual; figures by cohort come last, and late on a busy machine."""

ORGANISATION = CHECKOUT / "examples" / "organisation.toml"

ASTRAY = "sum by (stage) (foreshock_unit_customers) - sum by (stage) (foreshock_customers)"
"""Customers whom units have and the company has not."""

SELDOM = {
    "foreshock_challenger_difference_ratio",
    "foreshock_drift_alert_timestamp_seconds",
    "foreshock_sink_dead_letters_total",
}
"""Metrics without a series until something rare happens."""

EMPTY = {
    "Challenger minus champion (90 % interval)": "no challenger runs",
    "Drift": "nothing has changed for good in a quiet month",
    "Commands about models": "nobody gives any",
    "Open alerts about many": "nothing surges in this insurer",
    "Acted on": "few answer alerts here",
    "Share of false alarms": "nobody judges alerts here",
    "Share resolved": "nobody judges alerts here",
    "Time of recoveries": "nothing has restarted",
    "Dead letters of sinks": "no sink refuses anything",
}
"""Panels that may be empty while nothing goes wrong, and why."""


def asked() -> list[tuple[str, str, str]]:
    """Where a query stands, what it is called there, and the query."""
    panels = [
        (plan.uid, panel.title.en, query.expr.replace("$organisation", ".*"))
        for plan in DASHBOARDS
        for panel in panels_of(plan)
        for query in panel.queries
    ]
    return panels + [("rules", rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


class Answer(NamedTuple):
    """What Prometheus said to one query."""

    where: str
    name: str
    expr: str
    values: tuple[float, ...]
    """One per series."""


def answers(node: PrometheusNode) -> list[Answer]:
    """Ask everything."""
    return [Answer(where, name, expr, tuple(node.query(expr).values())) for where, name, expr in asked()]


def unused() -> list[str]:
    """Metrics that no panel and no rule asks for."""
    used = {family_of(name) for _, _, expr in asked() for name, _ in named_metrics(expr)}
    return sorted({family_of(name) for name in exported()} - used)


def family_of(name: str) -> str:
    """A metric's name without what its type adds."""
    return re.sub(r"_(bucket|count|sum)$", "", name)


def unknown(node: PrometheusNode, found: list[Answer]) -> list[tuple[str, str]]:
    """What is asked for by name and neither scraped, recorded nor exported with those labels."""
    scraped = {name for name in node.api("label/__name__/values") if name.startswith("foreshock")}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    known = exported()
    return [
        (name, expr)
        for expr in (answer.expr for answer in found)
        for name, labels in named_metrics(expr)
        if name not in recorded
        and (name not in known or not labels <= known[name] or (name not in scraped and name not in SELDOM))
    ]


def verdict(answer: Answer) -> str:
    """What to print of an answer; series that count nothing yet are there from the start."""
    if any(value and not isnan(value) for value in answer.values):
        return "data"
    if answer.values:
        return "zero"
    return "quiet" if answer.where == "rules" else f"empty: {EMPTY.get(answer.name, 'WHY?')}"


def silent(found: list[Answer]) -> list[Answer]:
    """The panels without data that should have some."""
    return [each for each in found if not each.values and each.where != "rules" and each.name not in EMPTY]


@pytest.mark.prometheus
@pytest.mark.timeout(600)
async def test_every_query_is_understood_and_has_data_where_a_worker_makes_some(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, clock="event")
    await prepare_topics(settings)
    world = World(seed=3, customers=1_500, start_at=datetime(2026, 1, 5, tzinfo=UTC), days=60)
    worker = worker_of(
        settings,
        tmp_path,
        "ingest,score,learn,group,tick,deliver",
        FORESHOCK_SINKS="log",
        FORESHOCK_ORGANISATION=str(ORGANISATION),
    )
    with worker:
        port = await port_of(worker)
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(port=port, rules=RULES), encoding="utf-8")
        with PrometheusNode(tmp_path, config) as node:
            await asyncio.to_thread(node.wait_for_scrape)
            await feed(world, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
            deadline = asyncio.get_running_loop().time() + SETTLES_SECONDS
            found = await asyncio.to_thread(answers, node)
            while silent(found) and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(2)
                found = await asyncio.to_thread(answers, node)
            strange = await asyncio.to_thread(unknown, node, found)
            astray = node.query(ASTRAY).values()
            units = set(node.api("label/unit/values"))
            firing = {alert["labels"]["alertname"] for alert in node.api("alerts")["alerts"]}

    for each in found:
        print(f"{each.where:24} {each.name[:44]:44} {len(each.values):4} series  {verdict(each):6} {each.expr}")
    told = Counter(verdict(each).partition(":")[0] for each in found if each.where != "rules")
    print(f"queries of panels: {told['data']} with data, {told['zero']} at zero, {told['empty']} empty")
    print(f"metrics on no panel and in no rule: {', '.join(unused()) or 'none'}")
    assert silent(found) == []
    assert strange == []
    assert list(astray) == [0.0] * 5, "customers of units do not add up to those of the company"
    assert units == {"HQ", "HQ/Guangdong", "HQ/Guangdong/Shenzhen", "other"}
    assert not firing & {"ForeshockWorkerDown", "ForeshockPartStalled", "ForeshockPositionsSkipped", "ForeshockLag"}
