"""What the two heads of the text model look at: fields of grams, each of length one, and a few marks.

A feature is a whole number: the field, then the bucket of a gram within it. The same token means another thing in what
the customer said, in what was answered, and in the last turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.text.conversation import Conversation, Turn, spelled
from models.text.tokens import CODE_BITS, grams

Features = dict[int, float]
"""Feature to value, before rare grams are made to count more."""


class Layout(NamedTuple):
    """How a head weighs its fields."""

    sides: tuple[int, ...]
    """Per field, whose words are in it: 0 the company's side, 1 the customer, 2 no words (marks)."""
    mark: float
    """Value of a mark that is present."""


ALL_CUSTOMER, ALL_AGENT, LAST_CUSTOMER, LAST_AGENT, MOOD_MARKS = range(5)
MOOD = Layout(sides=(1, 0, 1, 0, 2), mark=0.1)
"""Will the customer be dissatisfied in the end? Asked after each customer turn, with all that was said."""

MOOD_WEIGHTS = (1.0, 0.7, 1.6, 0.6)
"""Lengths of the fields: all customer turns, all answers, the last of two customer turns, of two answers. A flat
optimum: half or double any of them costs less than .003 of AUC."""

TURN, BEFORE, TWO_BEFORE, REPEATED, HANDOVER_MARKS = 0, 2, 6, 8, 10
HANDOVER = Layout(sides=(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 2), mark=0.4)
"""Does this turn need a person? Fields by who speaks; `BEFORE` also by who spoke before."""

HANDOVER_WEIGHTS = (0.3, 0.15, 0.1, 0.1)
"""Lengths of the fields: this turn, the turn before, the one before that, and what the customer had said already."""


def mood_features(turns: Sequence[Turn]) -> Iterator[tuple[int, Features]]:
    """Give the features of every start of a conversation that ends with a customer turn, and of the whole.

    Yields
    ------
    tuple
        How many turns it has, and its features. Each turn weighs as much as any other, however long it is; together
        they are of length one if they share no gram.
    """
    conversation = Conversation()
    everything: tuple[Features, Features] = ({}, {})
    last: list[Features] = [{}, {}]
    for number, turn in enumerate(turns, start=1):
        side = int(turn.is_customer)
        conversation = conversation.then(turn)
        buckets = grams(turn.codes)
        value = unit(len(buckets))
        last[side] = dict.fromkeys(buckets, value)
        for bucket in buckets:
            everything[side][bucket] = everything[side].get(bucket, 0.0) + value
        if side or number == len(turns):
            yield number, _mood(conversation, everything, last)


def handover_features(turns: Sequence[Turn]) -> Iterator[Features]:
    """Give the features of every turn, with what came before it."""
    conversation = Conversation()
    for turn in turns:
        yield _handover(conversation, turn)
        conversation = conversation.then(turn)


def mood_marks(conversation: Conversation) -> list[int]:
    """Give the marks of a conversation, its last turn included: counts in steps that double."""
    marks = (
        conversation.customer_turns + conversation.agent_turns,
        conversation.customer_turns,
        int(conversation.order[-1:] == "c"),
        (conversation.last_tokens + 1).bit_length() - 1,
        (conversation.customer_tokens + 1).bit_length() - 1,
        min(3, conversation.exclamations),
        min(3, conversation.questions),
        min(3, conversation.last_exclamations),
        min(3, conversation.last_questions),
        (conversation.agent_tokens + 1).bit_length(),
    )
    start = MOOD_MARKS << CODE_BITS
    return [start + place * 16 + min(15, mark) for place, mark in enumerate(marks)]


def handover_marks(
    conversation: Conversation, turn: Turn, repeated: float, repeated_last: float, again: bool
) -> list[int]:
    """Give the marks of a turn within its conversation.

    Parameters
    ----------
    conversation
        What came before.
    turn
        The turn.
    repeated, repeated_last
        Which share of its tokens the customer had said before, ever and in their last turn (0 to 1).
    again
        Whether one of the last turns was the same.
    """
    side = int(turn.is_customer)
    order = conversation.order
    count = conversation.customer_turns + conversation.agent_turns
    run = len(order) - len(order.rstrip("ac"[side]))
    pattern = 0
    for who in order[-3:]:
        pattern = pattern * 3 + 1 + (who == "c")
    marks = (
        0,
        (count + 1).bit_length() - 1,
        (len(turn.codes) + 1).bit_length() - 1,
        int(repeated_last * 4),
        int(repeated * 4),
        min(run, 3),
        pattern,
        (conversation.customer_turns + side + 1).bit_length() - 1,
        (conversation.agent_turns + 1 - side + 1).bit_length() - 1,
        int(conversation.customer_turns + side == 1),
        int(again),
    )
    start = (HANDOVER_MARKS << CODE_BITS) + side * 1024
    return [start + place * 64 + min(63, mark) for place, mark in enumerate(marks)]


def last_weight(field: int, count: int) -> float:
    """Give the length of a field of a last turn: the more turns there are, the less the last one says of all."""
    return MOOD_WEIGHTS[field] * math.sqrt(2.0 / count)


def unit(count: int) -> float:
    """Give the value at which that many grams are of length one together."""
    return count**-0.5 if count else 0.0


def repeats(conversation: Conversation, turn: Turn) -> tuple[list[int], list[int]]:
    """Compare a turn with what came before it.

    Returns
    -------
    tuple
        Its tokens that the customer had said already, each once in the order of the turn, and its marks.
    """
    heard = conversation.heard()
    tokens = spelled(turn.codes)
    code_of = dict(zip(tokens, turn.codes, strict=True))
    known = [code for token, code in code_of.items() if token in heard.said]
    in_last = sum([token in heard.said_last for token in code_of])
    size = len(code_of) or 1
    again = "".join(tokens) in heard.turns
    return known, handover_marks(conversation, turn, len(known) / size, in_last / size, again)


def _mood(conversation: Conversation, everything: tuple[Features, Features], last: Sequence[Features]) -> Features:
    """Join the fields of one start of a conversation."""
    counts = (conversation.agent_turns, conversation.customer_turns)
    features = dict.fromkeys(mood_marks(conversation), MOOD.mark)
    for side, all_field, last_field in ((1, ALL_CUSTOMER, LAST_CUSTOMER), (0, ALL_AGENT, LAST_AGENT)):
        if counts[side]:
            _add(features, all_field, everything[side], MOOD_WEIGHTS[all_field] * counts[side] ** -0.5)
        # With one turn the last is all, and says nothing of its own.
        if counts[side] > 1:
            _add(features, last_field, last[side], last_weight(last_field, counts[side]))
    return features


def _handover(conversation: Conversation, turn: Turn) -> Features:
    """Join the fields of one turn."""
    side = int(turn.is_customer)
    known, marks = repeats(conversation, turn)
    features = dict.fromkeys(marks, HANDOVER.mark)
    before = conversation.turns()[-2:]
    parts = [(TURN + side, grams(turn.codes), HANDOVER_WEIGHTS[0]), (REPEATED + side, known, HANDOVER_WEIGHTS[3])]
    if before:
        parts.append((BEFORE + 2 * side + before[-1].is_customer, grams(before[-1].codes), HANDOVER_WEIGHTS[1]))
    if len(before) > 1:
        parts.append((TWO_BEFORE + before[0].is_customer, list(dict.fromkeys(before[0].codes)), HANDOVER_WEIGHTS[2]))
    for field, buckets, weight in parts:
        _add(features, field, dict.fromkeys(buckets, unit(len(buckets))), weight)
    return features


def _add(features: Features, field: int, values: Features, weight: float) -> None:
    """Put a field's values among the features."""
    start = field << CODE_BITS
    for bucket, value in values.items():
        features[start + bucket] = value * weight
