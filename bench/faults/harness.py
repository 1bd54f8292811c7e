"""The harness: one scenario on one broker, from empty topics to a verdict."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from bench.faults.brokers import Broker
from bench.faults.feeder import ATTRIBUTES, Feeder, Parcel, draw
from bench.faults.judge import Verdict, judge
from bench.faults.scenario import Scenario
from bench.faults.settling import files_of, settle
from bench.faults.stage import Stage
from bench.faults.tape import Tape
from bench.faults.truth import truth_of
from bench.faults.workers import RECOVERED
from streams.settings import Settings, load_settings

_PARAMS = """# Snapshots often enough that models change hands in a short run.
[params.learning]
snapshot_examples = 150
"""
FEW_ARE_MANY = """
# Groups so small that alerts about many open and end in a short run.
[params.aggregates]
warm_up_days = 2
unit = { customers = 2, days = 3, keep = 2 }
product_line = { customers = 3, days = 3, keep = 2 }
product = { customers = 2, days = 3, keep = 2 }
improbable = 0.3
calm_above = 0.4
"""


def settings_of(scenario: Scenario, broker: Broker, folder: Path) -> Settings:
    """Return the settings of a run, with topics of its own."""
    params = folder / "params.toml"
    params.write_text(_PARAMS + FEW_ARE_MANY + scenario.params, encoding="utf-8")
    usual: dict[str, Any] = {
        "bootstrap_servers": broker.bootstrap,
        "topic_prefix": f"faults-{uuid.uuid4().hex[:8]}.",
        "clock": "event",
        "attributes": ATTRIBUTES,
        "params_file": params,
        "request_timeout_seconds": 10.0,
        "commit_interval_seconds": 0.5,
        "web_port": 0,
        "log_level": "info",
    }
    return load_settings(**usual | dict(broker.settings) | dict(scenario.settings))


def parcels_of(scenario: Scenario, events: int, seed: int) -> list[Parcel]:
    """Return what a scenario is fed."""
    usual = draw(events, seed)
    return scenario.spoil(usual, Random(f"{seed}/{scenario.name}")) if scenario.spoil else usual


async def play(
    scenario: Scenario,
    broker: Broker,
    events: int,
    seconds: float,
    seed: int,
    folder: Path,
    on_note: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Play a scenario and judge it.

    Parameters
    ----------
    scenario
        What happens.
    broker
        Where; it need not run yet.
    events
        How many records are fed.
    seconds
        In how much time, if nothing is in the way.
    seed
        Where all chance comes from.
    folder
        For logs and files; kept.
    on_note
        Told of what happens.

    Returns
    -------
    Verdict
        What it came to; a hang is a verdict, not an error.
    """
    started = time.monotonic()
    verdict = Verdict(scenario.name, broker.name, scenario.title)
    await broker.ensure()
    settings = settings_of(scenario, broker, folder)
    feeder = Feeder(settings, parcels_of(scenario, events, seed), seconds)
    stage = Stage(settings, broker, feeder, folder, Random(f"{seed}/faults"), on_note)
    tape: Tape | None = None
    try:
        await stage.prepare()
        if scenario.set_up is not None:
            await scenario.set_up(stage)
        await _perform(scenario, stage)
        tape = Tape(stage.settings)
        if stage.before is not None:
            tape.accounted |= stage.before.accounted
        await tape.start()
        if not await settle(stage, tape):
            verdict.ending = "hung"
    finally:
        if tape is not None:
            await tape.stop()
        await stage.close()
        await broker.forget(settings)
    verdict.alerts_undelivered = len(tape.undelivered(files_of(stage)))
    truth = await asyncio.to_thread(truth_of, stage.settings, tape.records["journal"], stage.before)
    truth.snapshots = tape.due
    judge(verdict, tape, truth, stage.journal_since)
    _judge_workers(verdict, stage)
    verdict.notes, verdict.surprises = stage.notes, stage.surprises
    verdict.seconds = time.monotonic() - started
    return verdict


async def _perform(scenario: Scenario, stage: Stage) -> None:
    """Start the cast, feed, and let the scenario do its harm."""
    for name, cast in scenario.cast.items():
        stage.start(name, cast)
    scorers = [name for name, cast in scenario.cast.items() if "score" in cast.roles]
    await asyncio.gather(*(stage.worker(name).has_said(RECOVERED) for name in scorers))
    stage.note("feeding begins")
    feeding = asyncio.create_task(stage.feeder.run(), name="feed")
    try:
        await scenario.act(stage)
        await feeding
        stage.note("everything is fed")
    finally:
        feeding.cancel()


def _judge_workers(verdict: Verdict, stage: Stage) -> None:
    """Tell how the processes fared."""
    workers = stage.workers.values()
    verdict.exits = [code for worker in workers for code in worker.exits]
    if any(worker.died for worker in workers):
        verdict.ending = "died"
    elif any(worker.hung for worker in workers):
        verdict.ending = "hung"
    elif verdict.exits and verdict.ending == "healed":
        verdict.ending = "restarted"
