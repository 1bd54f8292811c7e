"""The story of the README: a typhoon in Shenzhen, and what Foreshock hears in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from models.pseudonym import Pseudonymiser
from schemas.alerts import Alert, Cause, Transition
from schemas.codec import CustomerEvent, decode_as, decode_event, encode
from schemas.events import Call, Survey

STORY = Path(__file__).resolve().parents[2] / "examples" / "typhoon.jsonl"
SECRET = "a secret for tests, long enough"
LINES = STORY.read_bytes().splitlines()
EVENTS = [decode_event(line) for line in LINES]
PROMISED, REPEATED, SILENT, HAPPY, COMPLAINED = "SZ-1001", "SZ-1002", "SZ-1003", "SZ-1004", "SZ-1005"


def of(customer: str) -> list[CustomerEvent]:
    return [event for event in EVENTS if event.customer_id == customer]


@pytest.fixture(scope="module")
def alerts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Alert]]:
    """Alerts of each customer, by the customer's own id."""
    written = tmp_path_factory.mktemp("story") / "alerts.jsonl"
    arguments = ["replay", str(STORY), "--alerts", str(written), "--until", "2026-10-05", "--quiet"]
    result = CliRunner().invoke(main, arguments, env={"FORESHOCK_PSEUDONYM_KEY": SECRET})
    assert result.exit_code == 0, result.output
    keys = Pseudonymiser(SECRET.encode())
    found: dict[str, list[Alert]] = {event.customer_id: [] for event in EVENTS}
    names = {keys.key_of("default", customer): customer for customer in found}
    for line in written.read_bytes().splitlines():
        alert = decode_as(Alert, line)
        found[names[alert.customer_key]].append(alert)
    return found


def moments(alerts: list[Alert], cause: Cause, transition: Transition) -> Iterator[datetime]:
    return (alert.at for alert in alerts if (alert.cause, alert.transition) == (cause, transition))


def test_the_story_is_valid_in_order_and_in_two_languages() -> None:
    assert 60 <= len(EVENTS) <= 120
    assert [encode(event) for event in EVENTS] == LINES
    assert len({event.event_id for event in EVENTS}) == len(EVENTS)
    times = [event.occurred_at for event in EVENTS]
    assert times == sorted(times)
    assert timedelta(days=20) < times[-1] - times[0] < timedelta(days=24)
    assert {event.language for event in EVENTS} == {"zh", "en"}
    assert {event.kind for event in EVENTS} == {"call", "claim", "survey", "complaint", "action"}


def test_a_broken_promise_is_heard_at_its_due_time_with_no_event(alerts: dict[str, list[Alert]]) -> None:
    due = datetime(2026, 9, 10, 4, 0, tzinfo=UTC)

    assert next(moments(alerts[PROMISED], "broken_promise", "opened")) == due
    assert next(moments(alerts[PROMISED], "broken_promise", "raised")) == datetime(2026, 9, 11, 10, 0, tzinfo=UTC)
    assert not [event for event in of(PROMISED) if abs(event.occurred_at - due) < timedelta(hours=12)]


def test_the_silent_customer_is_heard_by_absence(alerts: dict[str, list[Alert]]) -> None:
    opened = next(moments(alerts[SILENT], "claim_stalled", "opened"))
    before = [event for event in of(SILENT) if event.occurred_at < opened]
    after = min(event.occurred_at for event in of(SILENT) if event.occurred_at > opened)

    assert opened - max(event.occurred_at for event in before if event.kind == "claim") == timedelta(hours=96)
    assert after - opened > timedelta(days=4)
    words = [event.text for event in before if isinstance(event, Call)]
    assert words == ["车被树砸了，报个案。"]
    assert not [event for event in before if isinstance(event, Survey) and event.status == "answered"]


def test_who_asks_again_and_again_is_heard(alerts: dict[str, list[Alert]]) -> None:
    opened = next(moments(alerts[REPEATED], "repeat_contact", "opened"))

    assert next(moments(alerts[REPEATED], "repeat_contact", "acknowledged")) > opened
    assert next(moments(alerts[REPEATED], "repeat_contact", "resolved")) > opened


def test_the_complaint_was_seen_coming(alerts: dict[str, list[Alert]]) -> None:
    complained = {a.cause: a.lead_seconds for a in alerts[COMPLAINED] if a.transition == "complained"}

    assert complained["threat"] is not None
    assert complained["threat"] > timedelta(days=4).total_seconds()


def test_every_alert_has_reasons_in_both_languages_and_evidence(alerts: dict[str, list[Alert]]) -> None:
    ids = {event.event_id for event in EVENTS}

    for alert in (alert for each in alerts.values() for alert in each):
        assert alert.reasons
        for reason in alert.reasons:
            assert reason.text.zh
            assert reason.text.en
            assert set(reason.evidence) <= ids


def test_who_is_well_served_is_left_alone(alerts: dict[str, list[Alert]]) -> None:
    assert alerts[HAPPY] == []
