from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.carriers.job import BenchError, Figures
from bench.checking import Truth, check_plain
from bench.events import draw_events, read_events, write_events
from bench.summary import rows_of, summary_of, verdict
from bench.throughput import CARRIERS, main
from streams.settings import Settings
from tests.support.peers import CHECKOUT


def run(number: int, carrier: str, microseconds: float) -> dict[str, Any]:
    return {
        "round": number,
        "carrier": carrier,
        "events": 10,
        "events_per_second": 1e6 / microseconds,
        "cpu_microseconds_per_event": microseconds,
        "read_back_microseconds_per_event": 5.0,
    }


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_tiny_run_passes_its_own_checks_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    options = ["--events", "2000", "--customers", "300", "--rounds", "1", "--json", str(file)]

    done = subprocess.run(
        [sys.executable, "-m", "bench.throughput", *options], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "of stock Faust's" in done.stdout
    figures = json.loads(file.read_text())
    assert [(found["carrier"], found["events"]) for found in figures["runs"]] == [(name, 2000) for name in CARRIERS]
    assert {found["alerts"] for found in figures["runs"]} == {figures["runs"][0]["alerts"]}
    assert figures["summary"].keys() == CARRIERS.keys()
    assert figures["machine"].keys() >= {"processor", "cores", "python", "packages", "broker", "load_before"}


def test_the_same_seed_draws_the_same_events_and_a_file_keeps_them(tmp_path: Path) -> None:
    drawn = list(draw_events(300, customers=40, seed=5))

    size = write_events(tmp_path / "events", draw_events(300, customers=40, seed=5))

    assert list(read_events(tmp_path / "events")) == drawn
    assert size == sum(len(event.raw) for event in drawn)
    assert drawn != list(draw_events(300, customers=40, seed=6))


def test_no_customer_has_events_on_two_topics() -> None:
    kinds: dict[str, set[str]] = {}
    for event in draw_events(2000, customers=100, seed=1):
        kinds.setdefault(event.customer_id, set()).add(event.kind)

    assert set(map(len, kinds.values())) == {1}


def test_carrying_is_what_is_above_the_core_of_the_same_round() -> None:
    # The second round met a machine twice as slow.
    runs = [
        run(number, name, slowness * cost)
        for number, slowness in ((1, 1), (2, 2))
        for name, cost in (("worker", 120), ("core", 100), ("stock", 300))
    ]

    summary = summary_of(runs)

    assert summary["worker"]["carrying_microseconds_per_event"].median == 30
    assert summary["worker"]["share_of_stock_carrying"].most == pytest.approx(0.1)
    assert summary["core"]["carrying_microseconds_per_event"] is None
    assert "0.100 of stock Faust's (target: at most 0.125, met)" in verdict(summary)
    assert [row[3] for row in rows_of(summary)] == ["30.0 (20.0 to 40.0)", "-", "300.0 (200.0 to 400.0)"]


def test_without_the_core_nothing_is_said_about_carrying() -> None:
    summary = summary_of([run(1, "worker", 120), run(1, "stock", 300)])

    assert summary["worker"]["carrying_microseconds_per_event"] is None
    assert verdict(summary) == "worker, core and stock are needed to compare carrying costs"


async def test_a_carrier_whose_states_are_wrong_has_no_figures() -> None:
    truth = Truth(customers=1, alerts=0, alerts_digest="", states_digest="right")

    with pytest.raises(BenchError, match="plain: states should be right, got wrong"):
        await check_plain(Settings(), Figures(1, 1.0, 1.0, {"states_digest": "wrong"}), truth)


def test_a_carrier_that_lost_an_event_fails_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"customers": 1, "alerts": 0, "alerts_digest": "", "states_digest": ""}
    monkeypatch.setattr("bench.throughput.run_carrier", lambda *_: Figures(99, 1.0, 1.0, facts))

    failed = CliRunner().invoke(main, ["--events", "100", "--rounds", "1", "--only", "core"])

    assert failed.exit_code == 1
    assert "core: 100 events went in, 99 changed a state" in failed.output


def test_an_unknown_carrier_is_refused_with_the_known_ones() -> None:
    refused = CliRunner().invoke(main, ["--only", "core,teleport"])

    assert refused.exit_code == 2
    assert "there is no carrier teleport" in refused.output
