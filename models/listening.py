"""What we hear in a text: how it feels, and whether it threatens, by lexicon and learned model together."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from models.lexicon import Category
from models.sentiment import combine, grams, read
from models.text_model import TextModel
from schemas.snapshots import SentimentWeights

_THREATS = Category.REGULATOR | Category.EXPOSURE | Category.LEGAL

LEAST_ANGER = -0.2
"""A text must feel at least this bad for a word such as "lawyer" to be a threat and not a topic."""


class Heard(NamedTuple):
    """What was heard in one text of a customer."""

    polarity: float
    """How it feels, in [-1, 1]; 0 where nothing is known."""
    is_threat: bool
    """Whether it names a regulator, a lawyer or the public, and not in good humour."""


class Hear(Protocol):
    """Reads a text."""

    def __call__(self, text: str) -> Heard:
        """Return what is heard in it."""


class Listener:
    """Hears with the lexicon and with the text model of one snapshot.

    Parameters
    ----------
    weights
        The frozen text model.
    trust
        Rated comments after which it counts as much as the lexicon (> 0).
    """

    def __init__(self, weights: SentimentWeights, trust: float) -> None:
        self._model = TextModel(weights)
        self._seen = weights.examples_seen
        self._trust = trust

    def hear(self, text: str) -> Heard:
        """Read a text."""
        reading = read(text)
        polarity = reading.polarity
        if self._seen:
            polarity = combine(polarity, self._model.shift(grams(text)), self._seen, self._trust)
        return Heard(polarity, bool(reading.categories & _THREATS) and polarity <= LEAST_ANGER)
