"""What is not signed by us does not reach the core; its neighbours do."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from models.params import Params
from models.risk import untrained
from schemas.codec import decode_as, encode
from schemas.dead_letters import DeadLetter
from schemas.signing import signed
from schemas.snapshots import ModelWeights
from schemas.ticks import ModelCommand, SnapshotNotice
from sinks.prometheus import Metrics
from streams.lane import Lane
from streams.stores import MemoryRows
from streams.wiring import core_of
from tests.support.events import call, moment

KEY = b"a key that nobody knows"
PARAMS = Params()


def weights(number: int) -> ModelWeights:
    return untrained(PARAMS).model_copy(update={"number": number})


def notice(number: int) -> SnapshotNotice:
    return SnapshotNotice(partition=0, weights=weights(number))


def command(**given: Any) -> ModelCommand:
    return ModelCommand(**{"partition": 0, "command": "pin", "by": "wei", "at": moment(), **given})


@pytest.fixture
def lane() -> Lane:
    core = core_of(PARAMS, "0", KEY)
    return Lane(0, "foreshock.journal", core, MemoryRows(), set(), 10, Metrics(CollectorRegistry()))


def letters(lane: Lane) -> list[DeadLetter]:
    group = lane.take()
    assert group is not None
    return [decode_as(DeadLetter, record.value or b"") for record in group.outputs.get("dead-letters", [])]


@pytest.mark.parametrize(
    "foreign",
    [
        notice(9),
        signed(notice(9), b"another key"),
        signed(notice(8), KEY).model_copy(update={"weights": weights(9)}),
        command(command="rollback", weights=weights(9)),
        signed(command(), KEY).model_copy(update={"command": "rollback", "weights": weights(9)}),
    ],
)
def test_a_foreign_model_becomes_a_dead_letter_and_its_neighbours_go_on(
    lane: Lane, foreign: SnapshotNotice | ModelCommand, caplog: pytest.LogCaptureFixture
) -> None:
    lane.carry(0, b"\n".join([encode(signed(notice(1), KEY)), encode(foreign), encode(call("a"))]), 0.0)

    (letter,) = letters(lane)
    assert (letter.reason, letter.line) == ("not_authentic", 1)
    assert lane.scoring_with() == (1, False)
    assert sum(lane.customers_by_stage()) == 1
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert "FORESHOCK_SNAPSHOT_KEY" in record.__dict__["what_to_do"]


def test_a_command_of_ours_is_obeyed_and_logged(lane: Lane, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lane.carry(0, encode(signed(notice(3), KEY)), 0.0)
    lane.carry(1, encode(signed(command(command="rollback", weights=weights(2), because="too keen"), KEY)), 0.0)
    lane.carry(2, encode(signed(notice(4), KEY)), 0.0)

    assert lane.scoring_with() == (2, True)
    (record,) = (record for record in caplog.records if record.message == "model_command_obeyed")
    facts = record.__dict__
    assert (facts["command"], facts["snapshot"], facts["by"], facts["because"]) == ("rollback", 2, "wei", "too keen")


def test_a_command_that_cannot_be_is_logged_with_the_reason(lane: Lane, caplog: pytest.LogCaptureFixture) -> None:
    lane.carry(0, encode(signed(command(command="promote", learner="nobody"), KEY)), 0.0)

    (record,) = (record for record in caplog.records if record.message == "model_command_refused")
    assert "has no learner 'nobody'" in record.__dict__["why"]


def test_one_signature_serves_every_partition(lane: Lane) -> None:
    lane.carry(0, encode(signed(notice(5), KEY).model_copy(update={"partition": 3})), 0.0)

    assert lane.scoring_with() == (5, False)
