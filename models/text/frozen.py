"""The text model as scorers use it: a new turn is added to kept sums, nothing is read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.log_odds import probability_of
from models.text.conversation import Conversation, Sums, Turn
from models.text.fields import (
    ALL_AGENT,
    ALL_CUSTOMER,
    BEFORE,
    HANDOVER,
    HANDOVER_WEIGHTS,
    LAST_AGENT,
    LAST_CUSTOMER,
    MOOD,
    MOOD_WEIGHTS,
    PAST,
    REPEATED,
    TURN,
    TWO_BEFORE,
    handover_marks,
    last_weight,
    mood_marks,
    repeats,
    unit,
)
from models.text.tokens import CODE_BITS, grams, tokens
from schemas.snapshots import HeadWeights, TextWeights

LEXICON = 0.1
"""What the lexicon's mean polarity counts beside the learned score: worth .001 to .004 of AUC."""


class Verdict(NamedTuple):
    """What the learned model says after a turn."""

    score: float
    """Dissatisfaction, about -1 for surely content to 1 for surely dissatisfied."""
    shift: float
    """How far the conversation sounds from the mean rating, in [-1, 1]: below 0 is worse. 0 before any rating."""
    probability: float
    """Probability that the customer ends dissatisfied; what ratings so far say if nothing else is known."""
    handover: float
    """Score of this turn needing a person; 0 before any example."""
    needs_person: bool
    """Whether that score is above the threshold."""


class TextModel:
    """The frozen text model of one snapshot.

    Parameters
    ----------
    weights
        As the learner published them.
    """

    def __init__(self, weights: TextWeights) -> None:
        self.examples_seen = weights.mood.examples_seen
        self._mood, self._handover = weights.mood, weights.handover
        self._mood_fields = _by_field(weights.mood, len(MOOD.sides))
        self._handover_fields = _by_field(weights.handover, len(HANDOVER.sides))

    def hear(
        self, conversation: Conversation, is_customer: bool, text: str, polarity: float = 0.0
    ) -> tuple[Conversation, Verdict]:
        """Take in what was said next.

        Parameters
        ----------
        conversation
            What was said before; `Conversation()` at the start.
        is_customer
            Who says it.
        text
            What is said.
        polarity
            What the lexicon reads in it, if the customer says it.

        Returns
        -------
        tuple
            The conversation with this turn, and what the model says of it.
        """
        turn = Turn(is_customer, tokens(text))
        buckets = grams(turn.codes)
        handover = self._handover_score(conversation, turn, buckets) if self._handover.examples_seen else 0.0
        conversation = conversation.then(turn, self._added(conversation.sums, turn, buckets))
        if is_customer:
            conversation = conversation._replace(mood=conversation.mood + polarity)
        score = self._mood_score(conversation) if self.examples_seen else 0.0
        joined = score - LEXICON * conversation.mood / max(1, conversation.customer_turns)
        mood = self._mood
        return conversation, Verdict(
            score,
            max(-1.0, min(1.0, mood.mean - score)) if self.examples_seen else 0.0,
            probability_of(mood.slope * joined + mood.offset),
            handover,
            handover > self._handover.threshold,
        )

    def _added(self, sums: Sums, turn: Turn, buckets: Sequence[int]) -> Sums:
        """Add a turn to the sums."""
        value, mood = unit(len(buckets)), self._mood_fields
        said, past = (0.0, 0.0, 0.0), tuple(sums[-4:])
        if self._handover.examples_seen:
            said, past = self._as_history(turn, buckets, past)
        if turn.is_customer:
            return Sums(
                sums.customer + _sum(mood[ALL_CUSTOMER], buckets) * value,
                sums.agent,
                _sum(mood[LAST_CUSTOMER], buckets) * value,
                sums.last_agent,
                *said,
                sums.two_before,
                *past,
            )
        return Sums(
            sums.customer,
            sums.agent + _sum(mood[ALL_AGENT], buckets) * value,
            sums.last_customer,
            _sum(mood[LAST_AGENT], buckets) * value,
            *said,
            sums.two_before,
            *past,
        )

    def _mood_score(self, conversation: Conversation) -> float:
        """Score a conversation from its sums and marks."""
        sums, marks = conversation.sums, self._mood_fields[-1]
        customer, agent = conversation.customer_turns, conversation.agent_turns
        score = self._mood.bias + MOOD.mark * _sum(marks, [mark & _BUCKET for mark in mood_marks(conversation)])
        if customer:
            score += MOOD_WEIGHTS[ALL_CUSTOMER] * sums.customer * customer**-0.5
        if agent:
            score += MOOD_WEIGHTS[ALL_AGENT] * sums.agent * agent**-0.5
        if customer > 1:
            score += last_weight(LAST_CUSTOMER, customer) * sums.last_customer
        if agent > 1:
            score += last_weight(LAST_AGENT, agent) * sums.last_agent
        return score

    def _handover_score(self, conversation: Conversation, turn: Turn, buckets: Sequence[int]) -> float:
        """Score a turn against what came before."""
        fields, side, sums = self._handover_fields, int(turn.is_customer), conversation.sums
        repetition = repeats(conversation, turn)
        known, marks = repetition.known, handover_marks(conversation, turn, repetition)
        here, before, two_before, repeated, ever = HANDOVER_WEIGHTS
        agent, customer = sums[-4 + 2 * side : -2 + 2 * side or None]
        return (
            self._handover.bias
            + HANDOVER.mark * _sum(fields[-1], [mark & _BUCKET for mark in marks])
            + here * _sum(fields[TURN + side], buckets) * unit(len(buckets))
            + before * (sums.before_customer if side else sums.before_agent)
            + two_before * sums.three_before
            + repeated * _sum(fields[REPEATED + side], known) * unit(len(known))
            + ever * (agent * unit(conversation.agent_turns) + customer * unit(conversation.customer_turns))
        )

    def _as_history(
        self, turn: Turn, buckets: Sequence[int], past: tuple[float, ...]
    ) -> tuple[tuple[float, float, float], tuple[float, ...]]:
        """Score a turn as what the next turns come after.

        Returns
        -------
        tuple
            As what comes before a customer's turn, before an answer, and before the one after that; and the sums of
            all that was said, by who speaks next and who spoke.
        """
        fields, side, value = self._handover_fields, int(turn.is_customer), unit(len(buckets))
        words = list(dict.fromkeys(turn.codes))
        each = unit(len(words))
        said = (
            _sum(fields[BEFORE + 2 + side], buckets) * value,
            _sum(fields[BEFORE + side], buckets) * value,
            _sum(fields[TWO_BEFORE + side], words) * each,
        )
        by_agent, by_customer = list(past[:2]), list(past[2:])
        by_agent[side] += _sum(fields[PAST + side], words) * each
        by_customer[side] += _sum(fields[PAST + 2 + side], words) * each
        return said, (*by_agent, *by_customer)


_BUCKET = (1 << CODE_BITS) - 1


def _by_field(weights: HeadWeights, count: int) -> list[dict[int, float]]:
    """Give the weights of each field by bucket."""
    fields: list[dict[int, float]] = [{} for _ in range(count)]
    for feature, weight in zip(weights.hashed.buckets, weights.hashed.weights, strict=True):
        fields[feature >> CODE_BITS][feature & _BUCKET] = weight
    return fields


def _sum(weights: dict[int, float], buckets: Sequence[int]) -> float:
    """Add up the weights of some buckets; those that are missing weigh nothing."""
    weight_of = weights.get
    total: float = sum([weight_of(bucket, 0.0) for bucket in buckets])
    return total
