"""The text model: what was learned is what scorers say, and a restart changes nothing."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.conversation import Conversation, Turn
from models.text.frozen import TextModel, Verdict
from models.text.head import Example, HeadLearner
from models.text.learner import PREFIX_WEIGHT, PREFIXES_WEIGHT, REHEARSED, TextLearner, dissatisfaction
from models.text.tokens import tokens
from schemas.snapshots import TextWeights

PHRASES = (
    "一直没人联系我！",
    "谢谢，很快",
    "我要投诉",
    "请问怎么理赔？",
    "态度差",
    "nobody calls me back",
    "great, thanks",
    "",
)
texts = st.lists(st.tuples(st.booleans(), st.sampled_from(PHRASES)), min_size=1, max_size=8)
rated = st.lists(st.tuples(texts, st.floats(-1.0, 1.0)), max_size=8)
Texts = list[tuple[bool, str]]


def as_turns(said: Texts) -> list[Turn]:
    return [Turn(is_customer, tokens(text)) for is_customer, text in said]


def teach(learner: TextLearner, pairs: list[tuple[Texts, float]]) -> None:
    for said, rating in pairs:
        learner.learn_rating(as_turns(said), rating)
        learner.learn_handover(as_turns(said), ["投诉" in text for _, text in said])


def frozen(learner: TextLearner) -> TextModel:
    """All weights, by way of JSON as in a snapshot."""
    return TextModel(TextWeights.model_validate_json(learner.frozen(10**6, 10**6).model_dump_json()))


def verdicts(model: TextModel, said: Texts) -> list[Verdict]:
    conversation, heard = Conversation(), []
    for is_customer, text in said:
        conversation, verdict = model.hear(conversation, is_customer, text)
        heard.append(verdict)
    return heard


def comments(count: int, seed: int = 20261122) -> list[tuple[Texts, float]]:
    """Comments of happy and of unhappy customers; the rating wavers a little, as people do."""
    chance = random.Random(seed)
    happy, unhappy = ("理赔很快，谢谢", "thank you, very quick"), ("等了一个月没人联系", "nobody calls me back")
    return [
        ([(True, chance.choice(happy if is_happy else unhappy) + str(chance.random()))], 0.9 if is_happy else -0.7)
        for is_happy in (chance.random() < 0.5 for _ in range(count))
    ]


@settings(max_examples=40)
@given(rated, texts)
def test_adding_a_turn_to_kept_sums_is_reading_all_again(pairs: list[tuple[Texts, float]], said: Texts) -> None:
    learner = TextLearner()
    teach(learner, [*pairs, (said, -0.5)])

    heard, turns = verdicts(frozen(learner), said), as_turns(said)
    asked = [number for number, (is_customer, _) in enumerate(said) if is_customer or number == len(said) - 1]
    # Weights travel with three significant digits.
    assert [heard[number].score for number in asked] == pytest.approx(learner.mood_scores(turns), abs=5e-3)
    assert [verdict.handover for verdict in heard] == pytest.approx(learner.handover_scores(turns), abs=5e-3)


@settings(max_examples=40)
@given(rated, rated)
def test_learning_on_after_a_restart_gives_the_same_bits(
    before: list[tuple[Texts, float]], after: list[tuple[Texts, float]]
) -> None:
    uninterrupted = TextLearner(max_weights=60)
    teach(uninterrupted, before)
    restarted = TextLearner.from_plain(json.loads(json.dumps(uninterrupted.to_plain())), max_weights=60)
    teach(uninterrupted, after)
    teach(restarted, after)

    assert restarted.to_plain() == uninterrupted.to_plain()
    assert restarted.frozen() == uninterrupted.frozen()


def test_it_learns_who_is_unhappy() -> None:
    learner = TextLearner()
    teach(learner, comments(200))
    model = frozen(learner)

    (unhappy,) = verdicts(model, [(True, "nobody calls me back")])
    (happy,) = verdicts(model, [(True, "理赔很快，谢谢")])
    assert unhappy.probability > 0.9
    assert happy.probability < 0.1
    assert unhappy.shift < 0.0 < happy.shift


@pytest.mark.parametrize(("turns", "each"), [(1, None), (3, PREFIX_WEIGHT), (41, PREFIXES_WEIGHT / 40)])
def test_the_starts_of_a_conversation_never_outweigh_the_whole(
    turns: int, each: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Example] = []
    monkeypatch.setattr(HeadLearner, "learn", lambda _, examples: learned.extend(examples))

    TextLearner().learn_rating([Turn(True, tokens(f"w{number}")) for number in range(turns)], -1.0)

    *starts, whole = (example.weight for example in learned)
    assert whole == 1.0
    assert starts == [each] * (turns - 1)


def test_nothing_is_claimed_before_anything_was_learned() -> None:
    (verdict,) = verdicts(TextModel(TextWeights()), [(True, "我要投诉！")])

    assert verdict == Verdict(score=0.0, shift=0.0, probability=0.5, handover=0.0, needs_person=False)


def test_the_threshold_finds_the_turns_that_need_a_person() -> None:
    learner = TextLearner()
    for _ in range(60):
        said = [(True, "请问怎么理赔"), (False, "您好"), (True, "转人工，我要投诉")]
        learner.learn_handover(as_turns(said), [False, False, True])

    heard = verdicts(frozen(learner), [(True, "请问怎么理赔"), (False, "您好"), (True, "转人工，我要投诉")])
    assert [verdict.needs_person for verdict in heard] == [False, False, True]


def test_hand_overs_are_learned_once_more_after_a_while() -> None:
    learner = TextLearner()
    said = [(True, "请问怎么理赔"), (False, "您好"), (True, "转人工，我要投诉")]
    learner.learn_handover(as_turns(said), [False, None, True])
    for number in range(REHEARSED - 1):
        learner.learn_handover([Turn(True, [number])], [False])
    before = learner.handover_scores(as_turns(said))[-1]
    learner.learn_handover([Turn(True, [REHEARSED])], [False])

    assert len(learner.to_plain()["rehearsal"]) == REHEARSED
    assert learner.handover_scores(as_turns(said))[-1] > before


def test_state_stays_far_below_a_message() -> None:
    learner = TextLearner(max_weights=2000)
    teach(learner, comments(300))
    plain = json.dumps(learner.to_plain())

    # Weight, variance and feature take 11 characters; the words and the latest scores are fewer.
    assert len(plain) < 2 * 2000 * 16 + 20_000


def test_fewer_weights_keep_those_that_matter() -> None:
    learner = TextLearner()
    teach(learner, comments(200))
    small = learner.frozen(mood_weights=30)

    assert len(small.mood.hashed.buckets) == 30
    assert verdicts(TextModel(small), [(True, "nobody calls me back")])[0].probability > 0.8


def test_ratings_turn_into_soft_labels() -> None:
    assert dissatisfaction(-0.25) == 0.5
    assert dissatisfaction(-1.0) > 0.97
    assert dissatisfaction(1.0) < 0.01


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rating must be within \[-1, 1\], got 1.5"):
        TextLearner().learn_rating([Turn(True, [1])], 1.5)
