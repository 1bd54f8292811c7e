from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.carriers.job import BenchError
from bench.events import draw_events
from bench.latency import percentiles, rows_of, summary, verdict
from bench.pace import Read, Seen, Way, drafts_of
from models.intake import Intake
from streams.settings import load_settings
from streams.wiring import intake_of
from tests.support.peers import CHECKOUT

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(rate: int, p99: float) -> dict[str, Any]:
    figures = summary([Way(0.004, 0.005, 0.001), Way(0.008, 0.01, 0.002), Way(p99, 0.0, 0.0)])
    return {
        "rate": rate,
        "events_per_second": float(rate),
        "lines_per_record": 1.5,
        "cpu_microseconds_per_event": 100.0,
        "idle_share": 0.5,
        "elsewhere_share": 0.1,
        "alerts": figures,
        "risk": figures,
    }


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_short_run_measures_alerts_and_risk_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    options = ["--rates", "100", "--seconds", "4", "--customers", "300", "--json", str(file)]

    done = subprocess.run(
        [sys.executable, "-m", "bench.latency", *options], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    (found,) = json.loads(file.read_text())["runs"]
    assert found["events"] == 400
    # Nearly every event moves a risk; of several of one customer only the last one leaves.
    assert 300 <= found["risk"]["count"] <= 400
    assert 0.0 < found["risk"]["p50_seconds"] <= found["risk"]["p99_seconds"] <= found["risk"]["max_seconds"]
    assert set(found["risk"]["stages"]) == {"to_journal", "to_output", "to_consumer"}


def test_a_drawn_event_can_happen_now_and_is_still_read() -> None:
    intake: Intake = intake_of(load_settings(attributes=("sales_channel", "member_level", "tenure_years")))
    drafts = list(drafts_of(draw_events(200, customers=20, seed=3)))

    for number, draft in enumerate(drafts):
        event = intake.prepare(draft.raw(f"e{number}", NOW), draft.kind, NOW).event  # type: ignore[arg-type]
        assert (event.event_id, event.occurred_at) == (f"e{number}", NOW)
    assert any(draft.due_after for draft in drafts)


def test_an_output_is_matched_with_its_event_by_its_place_in_the_journal() -> None:
    seen = Seen(sent_at={"a": 100.0, "b": 200.0}, source_of={(0, 5, 1): "a", (0, 6, 0): "b"})
    seen.journal_at |= {(0, 5): 100.125, (0, 6): 200.125, (0, 7): 299.0}
    seen.read["alerts"] = [
        Read((0, 5, 1), 100.25, 100.375),
        Read((0, 6, 0), 200.25, 200.75),
        Read((0, 7, 0), 299.5, 300.0),
    ]

    # What follows from a tick, at offset 7, has no producer.
    assert seen.ways("alerts", 0.0, 1000.0) == [Way(0.125, 0.125, 0.125), Way(0.125, 0.125, 0.5)]
    assert [way.whole for way in seen.ways("alerts", 150.0, 1000.0)] == [0.75]


def test_percentiles_are_of_what_was_measured() -> None:
    found = percentiles([number / 1000 for number in range(101)])

    assert (found["p50_seconds"], found["p99_seconds"], found["max_seconds"]) == (0.05, 0.099, 0.1)
    with pytest.raises(BenchError, match="no output"):
        percentiles([])


def test_the_verdict_is_about_light_loads_only() -> None:
    assert "met" in verdict([run(1000, 0.09), run(5000, 3.0)])
    assert "missed" in verdict([run(1000, 0.11)])
    assert "no load" in verdict([run(5000, 3.0)])


def test_the_verdict_says_when_others_had_the_machine() -> None:
    assert "Others" not in verdict([run(1000, 0.09)])
    assert "Others had up to 45% of the cores" in verdict([run(1000, 0.09) | {"elsewhere_share": 0.45}])


def test_each_load_has_a_row_for_alerts_and_one_for_risk() -> None:
    assert [row[:2] for row in rows_of([run(1000, 0.09)])] == [["1,000", "alerts"], ["1,000", "risk"]]


def test_a_load_that_raised_no_alert_says_nothing_about_alerts() -> None:
    quiet = run(10, 0.09) | {"alerts": None}

    assert [row[:2] for row in rows_of([quiet])] == [["10", "risk"]]
    assert "no load" in verdict([quiet])


def test_what_is_sent_is_json_of_one_line() -> None:
    (draft,) = drafts_of(draw_events(1, customers=1, seed=1))

    raw = draft.raw("x", NOW)

    assert b"\n" not in raw
    assert orjson.loads(raw)["event_id"] == "x"
