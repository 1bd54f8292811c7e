"""What people decide about models is obeyed by the core, survives a restart, and is refused where it cannot be done."""

from __future__ import annotations

from typing import Any

import pytest

from models.params import Params
from models.risk import untrained
from schemas.snapshots import ModelWeights
from schemas.ticks import ModelCommand, SnapshotNotice
from tests.support.core import Core
from tests.support.events import call, moment


def _weights(number: int, *challengers: str) -> ModelWeights:
    """A snapshot whose champion expects little and whose challengers expect much."""
    plain = untrained(Params())
    champion = plain.lines[0]
    eager = champion.risk_30d.model_copy(update={"intercept": 2.0})
    lines = [champion, *(champion.model_copy(update={"name": name, "risk_30d": eager}) for name in challengers)]
    return plain.model_copy(update={"number": number, "lines": tuple(lines)})


def _notice(number: int, *challengers: str) -> SnapshotNotice:
    return SnapshotNotice(partition=0, weights=_weights(number, *challengers))


def _command(command: str, **given: Any) -> ModelCommand:
    return ModelCommand(partition=0, command=command, by="li", at=moment(), **given)  # type: ignore[arg-type]


def _revived(core: Core) -> Core:
    """The same partition after a restart."""
    rows = core.engine.partition_rows()
    revived = Core()
    revived.engine.restore(core.states.items(), rows["@engine/0"], rows.get("@snapshot/0"))
    return revived


def test_a_promoted_challenger_scores_and_the_champion_goes_into_the_shadow() -> None:
    core = Core()
    core.take(_notice(1, "rival"), call(day=0))
    before = core.states["a"]

    core.take(_command("promote", learner="rival"), call(day=1))

    after = core.states["a"]
    assert (before.learner, after.learner) == ("adagrad", "rival")
    assert after.probability_30d > before.probability_30d
    assert before.shadow[0] == "rival"
    assert after.shadow[0] == "adagrad"


def test_a_promotion_holds_for_later_snapshots_and_after_a_restart() -> None:
    core = Core()
    core.take(_notice(1, "rival"), _command("promote", learner="rival"))

    revived = _revived(core)
    revived.take(_notice(2, "rival"), call(day=1))

    assert revived.states["a"].learner == "rival"
    assert revived.states["a"].snapshot == 2


def test_a_learner_that_the_snapshot_does_not_have_is_refused() -> None:
    core = Core()

    outcome = core.take(_notice(1), _command("promote", learner="rival"))[1]

    assert outcome.refused is not None
    assert "rival" in outcome.refused
    assert outcome.switched_to is None


def test_a_rollback_stays_until_it_is_unpinned() -> None:
    core = Core()
    core.take(_notice(3), _command("rollback", weights=_weights(1)), _notice(4))
    assert core.engine.scorer.number == 1

    core.take(_command("unpin"), _notice(5))

    assert core.engine.scorer.number == 5


def test_a_pin_survives_a_restart() -> None:
    core = Core()
    core.take(_notice(3), _command("pin"))

    revived = _revived(core)
    revived.take(_notice(4))

    assert revived.engine.scorer.number == 3


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_command_without_its_object_is_no_message(command: str) -> None:
    with pytest.raises(ValueError, match=command):
        _command(command)


def test_the_parts_of_a_score_are_told_beside_what_is_usual_for_the_customer() -> None:
    core = Core()
    plain = untrained(Params())
    dense = [0.0] * len(plain.lines[0].risk_30d.dense)
    dense[0] = 1.0
    line = plain.lines[0].model_copy(
        update={"risk_30d": plain.lines[0].risk_30d.model_copy(update={"dense": tuple(dense)})}
    )
    core.take(SnapshotNotice(partition=0, weights=plain.model_copy(update={"number": 1, "lines": (line,)})))

    core.take(call(day=0), call(day=20))

    explanation = core.engine.risk_of("a", core.states["a"]).explanation
    assert explanation is not None
    assert explanation.contributions["contacts"] > explanation.usual["contacts"] > 0
