"""Every query of every panel and rule, asked of a real Prometheus that scrapes a real worker."""

from __future__ import annotations

import asyncio
import re
import signal
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.grafana.__main__ import DASHBOARDS
from deploy.grafana.panels import panels_of
from foreshock.broker.commanding import write_command
from foreshock.modelling.deciding import command_of
from foreshock.simulate.world import World
from schemas.ticks import CommandName
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.alarms import RULES, exported, named_metrics, rules
from tests.support.journal import broker_settings, prepare_topics
from tests.support.parity import port_of, worker_of
from tests.support.peers import CHECKOUT
from tests.support.prometheus import PrometheusNode
from tests.support.receivers import Answer as Reply
from tests.support.receivers import Receiver
from tests.support.staffed import StaffedInsurer
from tests.support.worker_process import WorkerProcess

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

SELDOM = {"foreshock_challenger_difference_ratio", "foreshock_drift_alert_timestamp_seconds"}
"""Metrics without a series until something rare happens."""

EMPTY = {
    "Challenger minus champion (90 % interval)": "none runs: it doubles the learner's work, and quality comes too late",
    "Drift": "its monitors learn for four weeks what is normal, of labels that are a month old: half a year at least",
}
"""Panels that may be empty, and why."""

MADE_TO_HAPPEN = {
    "Acted on",
    "Commands about models",
    "Dead letters of sinks",
    "Open alerts about many",
    "Share of false alarms",
    "Share resolved",
    "Time of recoveries",
}
"""Panels that count what people do, or what goes wrong: the run sees to it that there is some of it."""

PARAMS = """
[params.aggregates] # every second customer of a unit is one too many, from the first day on
warm_up_days = 0
improbable = 0.9
calm_above = 0.95
unit = {customers = 2, days = 7, keep = 1}
"""

LEAVES_SECONDS = 60
"""A worker leaves in a second; on a busy machine it has taken half a minute."""

BETWEEN_COMMANDS_SECONDS = 4
"""A counter that begins with what it counted has grown only for who has scraped it before and after."""


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


async def disturbances(
    settings: Settings, insurer: StaffedInsurer, worker: WorkerProcess, second: WorkerProcess
) -> None:
    """While events flow, let a second worker leave, so that the first reads back what it had; then command."""
    await insurer.has_applied(1_000)
    recoveries = worker.said().count("state_recovered")
    second.signal(signal.SIGTERM)
    await asyncio.to_thread(second.wait, LEAVES_SECONDS)
    await worker.has_said("state_recovered", times=recoveries + 1)
    commands: tuple[CommandName, ...] = ("pin", "pin", "unpin", "unpin")
    for name in commands:
        await write_command(settings, command_of(name, "wei", None), settings.snapshot_secret())
        await asyncio.sleep(BETWEEN_COMMANDS_SECONDS)


@pytest.mark.prometheus
@pytest.mark.timeout(600)
async def test_every_query_is_understood_and_has_data_where_a_worker_makes_some(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    params = tmp_path / "params.toml"
    params.write_text(PARAMS, encoding="utf-8")
    settings = broker_settings(embedded_broker.bootstrap_servers, clock="event", params_file=params)
    await prepare_topics(settings)
    world = World(seed=3, customers=1_500, start_at=datetime(2026, 1, 5, tzinfo=UTC), days=60)
    insurer = StaffedInsurer(settings, world, seed=7)
    async with Receiver(Reply(status=422)) as refusing:
        worker = worker_of(
            settings,
            tmp_path,
            "ingest,score,learn,group,tick,deliver",
            FORESHOCK_SINKS="log,webhook",
            FORESHOCK_WEBHOOK_URL=refusing.url,
            FORESHOCK_WEBHOOK_SECRET=f"whsec_{b64encode(bytes(24)).decode()}",
            FORESHOCK_ORGANISATION=str(ORGANISATION),
        )
        second = worker_of(settings, tmp_path, "score", FORESHOCK_ORGANISATION=str(ORGANISATION))
        with worker, second:
            port = await port_of(worker)
            await second.has_said("state_recovered")
            config = tmp_path / "prometheus.yml"
            config.write_text(CONFIG.format(port=port, rules=RULES), encoding="utf-8")
            with PrometheusNode(tmp_path, config) as node:
                await asyncio.to_thread(node.wait_for_scrape)
                await asyncio.gather(insurer.live(), disturbances(settings, insurer, worker, second))
                found = await until_nothing_is_silent(node)
                strange = await asyncio.to_thread(unknown, node, found)
                astray = await asyncio.to_thread(node.query, ASTRAY)
                units = set(node.api("label/unit/values"))
                firing = {alert["labels"]["alertname"] for alert in node.api("alerts")["alerts"]}

    for each in found:
        print(f"{each.where:24} {each.name[:44]:44} {len(each.values):4} series  {verdict(each):6} {each.expr}")
    told = Counter(verdict(each).partition(":")[0] for each in found if each.where != "rules")
    print(f"queries of panels: {told['data']} with data, {told['zero']} at zero, {told['empty']} empty")
    print(f"metrics on no panel and in no rule: {', '.join(unused()) or 'none'}")
    assert silent(found) == []
    assert strange == []
    assert list(astray.values()) == [0.0] * 5, "customers of units do not add up to those of the company"
    assert {each.name for each in found if verdict(each) == "data"} >= MADE_TO_HAPPEN
    assert units == {"HQ", "HQ/Guangdong", "HQ/Guangdong/Shenzhen", "other"}
    assert not firing & {"ForeshockWorkerDown", "ForeshockPartStalled", "ForeshockPositionsSkipped", "ForeshockLag"}


async def until_nothing_is_silent(node: PrometheusNode) -> list[Answer]:
    """Ask everything until all that should have data has some, or it has taken too long."""
    deadline = asyncio.get_running_loop().time() + SETTLES_SECONDS
    found = await asyncio.to_thread(answers, node)
    while silent(found) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(2)
        found = await asyncio.to_thread(answers, node)
    return found
