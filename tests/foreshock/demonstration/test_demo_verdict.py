from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from foreshock.demonstration.fed import Fed
from foreshock.demonstration.found import Found
from foreshock.demonstration.verdict import checks, losses
from foreshock.simulate.emission import Emission
from models.partition import PartitionState, encode_partition, engine_key
from models.rows import encode_row
from models.state import CustomerState
from schemas.codec import encode
from schemas.dead_letters import DeadLetter
from schemas.events import Call, Claim, Survey
from schemas.types import Position
from streams.topics import CHANGELOG
from tests.support.alerts import alert

SOME_TIME = datetime(2026, 1, 5, tzinfo=UTC)
EVENTS = (
    Call(event_id="call-1", occurred_at=SOME_TIME, customer_id="ann"),
    Call(event_id="call-2", occurred_at=SOME_TIME, customer_id="bob"),
    Claim(event_id="claim-1", occurred_at=SOME_TIME, customer_id="ann", claim_ref="c", status="reported"),
    Survey(event_id="survey-1", occurred_at=SOME_TIME, customer_id="bob", instrument="csat", score=5),
)


def key_of(tenant: str, customer: str) -> str:
    return f"{tenant}/{customer}"


def emission(event: Call | Claim | Survey | None) -> Emission:
    return Emission(SOME_TIME, "calls", b"{}", b"key", event)


def fed() -> Fed:
    """Four events, one of them twice, and one broken record."""
    account = Fed()
    for event in (*EVENTS, EVENTS[0], None):
        account.take(emission(event))
    return account


def found(counts: dict[str, int] | None = None, settled: int = 1, letters: int = 1) -> Found:
    """The same as a sound worker leaves it."""
    account = Found()
    read = account.readers()
    for offset, events in enumerate((EVENTS[:2], (*EVENTS[2:], EVENTS[0]))):
        read["journal"](0, offset, b"", b"\n".join(encode(event) for event in events))
    for name, count in (counts or {"ann": 2, "bob": 2}).items():
        row = CustomerState(offset=1, line=0, events=count, stage=1)
        read[CHANGELOG](0, 0, key_of("default", name).encode(), encode_row(row))
    own = PartitionState("0", Position(settled, 2), 0.0, snapshot=7)
    read[CHANGELOG](0, 1, engine_key(0).encode(), encode_partition(own))
    for offset in range(letters):
        letter = DeadLetter(
            topic="calls", partition=0, offset=offset, reason="not_json", error="", at=SOME_TIME, raw="{"
        )
        read["dead-letters"](0, offset, b"", encode(letter))
    read["alerts"](0, 0, b"", encode(alert("a")))
    weights = {"number": 7, "examples_seen": 1400, "positives_seen": 12}
    read["snapshots"](0, 0, b"", orjson.dumps({"weights": weights}))
    return account


def test_a_sound_run_lost_nothing_and_every_check_holds() -> None:
    sent, there = fed(), found()

    lost = losses(sent, there, key_of, holes=0)

    assert not any(lost)
    assert [(check.name, check.is_ok) for check in checks(sent, there, lost)] == [
        ("flowed", True),
        ("learned", True),
        ("switched", True),
        ("alerted", True),
        ("kept", True),
    ]


@pytest.mark.parametrize(
    ("there", "holes", "difference"),
    [
        (found(counts={"ann": 1, "bob": 2}), 0, {"not_applied": 1}),
        (found(counts={"ann": 2}), 0, {"not_applied": 2}),
        (found(counts={"ann": 3, "bob": 1}), 0, {"not_applied": 1, "applied_twice": 1}),
        (found(settled=0), 0, {"journal_behind": 1}),
        (found(letters=0), 0, {"dead_letters_missing": 1}),
        (found(letters=2), 0, {"dead_letters_extra": 1}),
        (found(), 3, {"holes": 3}),
    ],
)
def test_whatever_does_not_agree_is_named_and_fails_the_check(
    there: Found, holes: int, difference: dict[str, int]
) -> None:
    sent = fed()

    lost = losses(sent, there, key_of, holes)

    assert {name: count for name, count in lost._asdict().items() if count} == difference
    assert [check.name for check in checks(sent, there, lost) if not check.is_ok] == ["kept"]


def test_an_event_that_never_reached_the_journal_is_missed_by_its_id() -> None:
    sent, there = fed(), found(counts={"ann": 3, "bob": 2})
    sent.take(emission(Call(event_id="call-3", occurred_at=SOME_TIME, customer_id="ann")))

    assert losses(sent, there, key_of, holes=0)._asdict() == {
        **dict.fromkeys(losses(sent, there, key_of, 0)._fields, 0),
        "not_in_journal": 1,
    }


def test_nothing_fed_and_nothing_found_is_no_success() -> None:
    sent, there = Fed(), Found()

    verdict = checks(sent, there, losses(sent, there, key_of, holes=0))

    assert [check.name for check in verdict if check.is_ok] == ["kept"]


def test_a_partition_that_never_switched_fails_the_check() -> None:
    sent, there = fed(), found()
    own = PartitionState("0", Position(0, 0), 0.0, snapshot=0)
    there.readers()[CHANGELOG](1, 0, engine_key(1).encode(), encode_partition(own))

    verdict = checks(sent, there, losses(sent, there, key_of, holes=0))

    assert [check.name for check in verdict if not check.is_ok] == ["switched"]


def test_the_row_with_the_highest_position_counts_whenever_it_is_read() -> None:
    there = found()
    stale = encode_row(CustomerState(offset=0, line=0, events=1, stage=0))
    there.readers()[CHANGELOG](0, 9, b"default/ann", stale)

    assert there.customers.events == 4
    assert there.customers.by_stage == [0, 2, 0, 0, 0]


def test_an_alert_transition_that_is_sent_twice_counts_once() -> None:
    there = found()
    for again in (alert("a"), alert("a", sequence=1, transition="complained", lead_seconds=7200.0)) * 2:
        there.readers()["alerts"](0, 0, b"", encode(again))

    assert there.alerts.opened == {"threat": 1}
    assert there.alerts.transitions == {"opened": 1, "complained": 1}
    assert [hit.lead_seconds for hit in there.alerts.hits] == [7200.0]


def test_a_blue_alert_is_no_warning_until_it_rises() -> None:
    there = Found()
    take = there.readers()["alerts"]
    take(0, 0, b"", encode(alert("a", level="blue")))
    assert there.alerts.warnings == {}

    take(
        0,
        1,
        b"",
        encode(alert("a", sequence=1, transition="raised", level="yellow", at=datetime(2026, 2, 1, tzinfo=UTC))),
    )

    assert there.alerts.warnings == {"a": ("c_1", datetime(2026, 2, 1, tzinfo=UTC))}


def test_an_old_snapshot_that_is_let_go_does_not_end_the_demo() -> None:
    account = found()
    before = account.learning.published

    account.readers()["snapshots"](0, 1, b"risk/1", b"")

    assert account.learning.published == before > 0


def test_what_was_counted_of_a_customer_who_is_forgotten_was_counted_all_the_same() -> None:
    account = found()
    read = account.readers()
    key = key_of("default", "ann").encode()

    read[CHANGELOG](0, 2, key, encode_row(CustomerState(offset=2, line=0, forgotten_at=1.8e9)))
    assert (account.customers.events, sum(account.customers.by_stage)) == (4, 1)
    read[CHANGELOG](0, 3, key, encode_row(CustomerState(offset=3, line=0, events=1)))

    assert (account.customers.events, sum(account.customers.by_stage)) == (5, 2)
