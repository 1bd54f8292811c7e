"""The learner of the text model: rated conversations, and turns that needed a person, one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from models.log_odds import probability_of
from models.text.conversation import Turn, read_trace, trace_of
from models.text.fields import HANDOVER, MOOD, handover_features, mood_features, of_this_turn
from models.text.head import Example, HeadLearner
from schemas.snapshots import TextWeights

DISSATISFIED = -0.25
"""Below this rating in [-1, 1] a customer is dissatisfied."""

SOFTNESS = 0.2
"""How far from there a rating is beyond doubt: soft labels are worth .01 of AUC, and any softness does (.12 to .4)."""

PREFIX_WEIGHT = 0.2
"""What each start of a conversation counts, where the whole counts 1. With .05 the first turn loses; with .5 the
whole."""

PREFIXES_WEIGHT = 0.5
"""What all starts of a conversation count together at most: one with forty turns is not forty times the news."""


REHEARSED = 20
"""Conversations after which one whose hand-overs are known is learned once more, from its codes. What came between
shows which of its grams mattered: worth .02 to .03 of F1. At once it is worth nothing; ratings gain nothing."""

MAX_WEIGHTS = 15_000
"""Weights that each head keeps for learning."""


class TextLearner:
    """Learns both heads of the text model.

    Parameters
    ----------
    max_weights
        Weights that each head keeps for learning (> 0).
    """

    def __init__(self, max_weights: int = MAX_WEIGHTS) -> None:
        self._max_weights = max_weights
        self._mood = HeadLearner(MOOD, max_weights)
        self._handover = HeadLearner(HANDOVER, max_weights)
        self._rehearsal: deque[tuple[str, list[bool | None]]] = deque()

    @property
    def examples_seen(self) -> int:
        """Rated conversations learned from."""
        return self._mood.examples_seen

    @property
    def conversations_seen(self) -> int:
        """Conversations learned from, by either head."""
        return self._mood.examples_seen + self._handover.examples_seen

    def learn_rating(self, turns: Sequence[Turn], rating: float) -> None:
        """Learn from a conversation, or a comment, and the rating that came with it or later.

        Parameters
        ----------
        turns
            What was said, oldest first.
        rating
            In [-1, 1].

        Raises
        ------
        ValueError
            If `rating` is out of range.
        """
        if not -1.0 <= rating <= 1.0:
            raise ValueError(f"rating must be within [-1, 1], got {rating}")
        probability = dissatisfaction(rating)
        starts = [Example(features, probability, 1.0) for _, features in mood_features(turns)]
        each = min(PREFIX_WEIGHT, PREFIXES_WEIGHT / max(1, len(starts) - 1))
        starts[:-1] = [start._replace(weight=each) for start in starts[:-1]]
        if starts:
            self._mood.count(starts[-1].features)
            self._mood.learn(starts)

    def learn_handover(self, turns: Sequence[Turn], needed: Sequence[bool | None]) -> None:
        """Learn from a conversation of which it is known whether a turn needed a person; None where nobody said.

        Raises
        ------
        ValueError
            If there is not one answer for each turn.
        """
        examples = _handover_examples(turns, needed)
        if not examples:
            return
        for example in examples:
            self._handover.count(of_this_turn(example.features))
        self._handover.learn(examples, margin=True)
        self._rehearsal.append((trace_of(turns), list(needed)))
        if len(self._rehearsal) > REHEARSED:
            trace, answers = self._rehearsal.popleft()
            self._handover.rehearse(_handover_examples(read_trace(trace), answers), margin=True)

    def mood_scores(self, turns: Sequence[Turn]) -> list[float]:
        """Score every start of a conversation that ends with a customer turn, and the whole."""
        return [self._mood.score(features) for _, features in mood_features(turns)]

    def handover_scores(self, turns: Sequence[Turn]) -> list[float]:
        """Score every turn."""
        return [self._handover.score(features) for features in handover_features(turns)]

    def frozen(self, mood_weights: int = 6000, handover_weights: int = 3000) -> TextWeights:
        """Give what scorers need: of each head that many of the weights that move scores most."""
        return TextWeights(mood=self._mood.frozen(mood_weights), handover=self._handover.frozen(handover_weights))

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on as plain data; `from_plain` goes on bit for bit."""
        return {
            "mood": self._mood.to_plain(),
            "handover": self._handover.to_plain(),
            "rehearsal": [[trace, needed] for trace, needed in self._rehearsal],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], max_weights: int = MAX_WEIGHTS) -> TextLearner:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        learner = cls(max_weights)
        learner._mood = HeadLearner.from_plain(plain["mood"], MOOD, max_weights)
        learner._handover = HeadLearner.from_plain(plain["handover"], HANDOVER, max_weights)
        learner._rehearsal.extend((trace, list(needed)) for trace, needed in plain["rehearsal"])
        return learner


def dissatisfaction(rating: float) -> float:
    """Say how far a rating in [-1, 1] is one of a dissatisfied customer (0 to 1)."""
    return probability_of((DISSATISFIED - rating) / SOFTNESS)


def _handover_examples(turns: Sequence[Turn], needed: Sequence[bool | None]) -> list[Example]:
    """Give the turns of which it is known whether they needed a person."""
    return [
        Example(features, float(is_needed), 1.0)
        for features, is_needed in zip(handover_features(turns), needed, strict=True)
        if is_needed is not None
    ]
