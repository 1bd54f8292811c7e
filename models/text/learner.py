"""The learner of the text model: rated conversations, and turns that needed a person, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.text.conversation import Turn
from models.text.fields import HANDOVER, MOOD, handover_features, mood_features
from models.text.head import Example, HeadLearner
from models.text.platt import sigmoid
from schemas.snapshots import TextWeights

DISSATISFIED = -0.25
"""Below this rating in [-1, 1] a customer is dissatisfied."""

SOFTNESS = 0.2
"""How far from there a rating is beyond doubt: soft labels are worth .01 of AUC, and any softness does (.12 to .4)."""

PREFIX_WEIGHT = 0.2
"""What each start of a conversation counts, where the whole counts 1. With .05 the first turn loses; with .5 the
whole."""


class TextLearner:
    """Learns both heads of the text model.

    Parameters
    ----------
    max_weights
        Weights that each head keeps for learning (> 0).
    """

    def __init__(self, max_weights: int = 30_000) -> None:
        self._max_weights = max_weights
        self._mood = HeadLearner(MOOD, max_weights)
        self._handover = HeadLearner(HANDOVER, max_weights)

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
        starts = [
            Example(features, probability, 1.0 if length == len(turns) else PREFIX_WEIGHT)
            for length, features in mood_features(turns)
        ]
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
        examples = [
            Example(features, float(is_needed), 1.0)
            for features, is_needed in zip(handover_features(turns), needed, strict=True)
            if is_needed is not None
        ]
        for example in examples:
            self._handover.count(example.features)
        self._handover.learn(examples, margin=True)

    def mood_scores(self, turns: Sequence[Turn]) -> list[float]:
        """Score every start of a conversation that ends with a customer turn, and the whole."""
        return [self._mood.score(features) for _, features in mood_features(turns)]

    def handover_scores(self, turns: Sequence[Turn]) -> list[float]:
        """Score every turn."""
        return [self._handover.score(features) for features in handover_features(turns)]

    def frozen(self, mood_weights: int = 7000, handover_weights: int = 3000) -> TextWeights:
        """Give what scorers need: of each head that many of the weights that move scores most."""
        return TextWeights(mood=self._mood.frozen(mood_weights), handover=self._handover.frozen(handover_weights))

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        return {"mood": self._mood.to_plain(), "handover": self._handover.to_plain()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], max_weights: int = 30_000) -> TextLearner:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        learner = cls(max_weights)
        learner._mood = HeadLearner.from_plain(plain["mood"], MOOD, max_weights)
        learner._handover = HeadLearner.from_plain(plain["handover"], HANDOVER, max_weights)
        return learner


def dissatisfaction(rating: float) -> float:
    """Say how far a rating in [-1, 1] is one of a dissatisfied customer (0 to 1)."""
    return sigmoid((DISSATISFIED - rating) / SOFTNESS)
