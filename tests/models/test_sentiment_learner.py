"""The text model: River and the frozen numbers agree, and a restart changes nothing."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sentiment import GRAM_BUCKETS, grams
from models.sentiment_learner import SentimentLearner
from models.text_model import TextModel
from schemas.snapshots import SentimentWeights

buckets = st.lists(st.integers(0, GRAM_BUCKETS - 1), unique=True, max_size=30)
examples = st.lists(st.tuples(buckets, st.floats(-1.0, 1.0)), max_size=25)

HAPPY = ("理赔很快，谢谢", "服务态度很好", "thank you, very quick", "客服有耐心，满意")
UNHAPPY = ("一直没人联系我", "等了一个月还没到账", "nobody calls me back", "态度差，互相推诿")


def taught(pairs: list[tuple[list[int], float]]) -> SentimentLearner:
    learner = SentimentLearner()
    for features, target in pairs:
        learner.learn(features, target)
    return learner


def comments(count: int, seed: int = 20261122) -> list[tuple[list[int], float]]:
    """Rated comments; the rating wavers a little, as people do."""
    chance = random.Random(seed)
    return [
        (
            grams(chance.choice(HAPPY if is_happy else UNHAPPY) + str(chance.randrange(100))),
            (0.8 if is_happy else -0.8) + chance.uniform(-0.2, 0.2),
        )
        for is_happy in (chance.random() < 0.5 for _ in range(count))
    ]


@given(examples, buckets)
def test_the_frozen_weights_say_what_river_says(pairs: list[tuple[list[int], float]], asked: list[int]) -> None:
    learner = taught(pairs)
    frozen = TextModel(SentimentWeights.model_validate_json(learner.frozen().model_dump_json()))

    for features in [asked, *(features for features, _ in pairs)]:
        assert frozen.polarity(features) == pytest.approx(learner.polarity(features), abs=1e-9)


@given(examples, examples)
def test_learning_on_after_a_restart_gives_the_same_bits(
    before: list[tuple[list[int], float]], after: list[tuple[list[int], float]]
) -> None:
    uninterrupted = taught(before + after)

    written = json.dumps(taught(before).to_plain(), sort_keys=True)
    restarted = SentimentLearner.from_plain(json.loads(written))
    for features, target in after:
        restarted.learn(features, target)

    assert json.dumps(restarted.to_plain()) == json.dumps(uninterrupted.to_plain())
    assert restarted.frozen() == uninterrupted.frozen()


def test_a_restart_in_the_middle_of_a_long_life_gives_the_same_bits() -> None:
    pairs = comments(400)
    interrupted = SentimentLearner()
    for number, (features, target) in enumerate(pairs):
        if number % 37 == 0:
            interrupted = SentimentLearner.from_plain(json.loads(json.dumps(interrupted.to_plain())))
        interrupted.learn(features, target)

    assert interrupted.to_plain() == taught(pairs).to_plain()


def test_it_learns_what_makes_customers_rate_badly() -> None:
    model = TextModel(taught(comments(300)).frozen())

    assert all(model.polarity(grams(text)) > 0.3 for text in HAPPY)
    assert all(model.polarity(grams(text)) < -0.3 for text in UNHAPPY)


def test_before_any_comment_it_says_nothing() -> None:
    learner = SentimentLearner()

    assert learner.frozen() == SentimentWeights()
    assert TextModel(learner.frozen()).polarity(grams("没人联系我")) == 0.0
    assert SentimentLearner.from_plain(learner.to_plain()).to_plain() == learner.to_plain()


def test_it_counts_the_comments_that_it_learned_from() -> None:
    learner = taught(comments(12))
    learner.learn([], 1.0)

    assert learner.frozen().examples_seen == learner.examples_seen == 12


@given(examples, buckets)
def test_polarity_stays_in_range(pairs: list[tuple[list[int], float]], asked: list[int]) -> None:
    assert -1.0 <= TextModel(taught(pairs).frozen()).polarity(asked) <= 1.0


@pytest.mark.parametrize("target", [-1.01, 2.0, float("nan")])
def test_a_rating_out_of_range_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="target"):
        SentimentLearner().learn([1], target)


def test_numbers_that_do_not_fit_together_are_refused() -> None:
    plain = taught(comments(3)).to_plain()
    plain["weights"] = plain["weights"][1:]

    with pytest.raises(ValueError, match="argument"):
        SentimentLearner.from_plain(plain)
