"""How near a statutory clock is bears on the score where a pack is in force, and nowhere else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from models.clocks.packs import load_pack
from models.engine import Engine
from models.features import CIRCUMSTANCES, CONTRIBUTORS, FAMILIES, LENGTHS, NAMES, SCORECARD, dense_features
from models.learner import Learner
from models.parameters.learning import FamilyName, LearningParams, LineName
from models.params import Params
from models.reasons import reasons_for
from models.risk import Scorer, untrained
from models.risk_learner import RiskLearner
from models.telling import explanation_of
from schemas.codec import decode_as, encode
from schemas.errors import SnapshotError
from schemas.labels import Complaint
from schemas.snapshots import ModelWeights, RiskLine, Snapshot
from schemas.ticks import Tick
from tests.support.core import Core
from tests.support.events import moment
from tests.support.examples import risk_example

CHINA = Params(jurisdiction=load_pack("cn"))
WITHOUT = tuple(family for family in get_args(FamilyName) if family != "clocks")
CLOCKS = FAMILIES["clocks"]
RECEIVED = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""Midnight in China: the fifteen days are whole ones."""


def seen_after(days: float, params: Params = CHINA) -> dict[str, float]:
    """What the model sees of the clocks of a complaint so many days after it came."""
    core = core_after(days, params)
    state = core.states["c_1"]
    return dict(zip(NAMES[CLOCKS], core_features(core, state.clock)[CLOCKS], strict=True))


def core_after(days: float, params: Params = CHINA, **complaint: Any) -> Core:
    core = Core(params)
    core.take(
        Complaint.model_validate(
            {"event_id": "c1", "occurred_at": RECEIVED, "customer_id": "c_1", "source": "internal", **complaint}
        ),
        Tick(at=RECEIVED + timedelta(days=days), partition=0),
    )
    return core


def core_features(core: Core, at: float) -> tuple[float, ...]:
    return dense_features(core.states["c_1"], at, core.engine.params)


def at_day(days: float) -> dict[str, float]:
    core = core_after(0)
    values = core_features(core, (RECEIVED + timedelta(days=days)).timestamp())
    return dict(zip(NAMES[CLOCKS], values[CLOCKS], strict=True))


def test_a_clock_comes_nearer_until_it_is_over_and_then_the_next_one_is_the_nearest() -> None:
    assert at_day(0) == pytest.approx({"clock_used": 0.0, "clock_near": 1 / 17, "clocks_over": 0.0})
    assert at_day(8) == pytest.approx({"clock_used": 0.5, "clock_near": 1 / 9, "clocks_over": 0.0})
    assert at_day(15) == pytest.approx({"clock_used": 15 / 16, "clock_near": 0.5, "clocks_over": 0.0})
    assert at_day(16)["clocks_over"] == pytest.approx(0.6931, abs=1e-4)
    assert at_day(16)["clock_used"] == pytest.approx(16 / 31)
    assert at_day(70) == pytest.approx({"clock_used": 1.0, "clock_near": 1.0, "clocks_over": 1.3863}, abs=1e-4)


def test_a_clock_that_is_over_for_a_season_says_nothing_any_more() -> None:
    assert set(at_day(160).values()) == {0.0}


@pytest.mark.parametrize("ending", [{"withdrawn": True, "event_id": "c2"}])
def test_a_complaint_that_is_over_has_no_clock(ending: dict[str, Any]) -> None:
    core = core_after(5)
    core.take(
        Complaint.model_validate(
            {"occurred_at": RECEIVED + timedelta(days=6), "customer_id": "c_1", "source": "internal", **ending}
        )
    )

    assert set(core_features(core, core.states["c_1"].clock)[CLOCKS]) == {0.0}


def test_without_a_pack_a_complaint_has_no_clock() -> None:
    assert set(seen_after(10, Params()).values()) == {0.0}


def test_a_clock_raises_the_score_a_little_before_anything_is_learned() -> None:
    long = Scorer(untrained(CHINA), CHINA).champion
    place = NAMES.index("clock_used")
    at_the_end = tuple(float(index == place) for index in range(len(NAMES)))

    nothing, everything = long.judge((0.0,) * len(NAMES), ()), long.judge(at_the_end, ())

    assert everything.outlook.score_30d - nothing.outlook.score_30d == pytest.approx(0.6)
    assert everything.contributions[CONTRIBUTORS.index("clocks")] == pytest.approx(0.6)
    assert nothing.contributions[CONTRIBUTORS.index("clocks")] == 0.0


def test_the_reason_names_the_clocks_in_both_languages() -> None:
    core = core_after(12)
    state = core.states["c_1"]
    state.cold = False
    state.contributions = [0.5 if name == "clocks" else 0.0 for name in CONTRIBUTORS]

    (reason,) = (r for r in reasons_for("statutory_clock", state, state.clock, 0.0, CHINA) if r.code == "model_clocks")

    assert "法定时限临近" in reason.text.zh
    assert "time limits that the law sets" in reason.text.en


def stream(count: int = 400, seed: int = 3) -> list[Any]:
    """Predictions and their outcomes as they were before there were clocks."""
    chance, made = random.Random(seed), []
    for number in range(count):
        dense = tuple(chance.gauss(0, 1) for _ in range(LENGTHS[0]))
        hashed = tuple(sorted(chance.sample(range(50), 8)))
        label = chance.random() < 0.3
        shown = {"dense": dense, "hashed": hashed}
        made.append(risk_example(2 * number, **shown))
        ended = {"phase": "complained" if label else "matured", "label": label, "source": (0, 2 * number + 1, 0, 0)}
        made.append(risk_example(2 * number, **shown, **ended, released_at=moment(2 * number + 1)))
    return made


def taught(examples: list[Any], params: Params) -> Learner:
    learner = Learner(params)
    for example in examples:
        assert learner.learn(example)
    return learner


def both(**learning: Any) -> Params:
    return Params(learning=LearningParams(challenger="ftrl", **learning))


def test_without_a_pack_looking_at_clocks_changes_nothing_at_all() -> None:
    examples = [each.model_copy(update={"dense": (*each.dense, 0.0, 0.0, 0.0)}) for each in stream()]
    looking, not_looking = both(), both(families=WITHOUT)

    assert looking.digest() == not_looking.digest()
    assert encode(taught(examples, looking).snapshot()) == encode(taught(examples, not_looking).snapshot())


def test_with_a_pack_whoever_looks_at_clocks_has_other_parameters() -> None:
    assert CHINA.digest() != CHINA.model_copy(update={"learning": LearningParams(families=WITHOUT)}).digest()


def test_clocks_that_nobody_has_seen_weigh_what_they_start_with_however_much_is_learned() -> None:
    examples = [each.model_copy(update={"dense": (*each.dense, 0.0, 0.0, 0.0)}) for each in stream()]

    for line in taught(examples, both()).freeze().lines:
        for risk in (line.risk_7d, line.risk_30d):
            assert risk.dense[CLOCKS] == pytest.approx((0.6, 0.0, 0.0))
            assert risk.means[CLOCKS] == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("name", get_args(LineName))
def test_what_clocks_say_is_learned(name: LineName) -> None:
    learner, chance = RiskLearner(name, 0.1, CHINA.learning), random.Random(5)
    for _ in range(2_000):
        used = chance.random()
        dense = [0.0] * LENGTHS[0] + [used, used**4, 0.0]
        learner.learn(dense, (), chance.random() < 0.05 + 0.5 * used**2)

    late, early = [0.0] * LENGTHS[0] + [1.0, 1.0, 0.0], [0.0] * len(NAMES)
    assert learner.probability(late, ()) > 2 * learner.probability(early, ())


def of_before(weights: ModelWeights) -> ModelWeights:
    """The same as the version before would have published it."""

    def cut(risk: Any) -> Any:
        return risk.model_copy(update={"dense": risk.dense[: LENGTHS[0]], "means": risk.means[: LENGTHS[0]]})

    def line(each: RiskLine) -> RiskLine:
        return each.model_copy(update={"risk_7d": cut(each.risk_7d), "risk_30d": cut(each.risk_30d)})

    return weights.model_copy(update={"lines": tuple(map(line, weights.lines))})


def cut_learner(plain: dict[str, Any]) -> dict[str, Any]:
    """The learner's numbers as the version before would have written them."""
    for line in plain["lines"].values():
        for horizon in line.values():
            model, scaler = horizon["model"]["model"], horizon["model"]["scaler"]
            buckets = len(model["inputs"])
            for kept in (scaler["means"], scaler["squares"], model.get("dense", []), model.get("dense_squares", [])):
                del kept[LENGTHS[0] :]
            if "z" in model:
                for key in ("weights", "z", "n"):
                    del model[key][LENGTHS[0] : len(model[key]) - buckets]
    inputs = plain["drift"]["inputs"]
    for name in NAMES[CLOCKS]:
        del inputs["monitors"][f"input.{name}"]
    del inputs["sums"][CLOCKS]
    return plain


def snapshot_of_before(learner: Learner) -> Snapshot:
    snapshot = decode_as(Snapshot, encode(learner.snapshot()))
    return snapshot.model_copy(
        update={"weights": of_before(snapshot.weights), "learner": cut_learner(dict(snapshot.learner))}
    )


def test_weights_of_before_there_were_clocks_score_with_what_clocks_start_with() -> None:
    scorer = Scorer(of_before(untrained(CHINA)), CHINA)

    assert scorer.weights == untrained(CHINA)
    assert sum(SCORECARD.count(name) for name in NAMES[CLOCKS]) == 1


def test_a_learner_of_before_there_were_clocks_goes_on_as_one_that_has_never_seen_any() -> None:
    examples, params = stream(), both()
    uninterrupted = taught(examples[:500], params)
    resumed = Learner.resume(snapshot_of_before(taught(examples[:500], params)), params)
    uninterrupted.snapshot()

    for example in examples[500:]:
        uninterrupted.learn(example)
        resumed.learn(example)

    one, other = resumed.snapshot(), uninterrupted.snapshot()
    for snapshot in (one, other):
        for name in NAMES[CLOCKS]:  # monitors that begin later have seen fewer days
            del snapshot.learner["drift"]["inputs"]["monitors"][f"input.{name}"]
    assert encode(one) == encode(other)


def test_weights_of_no_version_are_refused() -> None:
    weights = untrained(CHINA)
    short = weights.lines[0].risk_7d.model_copy(update={"dense": (0.0,), "means": (0.0,)})
    line = weights.lines[0].model_copy(update={"risk_7d": short})

    with pytest.raises(SnapshotError, match="1 numeric features"):
        Scorer(weights.model_copy(update={"lines": (line,)}), CHINA)


def test_a_learner_of_no_version_is_refused() -> None:
    snapshot = decode_as(Snapshot, encode(Learner(Params()).snapshot()))
    plain = dict(snapshot.learner)
    del plain["lines"]["adagrad"]["7d"]["model"]["scaler"]["means"][5:]

    with pytest.raises(SnapshotError, match="cannot be resumed"):
        Learner.resume(snapshot.model_copy(update={"learner": plain}), Params())


def test_an_engine_that_kept_a_snapshot_of_before_starts_with_it() -> None:
    core = Core(CHINA)
    core.engine.switch(of_before(untrained(CHINA)).model_copy(update={"number": 3}))
    rows = core.engine.partition_rows()

    again = Engine(CHINA, epoch="test")
    again.restore((), rows["@engine/0"], rows["@snapshot/0"])

    assert again.scorer.number == 3
    assert len(again.scorer.weights.lines[0].risk_7d.dense) == len(NAMES)


def test_alerts_name_clocks_only_where_one_runs() -> None:
    told = {}
    for name, params in (("none", Params()), ("cn", CHINA)):
        explanation = explanation_of(core_after(12, params).states["c_1"])
        assert explanation is not None
        told[name] = explanation.contributions

    assert "clocks" not in told["none"]
    assert told["cn"]["clocks"] > 0
    assert CIRCUMSTANCES in told["none"]
