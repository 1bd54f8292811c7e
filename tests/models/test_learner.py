"""Each example is learned once, and a learner that was stopped goes on as if it had not been."""

from __future__ import annotations

import random

import orjson
import pytest

from models.features import NAMES
from models.learner import Learner
from models.params import LearningParams, Params
from models.risk import LinearScorer, Scorer, probability_of, untrained
from models.risk_learner import RiskLearner
from schemas.codec import decode_as, encode
from schemas.errors import SnapshotError
from schemas.examples import RiskExample, SentimentExample
from schemas.snapshots import Snapshot
from tests.support.events import moment
from tests.support.examples import risk_example

PARAMS = Params(learning=LearningParams(snapshot_examples=25))


def _examples(count: int, seed: int = 7) -> list[RiskExample | SentimentExample]:
    """A stream in which the first feature and one bucket raise the risk."""
    chance = random.Random(seed)
    examples: list[RiskExample | SentimentExample] = []
    for number in range(count):
        source = (number % 3, number, 0, 0)
        if number % 10 == 9:
            grams = tuple(sorted(chance.sample(range(4096), 12)))
            target = chance.uniform(-1, 1)
            examples.append(SentimentExample(source=source, target=target, grams=grams, released_at=moment(number)))
            continue
        dense = [chance.gauss(0, 1) for _ in NAMES]
        hashed = tuple(sorted(chance.sample(range(50), 8)))
        label = chance.random() < probability_of(1.5 * dense[0] + 1.0 * (3 in hashed) - 2.0)
        examples.append(
            risk_example(
                number,
                source=source,
                phase="complained" if label else "predicted",
                label=label,
                dense=tuple(dense),
                hashed=hashed,
            )
        )
    return examples


def _snapshots(learner: Learner, examples: list[RiskExample | SentimentExample]) -> list[Snapshot]:
    made = []
    for offset, example in enumerate(examples):
        learner.learn(example)
        if learner.is_due():
            made.append(learner.snapshot(offset))
    return made


def test_frozen_weights_score_as_river_does() -> None:
    learner = RiskLearner(0.03, PARAMS.learning)
    examples = [e for e in _examples(400) if isinstance(e, RiskExample)]
    for example in examples:
        learner.learn(example.dense, example.hashed, example.label)

    frozen = LinearScorer(learner.frozen())

    for example in examples[:100]:
        probability = probability_of(frozen.score(example.dense, example.hashed))
        assert probability == pytest.approx(learner.probability(example.dense, example.hashed), abs=1e-9)


@pytest.mark.parametrize("stopped_after", [1, 2, 5, 9])
def test_after_a_crash_the_next_snapshots_are_those_of_an_uninterrupted_run(stopped_after: int) -> None:
    examples = _examples(300)
    uninterrupted = _snapshots(Learner(PARAMS), examples)

    kept = decode_as(Snapshot, encode(uninterrupted[stopped_after - 1]))
    resumed = Learner.resume(kept, PARAMS)
    # The committed offset may lie anywhere before the snapshot's: what comes again is dropped.
    assert not any(resumed.learn(example) for example in examples[: kept.examples_offset + 1])
    rest = _snapshots(resumed, examples[kept.examples_offset + 1 :])

    assert [_content(s) for s in rest] == [_content(s) for s in uninterrupted[stopped_after:]]


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


def test_the_model_finds_what_raises_the_risk() -> None:
    learner = Learner(PARAMS)
    for example in _examples(3000):
        learner.learn(example)

    scorer = Scorer(learner.snapshot().weights, PARAMS)
    calm, tense = [0.0] * len(NAMES), [2.0, *[0.0] * (len(NAMES) - 1)]

    assert scorer.probabilities(tense, [3])[1] > 2 * scorer.probabilities(calm, [])[1]


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
    short = weights.risk_7d.model_copy(update={"dense": (0.0,)})

    with pytest.raises(SnapshotError, match="numeric features"):
        LinearScorer(short)


def test_contributions_and_the_means_add_up_to_the_score() -> None:
    learner = RiskLearner(0.03, PARAMS.learning)
    examples = [e for e in _examples(400) if isinstance(e, RiskExample)]
    for example in examples:
        learner.learn(example.dense, example.hashed, example.label)
    scorer = LinearScorer(learner.frozen())

    at_means = scorer.score(scorer.means, [])
    for example in examples[:50]:
        total = at_means + sum(scorer.contributions(example.dense))
        assert total == pytest.approx(scorer.score(example.dense, []), abs=1e-9)


def test_a_snapshot_stays_small_enough_for_a_journal_record() -> None:
    learner = Learner(PARAMS)
    for example in _examples(2000):
        learner.learn(example)

    assert len(orjson.dumps(learner.snapshot().weights.model_dump(mode="json"))) < 256 * 1024
