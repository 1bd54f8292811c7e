"""Each example is learned once, and a learner that was stopped goes on as if it had not been."""

from __future__ import annotations

import random
from typing import Any, get_args

import orjson
import pytest

from models.features import NAMES
from models.learner import Learner
from models.log_odds import probability_of
from models.parameters.learning import LearningParams, LineName
from models.params import Params
from models.risk import DIGITS, LinearScorer, LineScorer, Scorer, untrained
from models.risk_learner import RiskLearner
from schemas.codec import decode_as, encode
from schemas.errors import SnapshotError
from schemas.examples import RiskExample, Shadow, SpokenTurn, TextExample
from schemas.snapshots import RiskLine, Snapshot
from tests.support.events import moment
from tests.support.examples import risk_example

PARAMS = Params(learning=LearningParams(snapshot_examples=25))


def _examples(count: int, seed: int = 10) -> list[RiskExample | TextExample]:
    """A stream in which the first feature and one bucket raise the risk: every kind and phase, one example a day."""
    chance = random.Random(seed)
    examples: list[RiskExample | TextExample] = []
    made: list[dict[str, Any]] = []
    for number in range(count):
        now = {"source": (number % 3, number, 0, 0), "released_at": moment(number)}
        if number % 10 == 9:
            examples.append(_conversation(chance, **now))
        elif number % 10 in (3, 7) and len(made) > 7:
            examples.append(risk_example(number, **{**made[-7], **now, **_outcome(chance, made[-7])}))
        else:
            examples.append(risk_example(number, **{**_prediction(chance), **now}))
            made.append(_prediction_of(examples[-1]))
    return examples


def _prediction(chance: random.Random) -> dict[str, Any]:
    dense = [chance.gauss(0, 1) for _ in NAMES]
    shadow = Shadow(learner="ftrl", score_7d=-2.0, score_30d=-1.0, probability_7d=0.12, probability_30d=0.27)
    return {"dense": tuple(dense), "hashed": tuple(sorted(chance.sample(range(50), 8))), "shadow": shadow}


def _prediction_of(example: RiskExample | TextExample) -> dict[str, Any]:
    assert isinstance(example, RiskExample)
    return {name: getattr(example, name) for name in ("dense", "hashed", "shadow", "customer_key", "predicted_at")}


def _outcome(chance: random.Random, made: dict[str, Any]) -> dict[str, Any]:
    label = chance.random() < probability_of(1.5 * made["dense"][0] + 1.0 * (3 in made["hashed"]) - 2.0)
    if not label:
        ended = chance.choice(["matured", "matured", "matured", "censored"])
        return {"phase": ended, "censored_by": "intervened" if ended == "censored" else None}
    came = chance.choice(["complained", "matured", "corrected"])
    return {"phase": came, "label": True, "lead_seconds": 3_600.0}


def _conversation(chance: random.Random, **now: Any) -> TextExample:
    turns = tuple(
        SpokenTurn(is_customer=chance.random() < 0.6, codes=tuple(chance.sample(range(4096), 5))) for _ in range(3)
    )
    needed = (None, chance.random() < 0.5, False) if chance.random() < 0.5 else None
    return TextExample(turns=turns, rating=chance.uniform(-1, 1), needed=needed, **now)


def _snapshots(learner: Learner, examples: list[RiskExample | TextExample]) -> list[Snapshot]:
    made = []
    for offset, example in enumerate(examples):
        learner.learn(example)
        if learner.is_due():
            made.append(learner.snapshot(offset))
    return made


def _taught(count: int, name: LineName) -> tuple[RiskLearner, list[RiskExample]]:
    learner = RiskLearner(name, 0.03, PARAMS.learning)
    examples = [example for example in _examples(count) if isinstance(example, RiskExample)]
    for example in examples:
        if example.phase == "predicted":
            learner.meet(example.hashed)
        else:
            learner.learn(example.dense, example.hashed, example.label, example.weight)
    return learner, examples


@pytest.mark.parametrize("name", get_args(LineName))
def test_frozen_weights_score_as_the_learner_does(name: LineName) -> None:
    learner, examples = _taught(400, name)

    weights = learner.frozen()
    frozen = LineScorer(RiskLine(name=name, risk_7d=weights, risk_30d=weights))

    assert weights.hashed.buckets
    for example in examples[:100]:
        probability = probability_of(frozen.outlook(example.dense, example.hashed).score_7d)
        # Weights of buckets travel with five decimal places.
        assert probability == pytest.approx(learner.probability(example.dense, example.hashed), abs=1e-5)


@pytest.mark.parametrize("stopped_after", [1, 2, 5, 9, 17])
@pytest.mark.parametrize("challenger", [None, "ftrl"])
def test_after_a_crash_the_next_snapshots_are_those_of_an_uninterrupted_run(
    stopped_after: int, challenger: LineName | None
) -> None:
    params = Params(learning=LearningParams(snapshot_examples=25, challenger=challenger))
    examples = _examples(700)
    uninterrupted = _snapshots(Learner(params), examples)

    kept = decode_as(Snapshot, encode(uninterrupted[stopped_after - 1]))
    resumed = Learner.resume(kept, params)
    # The committed offset may lie anywhere before the snapshot's: what comes again is dropped.
    assert not any(resumed.learn(example) for example in examples[: kept.examples_offset + 1])
    rest = _snapshots(resumed, examples[kept.examples_offset + 1 :])

    assert [_content(s) for s in rest] == [_content(s) for s in uninterrupted[stopped_after:]]


def test_the_stream_of_these_tests_moves_every_part_of_a_snapshot() -> None:
    snapshot = _snapshots(Learner(PARAMS), _examples(700))[-1]
    line = snapshot.weights.lines[0]

    assert line.risk_7d.hashed.buckets
    assert line.risk_7d.hashed_mean != 0.0
    assert (line.risk_7d.slope, line.risk_7d.offset) != (1.0, 0.0)
    assert snapshot.weights.positives_seen > 0
    assert snapshot.weights.quality[7].positives > 0
    assert snapshot.weights.text.mood.hashed.buckets
    assert snapshot.weights.text.handover.hashed.buckets
    assert any(monitor["values"] for monitor in snapshot.learner["drift"]["inputs"]["monitors"].values())


def _content(snapshot: Snapshot) -> bytes:
    """All but the offset, which depends on where counting began."""
    return encode(snapshot.model_copy(update={"examples_offset": -1}))


def test_an_example_that_comes_again_is_learned_once() -> None:
    examples = _examples(60)
    once, twice = Learner(PARAMS), Learner(PARAMS)

    for example in examples:
        once.learn(example)
        assert twice.learn(example)
        assert not twice.learn(example)

    assert encode(once.snapshot()) == encode(twice.snapshot())


def test_in_a_journal_created_anew_the_same_sources_are_new_examples() -> None:
    learner = Learner(PARAMS)
    example = _examples(1)[0]
    learner.learn(example)

    kept = decode_as(Snapshot, encode(learner.snapshot()))
    resumed = Learner.resume(kept, PARAMS)

    assert not resumed.learn(example)
    assert resumed.learn(example.model_copy(update={"epoch": "2"}))


def _matured(count: int) -> list[RiskExample]:
    """Predictions with their outcomes: the first feature and one bucket raise the risk."""
    chance, examples = random.Random(3), []
    for number in range(count):
        prediction = _prediction(chance)
        outcome = _outcome(chance, prediction)
        label = bool(outcome.get("label"))
        examples.append(risk_example(2 * number, **prediction))
        ended = {"phase": "complained" if label else "matured", "label": label, "source": (0, 2 * number + 1, 0, 0)}
        examples.append(risk_example(2 * number, **{**prediction, **ended}))
    return examples


def test_the_model_finds_what_raises_the_risk() -> None:
    learner = Learner(PARAMS)
    for example in _matured(1500):
        learner.learn(example)

    champion = Scorer(learner.snapshot().weights, PARAMS).champion
    calm, tense = [0.0] * len(NAMES), [2.0, *[0.0] * (len(NAMES) - 1)]

    assert champion.outlook(tense, [3]).probability_30d > 2 * champion.outlook(calm, []).probability_30d


def _predictions(count: int, hours: float) -> list[RiskExample]:
    """Nothing but predictions, so many hours apart."""
    return [risk_example(number, released_at=moment(number * hours / 24)) for number in range(count)]


def _due_after(learner: Learner, examples: list[RiskExample]) -> list[int]:
    due = []
    for number, example in enumerate(examples, start=1):
        learner.learn(example)
        if learner.is_due():
            learner.freeze()
            due.append(number)
    return due


def test_snapshots_come_each_tenth_more_predictions_within_a_day() -> None:
    learner = Learner(
        Params(
            learning=LearningParams(snapshot_examples=10, snapshot_growth=0.5, snapshot_minutes=0.0, snapshot_hours=1e6)
        )
    )

    # Never fewer than ten; then half as many again. The first is due because data so old has no snapshot.
    assert _due_after(learner, _predictions(120, hours=0.0)) == [10, 20, 30, 45, 68, 102]


def test_a_snapshot_is_due_when_the_last_one_is_a_day_old_and_enough_has_been_predicted_since() -> None:
    learner = Learner(Params(learning=LearningParams(snapshot_examples=4, snapshot_growth=10.0, snapshot_hours=24.0)))

    # Each twelve hours one prediction: four take longer than a day, so their number decides.
    assert _due_after(learner, _predictions(13, hours=12.0)) == [4, 8, 12]

    # Each hour one: the day decides.
    learner = Learner(Params(learning=LearningParams(snapshot_examples=4, snapshot_growth=10.0, snapshot_hours=24.0)))
    assert _due_after(learner, _predictions(60, hours=1.0)) == [4, 28, 52]


def test_many_predictions_at_once_do_not_make_snapshots_faster_than_one_a_minute() -> None:
    learning = LearningParams(snapshot_examples=5, snapshot_growth=0.1, snapshot_minutes=1.0)

    # Each second one prediction: without the minute, every fifth would be due.
    assert _due_after(Learner(Params(learning=learning)), _predictions(200, hours=1 / 3600)) == [5, 65, 125, 185]


def test_labels_alone_make_no_snapshot_due() -> None:
    learner = Learner(PARAMS)
    for number in range(100):
        learner.learn(risk_example(number, phase="matured", label=number % 3 == 0))

    assert not learner.is_due()


def test_the_text_model_is_frozen_anew_when_a_tenth_more_conversations_are_known() -> None:
    learner, chance = Learner(PARAMS), random.Random(1)
    told = []
    for number in range(60):
        now = {"source": (0, number, 0, 0), "released_at": moment(number)}
        learner.learn(_conversation(chance, **now).model_copy(update={"needed": None}))
        told.append(learner.freeze().text.mood.examples_seen)

    # More than a tenth: 10, then 12, and at last 45, then 50.
    assert sorted(set(told)) == [*range(1, 11), 12, 14, 16, 18, 20, 23, 26, 29, 32, 36, 40, 45, 50, 56]
    assert all(seen - known <= 0.1 * known for seen, known in enumerate(told, start=1))


def test_a_resumed_learner_does_not_freeze_the_text_model_sooner() -> None:
    examples = [_conversation(random.Random(n), source=(0, n, 0, 0), released_at=moment(n)) for n in range(40)]
    learner = Learner(PARAMS)
    for example in examples[:30]:
        learner.learn(example)
    kept = decode_as(Snapshot, encode(learner.snapshot()))
    resumed = Learner.resume(kept, PARAMS)

    resumed.learn(examples[30])

    assert resumed.freeze().text == kept.weights.text


def test_a_drift_is_found_and_remembered_over_restarts() -> None:
    chance = random.Random(5)
    days = [day for day in range(48) for _ in range(30)]
    examples = [
        risk_example(n, dense=(chance.gauss(3.0 * (day >= 32), 1), *[0.0] * (len(NAMES) - 1)), released_at=moment(day))
        for n, day in enumerate(days)
    ]
    uninterrupted, resumed = Learner(PARAMS), Learner(PARAMS)

    for number, example in enumerate(examples):
        uninterrupted.learn(example)
        resumed.learn(example)
        if number % 500 == 499:
            resumed = Learner.resume(decode_as(Snapshot, encode(resumed.snapshot())), PARAMS)

    assert [drift.monitor for drift in uninterrupted.drifts] == [f"input.{NAMES[0]}"]
    assert uninterrupted.drifts[0].since.date() == moment(32).date()
    assert resumed.drifts == uninterrupted.drifts
    assert Learner.resume(decode_as(Snapshot, encode(resumed.snapshot())), PARAMS).drifts == uninterrupted.drifts


def test_a_snapshot_of_another_format_is_refused() -> None:
    learner = Learner(PARAMS)
    snapshot = learner.snapshot().model_copy(update={"format": 99})

    with pytest.raises(SnapshotError, match="format 99"):
        Learner.resume(snapshot, PARAMS)


def test_a_snapshot_that_lacks_numbers_is_refused() -> None:
    snapshot = Learner(PARAMS).snapshot().model_copy(update={"learner": {}})

    with pytest.raises(SnapshotError, match="cannot be resumed"):
        Learner.resume(snapshot, PARAMS)


def test_weights_for_other_features_are_refused() -> None:
    weights = untrained(PARAMS)
    short = weights.lines[0].risk_7d.model_copy(update={"dense": (0.0,)})

    with pytest.raises(SnapshotError, match="numeric features"):
        LinearScorer(short)


@pytest.mark.parametrize("name", get_args(LineName))
def test_contributions_and_what_is_normal_add_up_to_the_score(name: LineName) -> None:
    learner, examples = _taught(400, name)
    weights = learner.frozen().model_copy(update={"slope": 0.8, "offset": -0.1})
    scorer = LineScorer(RiskLine(name=name, risk_7d=weights, risk_30d=weights))

    at_means = 0.8 * (scorer.outlook(weights.means, []).score_30d + weights.hashed_mean) - 0.1
    for example in examples[:50]:
        outlook, base, parts, _ = scorer.judge(example.dense, example.hashed)
        assert base + sum(parts) == pytest.approx(0.8 * outlook.score_30d - 0.1)
        assert base == pytest.approx(at_means, abs=len(parts) * 10**-DIGITS)


def test_a_snapshot_stays_small_enough_for_a_journal_record() -> None:
    learner = Learner(PARAMS)
    for example in _examples(2000):
        learner.learn(example)

    assert len(orjson.dumps(learner.snapshot().weights.model_dump(mode="json"))) < 256 * 1024
