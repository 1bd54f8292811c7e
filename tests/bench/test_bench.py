from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import PARTS, main
from bench.brokers import Brokers
from bench.carriers.job import Figures
from bench.found import Measure
from bench.parts import carrying
from tests.support.peers import CHECKOUT


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.long
def test_a_tiny_run_passes_its_own_checks_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    # Peers have environments of their own, which a test does not make.
    only = ("worker", "core", "stock", "plain")
    sizes = ["--events", "1500", "--people", "300", "--rounds", "1", "--customers", "200,1000"]

    done = subprocess.run(
        [sys.executable, "-m", "bench", *sizes, "--only", ",".join(only), "--broker", "embedded", "--json", str(file)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(file.read_text())
    runs = figures["carrying"]["runs"]
    assert [(run["carrier"], run["events"]) for run in runs] == [(name, 1500) for name in only]
    assert {run["lost"] for run in runs if "lost" in run} == {0}
    assert figures.keys() >= PARTS.keys()
    # Recovery reads one fence per partition beside the rows.
    assert [run["recovered_rows"] for run in figures["growth"]["runs"]] == [200 + 4, 1000 + 4]
    unmeasured = [measure["name"] for measure in figures["measures"] if measure["reached"] is None]
    assert all("Quix" in name or "Bytewax" in name for name in unmeasured)
    assert len(unmeasured) == 3
    assert figures["machine"].keys() >= {"processor", "cores", "python", "packages", "broker", "load_before"}


def test_a_carrier_that_lost_an_event_fails_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "run_carrier", lambda *_: Figures(99, 1.0, 1.0, {"alerts": []}))
    monkeypatch.setattr(carrying, "truth_of", lambda *_: None)

    failed = CliRunner().invoke(main, ["carrying", "--events", "100", "--rounds", "1", "--only", "core"])

    assert failed.exit_code == 1
    assert "core: 100 events went in, 99 changed a state" in failed.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "core,teleport"], "there is no carrier teleport"),
        (["--customers", "10"], "give two numbers"),
        (["--customers", "many,few"], "give whole numbers"),
        (["teleport"], "'teleport' is not one of"),
    ],
)
def test_what_the_bench_does_not_know_is_refused_with_what_it_knows(options: list[str], said: str) -> None:
    refused = CliRunner().invoke(main, options)

    assert refused.exit_code == 2
    assert said in refused.output


def test_a_measure_is_met_on_its_own_side_of_the_target_and_says_why_it_is_missing() -> None:
    assert Measure("cost", 1.1, 1.2).row() == ["cost", "1.100x", "at most 1.200x", "yes"]
    assert Measure("speed", 1.1, 1.2, at_least=True).row()[-1] == "no"
    assert Measure("learner", 9000.4, 10_000, at_least=True, unit="examples/s").row() == [
        "learner", "9,000 examples/s", "at least 10,000 examples/s", "no"
    ]  # fmt: skip
    missing = Measure("cost", None, 1.2, reason="it cannot be installed")
    assert missing.row() == ["cost", "-", "at most 1.200x", "not measured: it cannot be installed"]
    assert missing.plain()["is_met"] is None


def test_a_broker_is_named_for_what_it_is() -> None:
    assert Brokers("embedded").name.startswith("embedded (tansu")
    assert Brokers("kafka").name.startswith("Apache Kafka")
    assert Brokers("embedded", "127.0.0.1:9092").name == "Kafka at 127.0.0.1:9092"
    assert not Brokers("embedded", "127.0.0.1:9092").is_embedded
