from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from foreshock.letters.redriving import CannotRedriveError, Redriver
from models.pseudonym import Pseudonymiser, partition_of
from schemas.aggregates import AggregateAlert
from schemas.dead_letters import DeadLetter
from streams.settings import load_settings
from tests.support.aggregates import aggregate
from tests.support.alerts import alert

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = load_settings(attributes=("plan",))
KEY = Pseudonymiser(b"a key for these tests").key_of("default", "C1")


def call(**fields: object) -> dict[str, object]:
    return {"event_id": "e1", "occurred_at": "2026-03-01T11:00:00Z", "customer_id": "C1", **fields}


def letter(raw: object, topic: str = "calls", partition: int = 2) -> DeadLetter:
    return DeadLetter(
        topic=SETTINGS.topic(topic),
        partition=partition,
        offset=7,
        reason="invalid",
        error="",
        at=NOW,
        raw=raw if isinstance(raw, str) else orjson.dumps(raw).decode(),
    )


def refusal(dead: DeadLetter, original: bytes | None = None) -> str:
    with pytest.raises(CannotRedriveError) as caught:
        Redriver(SETTINGS, NOW).plan(dead, original)
    return str(caught.value)


def test_a_repaired_event_goes_back_to_its_topic_under_its_customer() -> None:
    repaired = letter(call(wait_seconds=30))
    sent = Redriver(SETTINGS, NOW).plan(repaired)

    assert (sent.topic, sent.partition, sent.key) == ("foreshock.calls", None, b"C1")
    assert sent.value == repaired.raw.encode()
    assert ("ce_id", b"e1") in sent.headers


def test_the_original_is_sent_rather_than_its_redacted_copy() -> None:
    original = orjson.dumps(call(customer_id="13800138000"))
    sent = Redriver(SETTINGS, NOW).plan(letter(call(customer_id="<mobile>")), original)

    assert sent.value == original
    assert sent.key == b"13800138000"


def test_an_event_whose_customer_was_redacted_is_not_sent() -> None:
    assert "redaction cannot be undone" in refusal(letter(call(customer_id="<mobile>")))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("{", "not_json"),
        (call(wait_seconds=-1), "wait_seconds"),
        (call(attributes={"region": "north"}), "undeclared_attribute"),
        (call(occurred_at=(NOW + timedelta(hours=1)).isoformat()), "from_the_future"),
    ],
)
def test_what_ingest_would_refuse_again_is_not_sent(raw: object, says: str) -> None:
    assert says in refusal(letter(raw))


def test_an_attribute_that_was_declared_since_goes_through() -> None:
    assert Redriver(SETTINGS, NOW).plan(letter(call(attributes={"plan": "gold"})))


def test_a_journal_line_goes_back_to_its_own_partition() -> None:
    own = partition_of(KEY, SETTINGS.partitions)
    sent = Redriver(SETTINGS, NOW).plan(letter(call(kind="call", customer_id=KEY), "journal", own))

    assert (sent.topic, sent.partition) == ("foreshock.journal", own)


def test_a_journal_line_whose_customer_was_changed_is_not_sent() -> None:
    other = (partition_of(KEY, SETTINGS.partitions) + 1) % SETTINGS.partitions

    assert "was its customer changed?" in refusal(letter(call(kind="call", customer_id=KEY), "journal", other))


def test_a_line_of_the_journal_before_goes_to_where_its_customer_is_now() -> None:
    now = load_settings(partitions=7, journal_generation=2)
    dead = letter(call(kind="call", customer_id=KEY), "journal", partition_of(KEY, SETTINGS.partitions))
    tick = letter({"kind": "tick", "at": NOW.isoformat(), "partition": 1}, "journal", 1)

    sent = Redriver(now, NOW).plan(dead)

    assert (sent.topic, sent.partition) == ("foreshock.journal.2", partition_of(KEY, 7))
    with pytest.raises(CannotRedriveError, match=r"meant for the partitions of foreshock\.journal"):
        Redriver(now, NOW).plan(tick)


def test_a_tick_goes_back_only_to_the_partition_that_it_names() -> None:
    tick = {"kind": "tick", "at": NOW.isoformat(), "partition": 1}

    assert Redriver(SETTINGS, NOW).plan(letter(tick, "journal", 1)).partition == 1
    assert "belongs to partition 1" in refusal(letter(tick, "journal", 0))


def test_what_a_sink_refused_goes_back_to_its_topic_under_its_own_key() -> None:
    single, about_many = alert("a", customer_key="c_1"), aggregate("s", 3)
    sent = [
        Redriver(SETTINGS, NOW).plan(letter(told.model_dump(mode="json"), topic, 0))
        for told, topic in ((single, "alerts"), (about_many, "aggregates"))
    ]

    assert [(each.topic, each.partition, each.key) for each in sent] == [
        ("foreshock.alerts", 0, b"c_1"),
        ("foreshock.aggregates", 0, b"s"),
    ]
    assert AggregateAlert.model_validate_json(sent[1].value) == about_many
    assert ("ce_id", b"s/3") in sent[1].headers


def test_an_alert_about_many_that_was_damaged_is_not_sent_back() -> None:
    damaged = aggregate("s").model_dump(mode="json") | {"customers": -1}

    assert "customers" in refusal(letter(damaged, "aggregates", 0))


def test_nothing_goes_back_to_a_topic_of_another_installation() -> None:
    dead = letter(call()).model_copy(update={"topic": "elsewhere.calls"})

    assert "FORESHOCK_TOPIC_PREFIX" in refusal(dead)
