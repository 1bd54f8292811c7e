from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from foreshock.size import size
from foreshock.sizing.constants import Constant, constants
from foreshock.sizing.estimate import Load, estimate
from tests.support.peers import CHECKOUT

LOADS = st.builds(
    Load,
    events_per_second=st.floats(0.01, 5_000),
    customers=st.integers(1, 50_000_000),
    peak_factor=st.floats(1, 10),
    utilisation=st.floats(0.2, 0.9),
    retention_days=st.floats(1, 90),
    replication=st.integers(1, 3),
    worker_memory_gb=st.floats(1, 64),
    standbys=st.integers(0, 1),
    store=st.sampled_from(["memory", "rocksdb"]),
)


def measured(constant: Constant) -> float:
    """What really stands in the results."""
    text = (CHECKOUT / constant.source).read_text(encoding="utf-8")
    if constant.source.endswith(".json"):
        found = orjson.loads(text)
        for key in constant.at.split("."):
            found = found[int(key)] if key.isdigit() else found[key]
        return float(found)
    before, after = constant.at.split("{}")
    numbers = set(re.findall(f"{re.escape(before)}([0-9][0-9,.]*){re.escape(after)}", text))
    assert len(numbers) == 1, (constant.at, numbers)
    return float(numbers.pop().replace(",", ""))


@pytest.mark.parametrize("name", constants())
def test_every_constant_is_what_stands_in_the_results_that_it_names(name: str) -> None:
    constant = constants()[name]

    assert constant.value == pytest.approx(measured(constant), rel=1e-3)
    assert f"{constant.date}" in constant.source
    assert constant.command.startswith("python -m bench")


def test_a_constant_that_was_changed_by_hand_is_noticed() -> None:
    constant = constants()["recovery"]._replace(value=100_000.0)

    assert constant.value != pytest.approx(measured(constant), rel=1e-3)


@given(LOADS, st.floats(1, 5))
def test_more_events_never_need_less(load: Load, factor: float) -> None:
    more = replace(load, events_per_second=load.events_per_second * factor)

    for name in ("score workers", "partitions", "other cores", "Kafka disk, journal", "Kafka disk, outputs"):
        assert needed(more)[name] >= needed(load)[name]


@given(LOADS, st.integers(0, 10_000_000))
def test_more_customers_never_need_less(load: Load, more: int) -> None:
    grown = replace(load, customers=load.customers + more)

    for name in ("score workers", "partitions", "Kafka disk, states"):
        assert needed(grown)[name] >= needed(load)[name]


@given(LOADS)
def test_a_worker_fits_into_its_memory_and_there_is_a_partition_for_each(load: Load) -> None:
    found = needed(load)

    assert found["memory per score worker"] <= load.worker_memory_gb * (1 + 1e-5) + 1e-5
    assert found["partitions"] >= found["score workers"] >= 1


def needed(load: Load) -> dict[str, float]:
    return {line.name: line.value for line in estimate(load).lines}


def test_the_sum_is_done_by_hand_once() -> None:
    found = needed(Load(events_per_second=100, customers=1_000_000, replication=1))

    assert found["peak"] == 300
    assert found["score workers"] == 1  # 300 x 434.7 us x 1.12 / 0.5 = 0.29 of a core
    assert found["memory per score worker"] == pytest.approx(0.4529 + 1.503, abs=1e-3)
    assert found["Kafka disk, journal"] == pytest.approx(100 * 521 * 30 * 86_400 / 1e9)
    assert found["pause after a crash"] == pytest.approx(8.2 + 1_000_000 / 56_117)
    assert found["pause for other partitions"] == pytest.approx(2.4 + 40.7 + 1_000_000 / 56_117)


def test_what_was_not_shown_is_said() -> None:
    alone = estimate(Load(events_per_second=10, customers=1000, replication=1))
    many = estimate(Load(events_per_second=3_000, customers=9_000_000, message_bytes=5_000))

    assert alone.warnings == []
    said = " ".join(many.warnings)
    for part in ("was not shown: two on two busy cores did 1.035 times", "longer texts", "one broker and one copy"):
        assert part in said
    assert "one learner may not follow" in said
    assert "a migration of 9,000,000 customers: at most 100,000 were timed" in said


def test_the_command_says_how_each_line_was_computed() -> None:
    said = CliRunner().invoke(size, ["--events-per-second", "100", "--customers", "1000000"]).output

    assert "partitions: 12\n    2 per score worker, by the dozen" in said
    assert "1,000,000 customers / 56,117 per second" in said


def test_json_names_the_source_of_every_constant_in_it() -> None:
    said = CliRunner().invoke(size, ["--events-per-second", "100", "--customers", "1000000", "--json"]).output
    found = orjson.loads(said)

    assert {name for line in found["lines"] for name in line["constants"]} == set(found["constants"])
    assert found["constants"]["recovery"]["source"] == "bench/results/growth-2026-11-28.txt"


def test_a_worker_without_room_for_customers_is_refused_in_words() -> None:
    done = CliRunner().invoke(size, ["--events-per-second", "1", "--customers", "10", "--worker-memory-gb", "0.2"])

    assert done.exit_code == 2
    assert "a worker needs 0.45 GB before its first customer" in done.output
