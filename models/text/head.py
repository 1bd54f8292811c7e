"""One question to a conversation, learned online: rare grams count more, and scores become log-odds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.text.arow import AROWRegressor
from models.text.fields import Features, Layout
from models.text.packing import pack, pack_ascending, unpack, unpack_ascending
from models.text.platt import Platt, best_threshold
from models.text.tokens import CODE_BITS
from schemas.snapshots import HeadWeights, SparseWeights

RECENT = 2000
"""Latest scores that the threshold is chosen from."""

SCORE_STEPS = 1000
"""Steps of a kept score per unit."""


class Example(NamedTuple):
    """A question at one time of a conversation, and its answer."""

    features: Features
    """What was known."""
    probability: float
    """How far the answer was yes (0 to 1)."""
    weight: float
    """How much the example counts (> 0)."""


class HeadLearner:
    """Learns one question.

    Parameters
    ----------
    layout
        The head's fields.
    max_weights
        How many weights are kept for learning (> 0).
    """

    def __init__(self, layout: Layout, max_weights: int) -> None:
        self.examples_seen = 0
        self._layout = layout
        self._model = AROWRegressor(r=layout.caution, max_weights=max_weights)
        self._counts: dict[int, int] = {}
        self._documents = 0
        self._mean, self._weight = 0.0, 0.0
        self._platt = Platt()
        self._recent: deque[int] = deque(maxlen=RECENT)

    def count(self, features: Iterable[int]) -> None:
        """Take note of the features that occur in one document: they become less rare."""
        self._documents += 1
        counts = self._counts
        for word in {word for feature in features if (word := self._word(feature)) is not None}:
            counts[word] = counts.get(word, 0) + 1

    def score(self, features: Features) -> float:
        """Predict, about -1 for no to 1 for yes."""
        return self._model.predict_one(self._weighed(features))

    def learn(self, examples: Sequence[Example], margin: bool = False) -> None:
        """Learn the answers of one conversation.

        All are scored before any is learned: the next turn of the same conversation is no news, and a threshold or a
        probability that is measured on it would be wrong about the next conversation.

        Parameters
        ----------
        examples
            What was known at several times, and the answer.
        margin
            Whether an answer that was right by a margin teaches nothing.
        """
        self.examples_seen += bool(examples)
        for example in examples:
            self._record(self.score(example.features), example)
        self.rehearse(examples, margin)

    def rehearse(self, examples: Sequence[Example], margin: bool = False) -> None:
        """Learn examples that were learned before: nothing is counted again, and no score is of anything new."""
        for features, probability, weight in examples:
            values, target = self._weighed(features), 2.0 * probability - 1.0
            if not margin or target * self._model.predict_one(values) <= 1.0:
                self._model.learn_one(values, target, weight)
        if len(self._counts) > self._model.max_weights * _SLACK:
            self._forget()

    def frozen(self, max_weights: int) -> HeadWeights:
        """Give the weights that move scores most, features ascending."""
        kept = sorted(self._model.by_importance()[:max_weights])
        folded = [float(f"{self._model.weights[feature] * self._rarity(feature):.3g}") for feature in kept]
        return HeadWeights(
            bias=self._model.bias,
            hashed=SparseWeights(buckets=tuple(kept), weights=tuple(folded)),
            mean=self._mean,
            slope=self._platt.slope,
            offset=self._platt.offset,
            threshold=best_threshold([steps / SCORE_STEPS for steps in self._recent], self._platt),
            examples_seen=self.examples_seen,
        )

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, packed."""
        words = sorted(self._counts)
        return {
            "examples": self.examples_seen,
            "model": self._model.to_plain(),
            "words": pack_ascending(words),
            "counts": pack(self._counts[word] for word in words),
            "documents": self._documents,
            "mean": [self._mean, self._weight],
            "platt": self._platt.to_plain(),
            "scores": pack(self._recent),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], layout: Layout, max_weights: int) -> HeadLearner:
        """Go on where `to_plain` left off, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        head = cls(layout, max_weights)
        head.examples_seen = plain["examples"]
        head._model.restore(plain["model"])
        head._counts = dict(zip(unpack_ascending(plain["words"]), unpack(plain["counts"]), strict=True))
        head._documents = plain["documents"]
        head._mean, head._weight = plain["mean"]
        head._platt = Platt.from_plain(plain["platt"])
        head._recent.extend(unpack(plain["scores"]))
        return head

    def _record(self, score: float, example: Example) -> None:
        """Learn what scores mean from one that was given before its answer was known."""
        is_yes = example.probability > 0.5
        self._platt.learn(score, is_yes, example.weight)
        self._recent.append(round(score * SCORE_STEPS))
        self._weight += example.weight
        self._mean += (2.0 * example.probability - 1.0 - self._mean) * example.weight / self._weight

    def _word(self, feature: int) -> int | None:
        """Give the word that a feature is about: whose, and which; none for a mark."""
        side = self._layout.sides[feature >> CODE_BITS]
        return None if side == _NO_WORDS else side << CODE_BITS | feature & _BUCKET

    def _rarity(self, feature: int) -> float:
        """Say by what a feature's value is multiplied: the root of its inverse document frequency."""
        word = self._word(feature)
        if word is None:
            return 1.0
        return math.sqrt(math.log(max((self._documents + 2) / (self._counts.get(word, 0) + 1), _LEAST_RARITY)))

    def _weighed(self, features: Features) -> Features:
        """Let rare features count more."""
        return {feature: value * self._rarity(feature) for feature, value in features.items()}

    def _forget(self) -> None:
        """Forget how often words occurred of which no weight is left."""
        left = {self._word(feature) for feature in self._model.weights}
        self._counts = {word: count for word, count in self._counts.items() if word in left}


_NO_WORDS = 2
# Words beyond the weights before they are cleared away: not after every conversation.
_SLACK = 1.25
_BUCKET = (1 << CODE_BITS) - 1
# Even a word that everybody says says a little.
_LEAST_RARITY = 1.02
