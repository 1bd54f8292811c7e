"""The fault matrix in short: the product's workers under faults, judged by a replay of the journal that is there.

`make bench-faults` plays all of it, with more events, on more brokers.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.faults.brokers import Broker
from bench.faults.harness import play
from bench.faults.judge import Verdict
from bench.faults.kinds import make_broker
from bench.faults.scenarios import SCENARIOS

EVENTS = 1800
SECONDS = 3.0
# A hang is found by patience; this is for a machine on which everything takes its time.
TIMEOUT_SECONDS = 400

# Of what the short matrix has, `make test` plays these; `make test-long` plays the rest.
SHORTEST = {
    ("killed", "embedded"),
    ("zombie-then-kill", "embedded"),
    ("poison-in-journal", "embedded"),
    ("broker-killed", "kafka"),
    ("alerts-refused", "kafka"),
    ("changelog-refused", "kafka"),
}


def marks_of(name: str, kind: str) -> list[pytest.MarkDecorator]:
    """Say what a scenario needs."""
    marks = [pytest.mark.kafka if kind == "kafka" else pytest.mark.broker, pytest.mark.slow]
    return marks if (name, kind) in SHORTEST else [*marks, pytest.mark.long]


SHORT = [
    pytest.param(name, kind, id=f"{name}-{kind}", marks=marks_of(name, kind))
    for name, scenario in SCENARIOS.items()
    for kind in scenario.short_on
]


@pytest.fixture(scope="module")
def kafka_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def brokers(kafka_folder: Path) -> AsyncIterator[dict[str, Broker]]:
    """Brokers by kind, each made when it is first asked for."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    made: dict[str, Broker] = {}
    yield made
    for broker in made.values():
        await broker.end()


async def played(name: str, kind: str, brokers: dict[str, Broker], folder: Path) -> Verdict:
    """Play a scenario in short."""
    broker = brokers.setdefault(kind, make_broker(kind, folder))
    scenario = SCENARIOS[name]
    if not scenario.fits(kind, broker.abilities):
        pytest.skip(f"{broker.described} cannot be made to suffer this")
    return await play(scenario, broker, EVENTS, SECONDS, seed=1, folder=folder)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.parametrize(("name", "kind"), SHORT)
async def test_nothing_is_lost_and_nothing_counts_twice(
    name: str, kind: str, brokers: dict[str, Broker], tmp_path: Path
) -> None:
    verdict = await played(name, kind, brokers, tmp_path)

    assert verdict.is_exact, "\n".join([*verdict.complaints, *verdict.notes])
    # Without alerts and examples the comparison would say nothing.
    assert verdict.alerts > 30


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(TIMEOUT_SECONDS)
async def test_a_worker_that_stops_in_order_repeats_nothing(brokers: dict[str, Broker], tmp_path: Path) -> None:
    verdict = await played("stopped", "embedded", brokers, tmp_path)

    assert verdict.is_exact, "\n".join([*verdict.complaints, *verdict.notes])
    assert verdict.alerts_repeated == 0
    assert verdict.exits == []
