"""What the learner learns from: predictions joined with what later turned out true, and rated comments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.snapshots import Horizon
from schemas.types import CustomerKey, Message, Polarity, Probability, UtcTime

Source = tuple[int, int, int, int]
"""Journal partition, offset, line, and index within what that line released: each example has one, in log order."""


class RiskExample(Message):
    """A prediction whose label has matured: the complaint came, or the horizon passed without one."""

    kind: Literal["risk"] = "risk"

    source: Source
    """Where in the journal it was released. What is not beyond the last source learned is a duplicate."""

    epoch: str = ""
    """Identity of the journal that `source` counts in; a journal created anew starts again at 0."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    horizon_days: Horizon
    """Days within which a complaint counts."""

    label: bool
    """Whether a complaint came within the horizon."""

    probability: Probability
    """What was predicted."""

    snapshot: int = Field(ge=0)
    """Number of the snapshot that predicted."""

    predicted_at: UtcTime
    """When it was predicted."""

    released_at: UtcTime
    """When the label was known."""

    dense: tuple[float, ...]
    """Numeric features at prediction time, in the order of `models.features.NAMES`."""

    hashed: tuple[int, ...]
    """Active buckets at prediction time."""


class SentimentExample(Message):
    """A comment and the rating that came with it, as n-gram buckets: the text itself stays in the journal."""

    kind: Literal["sentiment"] = "sentiment"

    source: Source
    """Where in the journal it was released."""

    epoch: str = ""
    """Identity of the journal that `source` counts in."""

    target: Polarity
    """The rating, moved to [-1, 1]."""

    grams: tuple[int, ...]
    """Hashed character n-grams of the comment."""

    released_at: UtcTime
    """When the comment was given."""


Example = Annotated[RiskExample | SentimentExample, Field(discriminator="kind")]
EXAMPLE: TypeAdapter[RiskExample | SentimentExample] = TypeAdapter(Example)
