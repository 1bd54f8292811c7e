"""What `import` writes, the core reads: an export becomes alerts without Kafka."""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from foreshock.importing.loading import load_mapping
from models.intake import Intake
from models.outcome import Outcome
from models.params import Params
from models.pseudonym import Pseudonymiser
from models.replaying import EventReplay
from schemas.alerts import Alert
from schemas.codec import EventKind
from schemas.examples import RiskExample

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
KEYS = Pseudonymiser(b"a secret for tests, long enough")


def imported(mapping: str, export: Path, folder: Path) -> list[bytes]:
    events = folder / "events.jsonl"
    arguments = ["--mapping", str(EXAMPLES / mapping), str(export), "--output", str(events), "--sort"]
    result = CliRunner().invoke(main, ["import", *arguments])
    assert result.exit_code == 0, result.output
    return events.read_bytes().splitlines()


def replayed(lines: list[bytes], mapping: str) -> tuple[Counter[EventKind], list[Outcome]]:
    """Every line must be readable: one that is not raises."""
    attributes = frozenset(load_mapping(EXAMPLES / mapping).attribute_names)
    replay = EventReplay(Intake(KEYS, partitions=1, attributes=attributes), Params())
    kinds: Counter[EventKind] = Counter()
    outcomes: list[Outcome] = []
    for line in lines:
        event, followed = replay.take(line)
        kinds[event.kind] += 1
        outcomes += followed
    return kinds, [*outcomes, *replay.finish()]


def alerts_in(outcomes: list[Outcome]) -> list[Alert]:
    return [alert for outcome in outcomes for alert in outcome.alerts]


def labels_in(outcomes: list[Outcome]) -> list[bool]:
    examples = (example for outcome in outcomes for example in outcome.examples)
    return [example.label for example in examples if isinstance(example, RiskExample)]


def test_the_made_up_export_raises_the_alerts_of_its_unhappy_customer(tmp_path: Path) -> None:
    lines = imported("company_export.toml", EXAMPLES / "company_export.csv", tmp_path)

    kinds, outcomes = replayed(lines, "company_export.toml")

    assert kinds == {"call": 8, "claim": 8, "survey": 4, "complaint": 2, "action": 1}
    opened = {
        (alert.cause, alert.at.isoformat())
        for alert in alerts_in(outcomes)
        if alert.customer_key == KEYS.key_of("default", "C1003") and alert.transition == "opened"
    }
    # 2026-03-03 18:00 in Shanghai: the call-back that never came.
    assert ("broken_promise", "2026-03-03T10:00:00+00:00") in opened
    assert "complained" in {alert.transition for alert in alerts_in(outcomes)}


def test_fines_go_through_the_core_and_appeals_become_labels(real_data: Path, tmp_path: Path) -> None:
    export = tmp_path / "events.csv"
    with gzip.open(real_data / "road_traffic_fines" / "events.csv.gz", "rb") as file:
        export.write_bytes(b"".join(islice(file, 4001)))

    lines = imported("road_traffic_fines.toml", export, tmp_path)
    kinds, outcomes = replayed(lines, "road_traffic_fines.toml")

    assert kinds.total() == len(lines)
    assert kinds["complaint"] > 0
    labels = labels_in(outcomes)
    assert 0 < sum(labels) < len(labels)


def test_dialogues_go_through_the_core_and_dissatisfaction_becomes_labels(real_data: Path, tmp_path: Path) -> None:
    export = tmp_path / "zh.jsonl"
    with gzip.open(real_data / "stc3_helpdesk" / "zh.jsonl.gz", "rb") as file:
        export.write_bytes(b"".join(islice(file, 300)))

    lines = imported("stc3_helpdesk_zh.toml", export, tmp_path)
    kinds, outcomes = replayed(lines, "stc3_helpdesk_zh.toml")

    assert kinds.total() == len(lines)
    labels = labels_in(outcomes)
    assert sum(labels) >= kinds["complaint"]
    assert not all(labels)
    assert {alert.cause for alert in alerts_in(outcomes)} >= {"repeat_contact", "unanswered"}


@pytest.mark.parametrize("mapping", ["company_export.toml", "road_traffic_fines.toml", "stc3_helpdesk_zh.toml"])
def test_own_fields_fit_into_one_event(mapping: str) -> None:
    assert len(load_mapping(EXAMPLES / mapping).attribute_names) <= 32
