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
    caution: float
    """How little one example says: `r` of the learner."""


ALL_CUSTOMER, ALL_AGENT, LAST_CUSTOMER, LAST_AGENT, MOOD_MARKS = range(5)
MOOD = Layout(sides=(1, 0, 1, 0, 2), mark=0.1, caution=1.0)
"""Will the customer be dissatisfied in the end? Asked after each customer turn, with all that was said."""

MOOD_WEIGHTS = (1.0, 0.7, 1.6, 0.6)
"""Lengths of the fields: all customer turns, all answers, the last of two customer turns, of two answers. A flat
optimum: half or double any of them costs less than .003 of AUC."""

MOOD_MARK_BUCKETS = [range(start, start + 16) for start in range(0, 160, 16)]
"""Per mark of a conversation's mood, the bucket of each of its values: counts, or counts in steps that double."""

TURN, BEFORE, TWO_BEFORE, REPEATED, PAST, HANDOVER_MARKS = 0, 2, 6, 8, 10, 14
HANDOVER = Layout(sides=(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 2), mark=0.3, caution=2.0)
"""Does this turn need a person? Fields by who speaks; `BEFORE` and `PAST` also by who spoke before."""

HANDOVER_WEIGHTS = (0.3, 0.15, 0.1, 0.1, 0.1)
"""Lengths of the fields: this turn, the turn before, the one before that, what the customer had said already, and
all that each side said before. The last is worth .03 of AUC where conversations are long."""


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
    past: tuple[Features, Features] = ({}, {})
    for turn in turns:
        yield _handover(conversation, turn, past)
        conversation = conversation.then(turn)
        said, words = past[turn.is_customer], list(dict.fromkeys(turn.codes))
        value = unit(len(words))
        for word in words:
            said[word] = said.get(word, 0.0) + value


def of_this_turn(features: Features) -> list[int]:
    """Give those of a turn's features that are its own words: what rarity is counted by."""
    return [feature for feature in features if feature >> CODE_BITS < BEFORE]


def mood_marks(conversation: Conversation) -> tuple[int, ...]:
    """Give the marks of a conversation, its last turn included, as places in `MOOD_MARK_BUCKETS`."""
    turns = conversation.customer_turns + conversation.agent_turns
    return (
        turns if turns < _MOST else _MOST,
        conversation.customer_turns if conversation.customer_turns < _MOST else _MOST,
        int(conversation.order[-1:] == "c"),
        min((conversation.last_tokens + 1).bit_length() - 1, _MOST),
        min((conversation.customer_tokens + 1).bit_length() - 1, _MOST),
        conversation.exclamations if conversation.exclamations < _MANY else _MANY,
        conversation.questions if conversation.questions < _MANY else _MANY,
        conversation.last_exclamations if conversation.last_exclamations < _MANY else _MANY,
        conversation.last_questions if conversation.last_questions < _MANY else _MANY,
        min((conversation.agent_tokens + 1).bit_length(), _MOST),
    )


def handover_marks(conversation: Conversation, turn: Turn, repetition: Repetition) -> list[int]:
    """Give the marks of a turn within its conversation, as buckets."""
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
        int(repetition.last * 4),
        int(repetition.customer * 4),
        min(run, 3),
        pattern,
        (conversation.customer_turns + side + 1).bit_length() - 1,
        (conversation.agent_turns + 1 - side + 1).bit_length() - 1,
        int(conversation.customer_turns + side == 1),
        int(repetition.is_again),
        (repetition.size_before + 1).bit_length(),
        min(3, repetition.times),
        int(repetition.agent * 4),
        int(repetition.other_again),
    )
    start = side * 1024
    return [start + place * 64 + min(63, mark) for place, mark in enumerate(marks)]


def last_weight(field: int, count: int) -> float:
    """Give the length of a field of a last turn: the more turns there are, the less the last one says of all.

    After the fourth it falls faster. Where conversations have twenty turns this is worth .01 of AUC, and where they
    have four, nothing.
    """
    return MOOD_WEIGHTS[field] * math.sqrt(2.0 / count) * min(1.0, _FEW / count) ** 2


def unit(count: int) -> float:
    """Give the value at which that many grams are of length one together."""
    return count**-0.5 if count else 0.0


class Repetition(NamedTuple):
    """How far a turn repeats what was said before."""

    known: list[int]
    """Its tokens that the customer had said already, each once in the order of the turn."""
    customer: float
    """Their share (0 to 1)."""
    last: float
    """Share of its tokens that were in the last customer turn (0 to 1)."""
    agent: float
    """Share of its tokens that the company's side had said already (0 to 1)."""
    is_again: bool
    """Whether one of the last six turns was the same, whoever said it."""
    times: int
    """How often its side had said the same before."""
    other_again: bool
    """Whether the last turn of the other side was the same as an earlier one of theirs."""
    size_before: int
    """Tokens of the turn before; -1 where there is none."""


def repeats(conversation: Conversation, turn: Turn) -> Repetition:
    """Compare a turn with what came before it."""
    heard = conversation.heard()
    tokens, me = spelled(turn.codes), "ac"[turn.is_customer]
    code_of = dict(zip(tokens, turn.codes, strict=True))
    known = [token for token in code_of if token in heard.said]
    size, text = len(code_of) or 1, "".join(tokens)
    others = [part for part in heard.turns if part[0] != me]
    return Repetition(
        known=[code_of[token] for token in known],
        customer=len(known) / size,
        last=sum([token in heard.said_last for token in known]) / size,
        agent=sum([token in heard.answered for token in code_of]) / size,
        is_again=not {"c" + text, "a" + text}.isdisjoint(heard.turns[-_RECENT:]),
        times=heard.turns.count(me + text),
        other_again=bool(others) and others[-1] in others[:-1],
        size_before=len(heard.turns[-1]) // 3 if heard.turns else -1,
    )


def _mood(conversation: Conversation, everything: tuple[Features, Features], last: Sequence[Features]) -> Features:
    """Join the fields of one start of a conversation."""
    counts = (conversation.agent_turns, conversation.customer_turns)
    features = _marked(
        MOOD_MARKS,
        [buckets[mark] for buckets, mark in zip(MOOD_MARK_BUCKETS, mood_marks(conversation), strict=True)],
        MOOD.mark,
    )
    for side, all_field, last_field in ((1, ALL_CUSTOMER, LAST_CUSTOMER), (0, ALL_AGENT, LAST_AGENT)):
        if counts[side]:
            _add(features, all_field, everything[side], MOOD_WEIGHTS[all_field] * counts[side] ** -0.5)
        # With one turn the last is all, and says nothing of its own.
        if counts[side] > 1:
            _add(features, last_field, last[side], last_weight(last_field, counts[side]))
    return features


def _handover(conversation: Conversation, turn: Turn, past: tuple[Features, Features]) -> Features:
    """Join the fields of one turn."""
    side = int(turn.is_customer)
    repetition = repeats(conversation, turn)
    features = _marked(HANDOVER_MARKS, handover_marks(conversation, turn, repetition), HANDOVER.mark)
    here, one_before, two_before, repeated, ever = HANDOVER_WEIGHTS
    before = conversation.turns()[-2:]
    parts = [(TURN + side, grams(turn.codes), here), (REPEATED + side, repetition.known, repeated)]
    if before:
        parts.append((BEFORE + 2 * side + before[-1].is_customer, grams(before[-1].codes), one_before))
    if len(before) > 1:
        parts.append((TWO_BEFORE + before[0].is_customer, list(dict.fromkeys(before[0].codes)), two_before))
    for field, buckets, weight in parts:
        _add(features, field, dict.fromkeys(buckets, unit(len(buckets))), weight)
    for who, count in enumerate((conversation.agent_turns, conversation.customer_turns)):
        _add(features, PAST + 2 * side + who, past[who], ever * unit(count))
    return features


def _marked(field: int, marks: Sequence[int], value: float) -> Features:
    """Give the features of some marks."""
    start = field << CODE_BITS
    return {start + mark: value for mark in marks}


def _add(features: Features, field: int, values: Features, weight: float) -> None:
    """Put a field's values among the features."""
    start = field << CODE_BITS
    for bucket, value in values.items():
        features[start + bucket] = value * weight


# Where a count of a conversation's mood marks ends.
_MOST = 15
# Exclamation or question marks that are as telling as more of them.
_MANY = 3
# Turns of one side after which the last one is soon but one of many.
_FEW = 4
# Turns within which saying the same again is repeating oneself.
_RECENT = 6
