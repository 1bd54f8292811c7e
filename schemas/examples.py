"""What the learner learns from: predictions joined with what later turned out true, and rated conversations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.snapshots import HORIZONS, Horizon
from schemas.types import CustomerKey, Message, Polarity, Probability, UtcTime

Source = tuple[int, int, int, int]
"""Journal partition, offset, line, and index within what that line released: each example has one, in log order.

A line that is carried again after a crash, for the customers whose rows were missing, counts anew from 0; what it
releases then was released before, and is not beyond the last source learned.
"""


Phase = Literal["predicted", "complained", "matured", "censored", "corrected"]
"""What an example says about its prediction: it was made and its label is unknown; a complaint came; a horizon ended;
a horizon can no longer end cleanly; a complaint came to light after its horizon had been called quiet."""

CensoredBy = Literal["left", "intervened", "complained_before"]
"""Why a label cannot be believed: the customer left; somebody acted in between; the customer had complained already,
which nobody knew."""

UNKNOWN_LANGUAGE = "unknown"
"""Language of a customer of whom nothing was transcribed."""


class Shadow(Message):
    """A prediction that nobody acted on, to be compared with the one that counted."""

    learner: str
    """Learner whose models made it."""

    score_7d: float
    """Log-odds for 7 days before calibration."""

    score_30d: float
    """Log-odds for 30 days before calibration."""

    probability_7d: Probability
    """What it predicted for 7 days."""

    probability_30d: Probability
    """What it predicted for 30 days."""


class RiskExample(Message):
    """A prediction joined with what is known of its outcome by now; each stands by itself.

    A prediction gives one example when it is made, one for each horizon when it ends, and more if a complaint or a
    censoring comes in between. Which of them move the weights is the label protocol's business (`models.labels`);
    quality is judged on `matured` alone.
    """

    kind: Literal["risk"] = "risk"

    source: Source
    """Where in the journal it was released. What is not beyond the last source learned is a duplicate."""

    epoch: str = ""
    """Identity of the journal that `source` counts in; a journal created anew starts again at 0."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    phase: Phase
    """What it says."""

    horizons: tuple[Horizon, ...] = HORIZONS
    """Which horizons it speaks of."""

    waits_for: tuple[Horizon, ...] = HORIZONS
    """Which horizons the prediction waits for at all: some wait for the short one only."""

    label: bool = False
    """Whether a complaint came within them: final where `phase` is `matured`, unknown where it is `predicted`."""

    censored_by: CensoredBy | None = None
    """Why there is no clean label, where `phase` is `censored`."""

    weight: float = Field(default=1.0, gt=0)
    """How many predictions it stands for: those of a busy customer are thinned out, and the others count more."""

    probability_7d: Probability
    """What was predicted for 7 days."""

    probability_30d: Probability
    """What was predicted for 30 days."""

    score_7d: float
    """Log-odds for 7 days before calibration."""

    score_30d: float
    """Log-odds for 30 days before calibration."""

    learner: str
    """Learner whose models predicted."""

    shadow: Shadow | None = None
    """What the line in the shadow predicted; missing where there is none."""

    level: int = Field(default=0, ge=0, le=4)
    """Highest level among the customer's alerts when it was made, as an index into `LEVELS`."""

    channel: str = "other"
    """Channel of the event that it followed."""

    elder: bool = False
    """Whether the company named age as a driver of vulnerability."""

    language: str = UNKNOWN_LANGUAGE
    """Primary language subtag of what the customer last said, such as `zh`."""

    snapshot: int = Field(ge=0)
    """Number of the snapshot that predicted."""

    predicted_at: UtcTime
    """When it was predicted."""

    released_at: UtcTime
    """When this was known."""

    lead_seconds: float | None = None
    """From the prediction to the complaint, where one came."""

    dense: tuple[float, ...]
    """Numeric features at prediction time, in the order of `models.features.NAMES`."""

    hashed: tuple[int, ...]
    """Active buckets at prediction time."""

    @property
    def challenger_7d(self) -> float | None:
        """What the line in the shadow predicted for 7 days; None where there was none."""
        return None if self.shadow is None else self.shadow.probability_7d

    @property
    def challenger_30d(self) -> float | None:
        """What it predicted for 30 days."""
        return None if self.shadow is None else self.shadow.probability_30d

    def scores_by(self, learner: str) -> dict[Horizon, float] | None:
        """Return the uncalibrated log-odds that a learner's models gave; None where they were not asked."""
        if learner == self.learner:
            return {7: self.score_7d, 30: self.score_30d}
        if self.shadow is not None and learner == self.shadow.learner:
            return {7: self.shadow.score_7d, 30: self.shadow.score_30d}
        return None


class SpokenTurn(Message):
    """One thing that one side said, as codes of its tokens: the words themselves stay in the journal."""

    is_customer: bool
    """Whether the customer said it; all others are the company's side."""

    codes: tuple[int, ...]
    """Its tokens, as `models.text.tokens` hashes them."""


class TextExample(Message):
    """A conversation, or a comment, and what it came to: the rating that came with it or later, or who was needed."""

    kind: Literal["text"] = "text"

    source: Source
    """Where in the journal it was released."""

    epoch: str = ""
    """Identity of the journal that `source` counts in."""

    turns: tuple[SpokenTurn, ...]
    """What was said, oldest first."""

    rating: Polarity | None = None
    """The rating, moved to [-1, 1]; missing where nobody was asked."""

    needed: tuple[bool | None, ...] | None = None
    """Per turn, whether it needed a person; missing where nobody said so of any."""

    released_at: UtcTime
    """When it was known."""


Example = Annotated[RiskExample | TextExample, Field(discriminator="kind")]
EXAMPLE: TypeAdapter[RiskExample | TextExample] = TypeAdapter(Example)
