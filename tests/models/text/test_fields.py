"""What the hand-over head sees of repetition and of the past."""

from __future__ import annotations

import pytest

from models.text.conversation import Conversation, Turn
from models.text.fields import (
    LAST_CUSTOMER,
    MOOD_WEIGHTS,
    PAST,
    handover_features,
    last_weight,
    of_this_turn,
    repeats,
)
from models.text.tokens import CODE_BITS

ASKED, ANSWERED = Turn(True, [1, 2]), Turn(False, [3, 4])


def after(*turns: Turn) -> Conversation:
    conversation = Conversation()
    for turn in turns:
        conversation = conversation.then(turn)
    return conversation


def test_nothing_is_repeated_at_the_start() -> None:
    repetition = repeats(after(), ASKED)

    assert (repetition.known, repetition.customer, repetition.times, repetition.size_before) == ([], 0.0, 0, -1)
    assert not repetition.is_again
    assert not repetition.other_again


def test_asking_the_same_again_is_counted() -> None:
    repetition = repeats(after(ASKED, ANSWERED, ASKED, ANSWERED), ASKED)

    assert (repetition.times, repetition.is_again, repetition.other_again) == (2, True, True)
    assert (repetition.customer, repetition.last, repetition.agent) == (1.0, 1.0, 0.0)


def test_an_answer_in_the_customer_s_words_is_no_repetition_of_its_own_side() -> None:
    repetition = repeats(after(ASKED), Turn(False, [1, 2, 9, 9]))

    assert (repetition.times, repetition.is_again, repetition.size_before) == (0, False, 2)
    assert repetition.customer == pytest.approx(2 / 3)


def test_the_past_of_each_side_is_a_field_of_its_own() -> None:
    *_, last = handover_features([ASKED, ANSWERED, ASKED, ANSWERED])
    fields = {feature >> CODE_BITS for feature in last}

    assert {PAST, PAST + 1} <= fields
    assert not {PAST + 2, PAST + 3} & fields
    assert {feature >> CODE_BITS for feature in of_this_turn(last)} == {0}


def test_of_two_turns_the_last_counts_most_and_of_many_next_to_nothing() -> None:
    weights = [last_weight(LAST_CUSTOMER, count) for count in range(2, 41)]

    assert weights[0] == MOOD_WEIGHTS[LAST_CUSTOMER]
    assert weights == sorted(weights, reverse=True)
    assert weights[2] == pytest.approx(weights[0] * 0.5**0.5)
    assert weights[-1] < 0.01 * weights[0]
