"""The text model as scorers use it: a new turn is added to kept sums, nothing is read again."""

from __future__ import annotations

from collections.abc import Sequence
from operator import getitem
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
    MOOD_MARK_BUCKETS,
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

_Past = tuple[float, float, float, float]

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
        mood, handover = weights.mood, weights.handover
        self.examples_seen = mood.examples_seen
        self._mean, self._bias, self._slope, self._offset = mood.mean, mood.bias, mood.slope, mood.offset
        self._knows_handover = handover.examples_seen > 0
        self._handover_bias, self._threshold = handover.bias, handover.threshold
        *said, marks = _by_field(mood, len(MOOD.sides))
        self._mood_marks = [[marks.get(bucket, 0.0) for bucket in each] for each in MOOD_MARK_BUCKETS]
        self._customer_words = _together(said[ALL_CUSTOMER], said[LAST_CUSTOMER])
        self._agent_words = _together(said[ALL_AGENT], said[LAST_AGENT])
        self._handover_fields = _by_field(handover, len(HANDOVER.sides))

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
        buckets = self._grams_of(turn)
        handover = self._handover_score(conversation, turn, buckets) if self._knows_handover else 0.0
        conversation = self._with(conversation, turn, buckets, polarity)
        score = self._mood_score(conversation) if self.examples_seen else 0.0
        joined = score - LEXICON * conversation.mood / (conversation.customer_turns or 1)
        return conversation, Verdict(
            score,
            self._shift(score),
            probability_of(self._slope * joined + self._offset),
            handover,
            handover > self._threshold,
        )

    def add(self, conversation: Conversation, is_customer: bool, text: str, polarity: float = 0.0) -> Conversation:
        """Take in what was said next, as `hear` does, without asking what the model says of it."""
        turn = Turn(is_customer, tokens(text))
        return self._with(conversation, turn, self._grams_of(turn), polarity)

    def shift(self, conversation: Conversation) -> float:
        """Say how far a conversation sounds from the mean rating: `Verdict.shift`."""
        return self._shift(self._mood_score(conversation)) if self.examples_seen else 0.0

    def _shift(self, score: float) -> float:
        """Say how far a score is from the mean rating; 0 before any rating."""
        return max(-1.0, min(1.0, self._mean - score)) if self.examples_seen else 0.0

    def _grams_of(self, turn: Turn) -> Sequence[int]:
        """Cut a turn into grams; before anything was learned of what its side says, into none."""
        words = self._customer_words if turn.is_customer else self._agent_words
        return grams(turn.codes) if words or self._knows_handover else ()

    def _with(self, conversation: Conversation, turn: Turn, buckets: Sequence[int], polarity: float) -> Conversation:
        """Add a turn to a conversation."""
        sums = self._added(conversation.sums, turn, buckets)
        return conversation.then(turn, sums, polarity if turn.is_customer else 0.0)

    def _added(self, sums: Sums, turn: Turn, buckets: Sequence[int]) -> Sums:
        """Add a turn to the sums."""
        words = self._customer_words if turn.is_customer else self._agent_words
        all_turns = last_turn = 0.0
        for in_all, in_last in filter(None, map(words.get, buckets)):
            all_turns += in_all
            last_turn += in_last
        value = unit(len(buckets))
        all_turns, last_turn = all_turns * value, last_turn * value
        said, past = _NO_HISTORY, sums[-4:]
        if self._knows_handover:
            said, past = self._as_history(turn, buckets, past)
        customer, agent, last_customer, last_agent, _, _, two_before, *_ = sums
        if turn.is_customer:
            return Sums(customer + all_turns, agent, last_turn, last_agent, *said, two_before, *past)
        return Sums(customer, agent + all_turns, last_customer, last_turn, *said, two_before, *past)

    def _mood_score(self, conversation: Conversation) -> float:
        """Score a conversation from its sums and marks."""
        sums = conversation.sums
        customer, agent = conversation.customer_turns, conversation.agent_turns
        score = self._bias + MOOD.mark * sum(map(getitem, self._mood_marks, mood_marks(conversation)))
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
            self._handover_bias
            + HANDOVER.mark * _sum(fields[-1], marks)
            + here * _sum(fields[TURN + side], buckets) * unit(len(buckets))
            + before * (sums.before_customer if side else sums.before_agent)
            + two_before * sums.three_before
            + repeated * _sum(fields[REPEATED + side], known) * unit(len(known))
            + ever * (agent * unit(conversation.agent_turns) + customer * unit(conversation.customer_turns))
        )

    def _as_history(self, turn: Turn, buckets: Sequence[int], past: _Past) -> tuple[tuple[float, float, float], _Past]:
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
        for_agent, for_customer = _sum(fields[PAST + side], words) * each, _sum(fields[PAST + 2 + side], words) * each
        agent_agent, customer_agent, agent_customer, customer_customer = past
        if side:
            return said, (agent_agent, customer_agent + for_agent, agent_customer, customer_customer + for_customer)
        return said, (agent_agent + for_agent, customer_agent, agent_customer + for_customer, customer_customer)


_BUCKET = (1 << CODE_BITS) - 1
_NO_HISTORY = (0.0, 0.0, 0.0)


def _by_field(weights: HeadWeights, count: int) -> list[dict[int, float]]:
    """Give the weights of each field by bucket."""
    fields: list[dict[int, float]] = [{} for _ in range(count)]
    for feature, weight in zip(weights.hashed.buckets, weights.hashed.weights, strict=True):
        fields[feature >> CODE_BITS][feature & _BUCKET] = weight
    return fields


def _together(in_all: dict[int, float], in_last: dict[int, float]) -> dict[int, tuple[float, float]]:
    """Give the weights of a word in all turns of a side and in its last one: a turn is looked up once for both."""
    return {bucket: (in_all.get(bucket, 0.0), in_last.get(bucket, 0.0)) for bucket in in_all | in_last}


def _sum(weights: dict[int, float], buckets: Sequence[int]) -> float:
    """Add up the weights of some buckets; those that are missing weigh nothing."""
    return sum(filter(None, map(weights.get, buckets)), 0.0)
