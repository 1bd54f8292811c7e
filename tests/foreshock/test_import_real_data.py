"""The mappings of the real sets, on slices of them: counts, kinds, times, labels."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson
import pytest

from foreshock.importing.converting import Converter
from foreshock.importing.loading import load_mapping
from foreshock.importing.rows import BadRow, open_table
from foreshock.importing.summary import Summary
from schemas.codec import CustomerEvent, encode
from schemas.events import Call, Claim
from schemas.labels import Complaint

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ROWS = 20_000

pytestmark = pytest.mark.realdata


def imported(mapping: str, name: str, data: bytes) -> tuple[list[CustomerEvent], Summary]:
    rules = load_mapping(EXAMPLES / mapping)
    converter = Converter(rules)
    with open_table(name, rules.source, io.BytesIO(data)) as table:  # type: ignore[arg-type]
        made = list(converter.events_of(table, name))
    assert not [row for row in made if isinstance(row, BadRow)]
    return [event for event in made if not isinstance(event, BadRow)], converter.summary


@pytest.fixture(scope="module")
def fines(real_data: Path) -> tuple[list[CustomerEvent], Summary, list[dict[str, str]]]:
    with gzip.open(real_data / "road_traffic_fines" / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        data = "".join(islice(file, ROWS + 1))
    events, summary = imported("road_traffic_fines.toml", "events.csv", data.encode())
    return events, summary, list(csv.DictReader(io.StringIO(data)))


@pytest.fixture(scope="module")
def dialogues(real_data: Path) -> tuple[list[CustomerEvent], Summary, list[dict[str, object]]]:
    with gzip.open(real_data / "stc3_helpdesk" / "zh.jsonl.gz", "rb") as file:
        lines = list(islice(file, 400))
    events, summary = imported("stc3_helpdesk_zh.toml", "zh.jsonl", b"".join(lines))
    return events, summary, [orjson.loads(line) for line in lines]


def test_every_step_of_a_fine_is_an_event_or_skipped(
    fines: tuple[list[CustomerEvent], Summary, list[dict[str, str]]],
) -> None:
    events, summary, rows = fines
    activities = Counter(row["activity"] for row in rows)
    appeals = activities["Insert Date Appeal to Prefecture"] + activities["Appeal to Judge"]

    assert summary.rows == ROWS
    assert len(events) + summary.skipped.total() == ROWS
    assert summary.events == {"claim": ROWS - appeals - summary.skipped.total(), "complaint": appeals}
    assert appeals > 50
    assert summary.repeated_ids == 0
    assert not summary.unknown_words


def test_appeals_are_exactly_the_complaints_and_their_days_agree(
    real_data: Path, fines: tuple[list[CustomerEvent], Summary, list[dict[str, str]]]
) -> None:
    events, _, _ = fines
    first: dict[str, date] = {}
    for event in events:
        if isinstance(event, Complaint):
            # The zone is Rome's: midnight there is the evening before in UTC.
            first.setdefault(event.customer_id, (event.occurred_at + timedelta(hours=2)).date())
    with gzip.open(real_data / "road_traffic_fines" / "cases.csv.gz", "rt", encoding="utf-8", newline="") as file:
        truth = {case["case"]: case["appeal_ts"] for case in csv.DictReader(file)}

    assert {case: str(day) for case, day in first.items()} == {case: truth[case] for case in first}
    last_day = max(event.occurred_at for event in events).date()
    early = {case for case, day in truth.items() if day and date.fromisoformat(day) < last_day}
    assert early == first.keys() & early


def test_steps_of_a_fine_stay_in_order_and_amounts_are_cents(
    fines: tuple[list[CustomerEvent], Summary, list[dict[str, str]]],
) -> None:
    events, _, rows = fines
    by_case: dict[str, list[CustomerEvent]] = {}
    for event in events:
        by_case.setdefault(event.customer_id, []).append(event)

    for steps in by_case.values():
        in_order = sorted(steps, key=lambda event: event.occurred_at)
        assert in_order == sorted(steps, key=lambda event: int(event.event_id.rsplit(":", 1)[1]))
    created = {row["case"]: row["amount"] for row in rows if row["activity"] == "Create Fine"}
    for event in events:
        if isinstance(event, Claim) and event.step == "Create Fine":
            assert event.claimed_fen == round(float(created[event.customer_id]) * 100)


def test_what_would_tell_the_answer_is_no_input(
    fines: tuple[list[CustomerEvent], Summary, list[dict[str, str]]],
) -> None:
    events, summary, _ = fines

    assert {"expense", "dismissal"} <= summary.unread_columns
    assert {name for event in events for name in event.attributes} <= {
        "amount",
        "article",
        "officer",
        "points",
        "series",
        "vehicle_class",
    }
    assert b"Send Appeal" not in b"".join(map(encode, events))


def test_every_customer_turn_is_a_call_in_order(
    dialogues: tuple[list[CustomerEvent], Summary, list[dict[str, object]]],
) -> None:
    events, summary, given = dialogues
    calls: dict[str, list[Call]] = {}
    for event in events:
        if isinstance(event, Call):
            calls.setdefault(event.customer_id, []).append(event)

    for number, dialogue in enumerate(given):
        said = [turn["text"] for turn in dialogue["turns"] if turn["role"] == "customer" and turn["text"]]  # type: ignore[attr-defined]
        made = calls[f"stc3:{dialogue['id']}"]
        assert [call.text for call in made] == [str(text).strip() for text in said]
        times = [call.occurred_at for call in made]
        assert times == sorted(set(times))
        assert times[0] >= datetime(2025, 12, 31, 16, tzinfo=UTC) + timedelta(hours=4 * number)
    assert summary.rows == len(given)
    assert summary.repeated_ids == 0


def test_dissatisfied_dialogues_are_exactly_the_complaints_and_come_last(
    dialogues: tuple[list[CustomerEvent], Summary, list[dict[str, object]]],
) -> None:
    events, _, given = dialogues
    complained = {event.customer_id: event.occurred_at for event in events if isinstance(event, Complaint)}

    assert complained.keys() == {f"stc3:{one['id']}" for one in given if float(str(one["S_mean"])) < -0.5}
    assert len(complained) > 50
    for event in events:
        if isinstance(event, Call) and event.customer_id in complained:
            assert event.occurred_at < complained[event.customer_id]
