"""The text model as scorers get it: frozen plain numbers."""

from __future__ import annotations

from pydantic import Field

from schemas.snapshots import SparseWeights
from schemas.types import Message


class HeadWeights(Message):
    """A frozen linear model on the grams and marks of a conversation; how rare a gram is, is in its weight."""

    bias: float = 0.0
    """Score of a conversation of which nothing is known."""

    hashed: SparseWeights = SparseWeights()
    """Weight of each feature, as `models.text.fields` numbers them; those that move scores most."""

    mean: float = 0.0
    """Mean of what was to be predicted: -1 where nobody was dissatisfied, 1 where all were."""

    slope: float = 2.0
    """What a score is multiplied by to become log-odds."""

    offset: float = 0.0
    """What is then added."""

    threshold: float = 0.0
    """The score above which a yes was right most often (best F1) on the latest examples."""

    examples_seen: int = Field(default=0, ge=0)
    """Conversations learned from."""


class TextWeights(Message):
    """The frozen text model."""

    mood: HeadWeights = HeadWeights()
    """Will this customer be dissatisfied in the end?"""

    handover: HeadWeights = HeadWeights()
    """Does this turn need a person?"""
