"""Following a conversation: many turns at once are heard as if each came alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.listening import Heard, Listener, Said
from models.sentiment import combine, read
from models.text.conversation import Conversation, Turn
from models.text.frozen import TextModel
from models.text.learner import TextLearner
from models.text.tokens import tokens
from schemas.snapshots import TextWeights

TRUST = 10.0
words = st.sampled_from(
    ["等了一个月没人联系", "好的。", "我要投诉！", "thank you", "nobody calls me back?", "律师函", ""]
)
turns = st.lists(st.tuples(st.booleans(), words), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def weights() -> TextWeights:
    learner = TextLearner()
    for number in range(20):
        said = [
            Turn(True, tokens("等了一个月没人联系")),
            Turn(False, tokens("好的。")),
            Turn(True, tokens("我要投诉！")),
        ]
        learner.learn_rating(said[: 1 + number % 3], -0.8 if number % 2 else 0.6)
        learner.learn_handover(said, [False, None, bool(number % 2)])
    return learner.frozen()


@given(turns, turns)
def test_many_turns_are_heard_as_if_each_came_alone(
    weights: TextWeights, before: list[tuple[bool, str]], said: list[tuple[bool, str]]
) -> None:
    model, conversation, spoken = TextModel(weights), Conversation(), None
    listener = Listener(weights, TRUST)
    started = listener.follow(conversation, [Said(*turn) for turn in before]).conversation
    for place, (is_customer, text) in enumerate([*before, *said]):
        polarity = read(text).polarity if is_customer else 0.0
        conversation, verdict = model.hear(conversation, is_customer, text, polarity)
        spoken = verdict if is_customer and place >= len(before) else spoken
    followed = listener.follow(started, [Said(*turn) for turn in said])
    assert followed.conversation == conversation
    assert (followed.dissatisfaction, followed.handover) == (verdict.probability, verdict.handover)
    assert followed.needs_person == verdict.needs_person
    if spoken is None:
        assert followed.heard is None
    else:
        alone = read("\n".join(text for is_customer, text in said if is_customer))
        polarity = combine(alone.polarity, spoken.shift, weights.mood.examples_seen, TRUST)
        assert isinstance(followed.heard, Heard)
        assert followed.heard.polarity == polarity
