"""What the learner publishes: numbered snapshots of its models, as plain data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from schemas.types import Identifier, Message, UtcTime

Horizon = Literal[7, 30]
"""Days within which a complaint is predicted: the names of the short and the long horizon, whose lengths are
parameters (`learning.short_days`, `learning.long_days`)."""

HORIZONS: tuple[Horizon, ...] = (7, 30)
"""Both."""

HorizonKey = Annotated[Horizon, BeforeValidator(int), WithJsonSchema({"type": "string", "enum": ["7", "30"]})]
"""A horizon as the key of a table, which JSON writes as a word."""


class SparseWeights(Message):
    """Weights of hashed features; buckets that are missing weigh zero."""

    buckets: tuple[int, ...] = ()
    """Bucket numbers, ascending."""

    weights: tuple[float, ...] = ()
    """One weight per bucket, in the same order."""

    @model_validator(mode="after")
    def _same_length(self) -> SparseWeights:
        """Refuse lists that do not match."""
        if len(self.buckets) != len(self.weights):
            raise ValueError("buckets and weights must be of one length")
        return self


class RiskWeights(Message):
    """A frozen linear model on the log-odds scale, its scaler folded in, and its calibration.

    raw = intercept + sum(dense[i] * x[i]) + sum(weight of each active bucket); score = slope * raw + offset
    """

    intercept: float
    """Log-odds where every feature is zero."""

    dense: tuple[float, ...]
    """One weight per numeric feature, in the order of `models.features.NAMES`, per unit of the feature."""

    means: tuple[float, ...]
    """Mean of each numeric feature among the examples seen: the population that reasons compare with."""

    hashed: SparseWeights = SparseWeights()
    """Weights of hashed categories and crosses."""

    hashed_mean: float = 0.0
    """What hashed features add to the score on average, in log-odds before calibration: the population's normal."""

    slope: float = Field(default=1.0, gt=0)
    """Calibration: what a unit of log-odds is worth."""

    offset: float = 0.0
    """Calibration: what is added to the log-odds."""


class RiskLine(Message):
    """Both horizons of one line of models: the champion, or a challenger in its shadow."""

    name: Identifier
    """Name of the learner, such as `adagrad`."""

    risk_7d: RiskWeights
    """The model for 7 days."""

    risk_30d: RiskWeights
    """The model for 30 days."""


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


class Quality(Message):
    """Prequential quality of one horizon: predictions judged on labels that matured later."""

    matured: int = Field(ge=0)
    """Matured labels that were judged."""

    positives: int = Field(ge=0)
    """Complaints among them."""

    auc: float | None = None
    """Area under the ROC curve; missing while one class has not been seen."""

    average_precision: float | None = None
    """Area under the precision-recall curve."""

    ece: float | None = None
    """Expected calibration error."""

    brier: float | None = None
    """Mean squared error of the probability."""

    log_loss: float | None = None
    """Mean negative log-likelihood, in nats."""


class Interval(Message):
    """A difference, challenger minus champion, and where it lies with 90 % confidence."""

    difference: float
    """On the predictions as they are."""

    low: float
    """5 % of bootstrap replicates are below."""

    high: float
    """5 % of bootstrap replicates are above."""


class Contest(Message):
    """A challenger compared with the champion on the same predictions, judged on labels that matured later."""

    challenger: Identifier
    """Name of the challenger."""

    examples: int = Field(ge=0)
    """Predictions that both made."""

    positives: int = Field(ge=0)
    """Complaints among them."""

    auc: Interval | None = None
    """Difference in the area under the ROC curve; missing while there are too few to say."""

    average_precision: Interval | None = None
    """Difference in average precision."""

    log_loss: Interval | None = None
    """Difference in log loss, in nats: less is better."""


class ModelWeights(Message):
    """All that a scorer needs of one snapshot."""

    number: int = Field(ge=0)
    """Number of the snapshot; 0 is what a scorer has before the first."""

    at: UtcTime
    """Time of the newest example in it (data time, not wall-clock time)."""

    params_hash: str
    """Hash of the parameters that it was learned with."""

    examples_seen: int = Field(ge=0)
    """Predictions learned from, with what became known of them."""

    positives_seen: int = Field(ge=0)
    """How many of them were followed by a complaint (30 days)."""

    lines: tuple[RiskLine, ...] = Field(min_length=1, max_length=2)
    """The risk models: the learner's own champion first, then the challenger if there is one."""

    quality: dict[HorizonKey, Quality] = Field(default_factory=dict)
    """How good the champion's predictions were on labels that had matured by then; empty before there are any."""

    text: TextWeights = TextWeights()
    """The text model."""


class Learned(Message):
    """How far the examples of one journal partition are learned."""

    partition: int = Field(ge=0)
    """The journal partition."""

    epoch: str
    """Identity of the journal."""

    source: tuple[int, int, int]
    """Journal offset, line and index of the last example learned."""


class Snapshot(Message):
    """A numbered snapshot of the learner: enough to score with, and to go on learning exactly where it was."""

    model: Identifier
    """Name of the model family."""

    format: int = Field(ge=1)
    """Format of `learner`."""

    weights: ModelWeights
    """What scorers get."""

    learned: tuple[Learned, ...]
    """Per journal partition, the last example learned."""

    examples_offset: int = Field(ge=-1)
    """Offset in the examples topic up to which everything is learned; -1 where examples did not come from Kafka."""

    learner: dict[str, Any]
    """Internal state of the learner as plain numbers."""

    contest: dict[HorizonKey, Contest] = Field(default_factory=dict)
    """How a challenger in the shadow compares, per horizon; empty where there is none."""

    signature: str | None = None
    """HMAC-SHA256 of all the rest, in hexadecimal; missing where no key is set."""
