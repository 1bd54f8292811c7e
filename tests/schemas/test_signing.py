from __future__ import annotations

from typing import Any

import pytest

from models.learner import Learner
from models.params import Params
from schemas.codec import decode_as, decode_journal_line, encode
from schemas.signing import derived_key, is_authentic, signed
from schemas.snapshots import Snapshot
from schemas.ticks import ModelCommand, SnapshotNotice
from tests.support.events import moment
from tests.support.examples import risk_example

KEY = b"a key that nobody knows"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    learner = Learner(Params())
    for number in range(30):
        dense = tuple(number / (index + 3) for index in range(len(risk_example().dense)))
        learner.learn(risk_example(number, dense=dense, hashed=(number, 7 * number + 1)))
    return signed(learner.snapshot(), KEY)


def command(**given: Any) -> ModelCommand:
    return ModelCommand(
        **{"partition": 0, "command": "promote", "learner": "adagrad", "by": "wei", "at": moment(), **given}
    )


def test_what_was_signed_is_authentic_after_a_journey(snapshot: Snapshot) -> None:
    notice = signed(SnapshotNotice(partition=3, weights=snapshot.weights), KEY)

    assert is_authentic(decode_as(Snapshot, encode(snapshot)), KEY)
    arrived = decode_journal_line(encode(notice))
    assert isinstance(arrived, SnapshotNotice)
    assert is_authentic(arrived, KEY)


def test_changed_weights_are_not_authentic(snapshot: Snapshot) -> None:
    line = snapshot.weights.lines[0]
    weights = line.risk_30d.model_copy(update={"intercept": line.risk_30d.intercept + 1e-12})
    lines = (line.model_copy(update={"risk_30d": weights}),)
    altered = snapshot.model_copy(update={"weights": snapshot.weights.model_copy(update={"lines": lines})})

    assert is_authentic(snapshot, KEY)
    assert not is_authentic(altered, KEY)


@pytest.mark.parametrize("signature", [None, "", "0" * 64, "客户"])
def test_a_signature_that_is_missing_or_made_up_is_not_authentic(snapshot: Snapshot, signature: str | None) -> None:
    assert not is_authentic(snapshot.model_copy(update={"signature": signature}), KEY)


def test_another_key_does_not_sign_for_us(snapshot: Snapshot) -> None:
    assert not is_authentic(signed(snapshot, b"another key"), KEY)


def test_one_signature_serves_all_partitions() -> None:
    ours = signed(command(), KEY)

    assert is_authentic(ours.model_copy(update={"partition": 7}), KEY)


@pytest.mark.parametrize(
    "change", [{"learner": "other"}, {"by": "li"}, {"because": "more"}, {"at": moment(1)}, {"command": "pin"}]
)
def test_every_field_of_a_command_is_signed(change: dict[str, Any]) -> None:
    assert not is_authentic(signed(command(), KEY).model_copy(update=change), KEY)


def test_a_derived_key_is_not_its_secret_and_another_secret_gives_another() -> None:
    assert derived_key(b"one") != derived_key(b"two") != b"two"
