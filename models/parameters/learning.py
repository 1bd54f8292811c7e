"""How the models learn: the section `learning` of the parameters."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from models.parameters.section import Section
from models.text.cold_start import ColdText

FamilyName = Literal[
    "contacts", "claims", "surveys", "language", "promises", "history", "tallies", "cases", "own", "clocks"
]
"""Families of numeric features; `models.features` has a file each."""

WordName = Literal["circumstances", "own", "own_by_year", "trail", "gaps", "calendar", "dates", "hour"]
"""Families of hashed categories; `models.features.categories` has a function each."""

LineName = Literal["adagrad", "ftrl"]
"""Learners of risk; `models.risk_learner` has one each."""


class LearningParams(Section):
    """How the risk models learn."""

    champion: LineName = "adagrad"
    """Learner whose predictions count, until a command promotes the other."""

    challenger: LineName | None = None
    """Learner that learns and scores in the shadow, to be compared; none by default, because it doubles the cost."""

    families: tuple[FamilyName, ...] = get_args(FamilyName)
    """Families of numeric features that the models learn from. All, unless a company's events are of another kind:
    where there are no contacts, what counts them only blurs."""

    words: tuple[WordName, ...] = ("circumstances", "own", "own_by_year", "trail", "gaps", "calendar", "dates")
    """Families of hashed categories that the models learn from. All but the single `hour`, which few companies have
    complaints enough to learn; fewer where the company's own fields say all that the others repeat."""

    crosses: tuple[tuple[str, ...], ...] = ()
    """Own fields that only together say something, such as `["article", "series", "points"]`: a linear model cannot
    find that out by itself. None by default, because only the company knows."""

    score_card: float = Field(default=0.3, ge=0)
    """What each item of the score card weighs before anything is learned, in log-odds per standard deviation: rules
    that anybody would start from, and that what is learned overrules."""

    base_rate_7d: float = Field(default=0.006, gt=0, lt=1)
    """Where the intercept starts: on rare labels a start at the base rate is worth more than any learner."""

    base_rate_30d: float = Field(default=0.02, gt=0, lt=1)
    """The same for 30 days."""

    learning_rate: float = Field(default=0.02, gt=0)
    """Step of AdaGrad."""

    damping: float = Field(default=1.0, gt=0)
    """Added to AdaGrad's sum of squares. Without it the first step of a new weight is a whole learning rate however
    small the gradient is, and on rare labels dozens of new buckets per example drown the signal."""

    memory: float = Field(default=0.9999, gt=0, le=1)
    """Share of a weight's sum of squares that is left each time its feature comes: after 7,000 comings half is
    forgotten, and the step never shrinks to nothing. How fast the model follows a change of the times."""

    intercept_rate: float = Field(default=0.01, gt=0)
    """Step of the intercept: how fast the model follows the rate of complaints."""

    l2: float = Field(default=0.0, ge=0)
    """Ridge penalty."""

    learned_weights: int = Field(default=50_000, ge=100)
    """Most buckets that a model learns; beyond them the smallest weights are let go."""

    frozen_weights: int = Field(default=4_000, ge=10)
    """Most buckets of a model in a snapshot, the largest weights: with half of them AUC falls by less than .001."""

    calibration_half_life: float = Field(default=2_000.0, gt=0)
    """Final labels after which one counts half for calibration: measured in `models.calibration`, this follows a rate
    that trebles within weeks and costs next to nothing where none does."""

    calibration_prior: float = Field(default=1.0, gt=0)
    """How many times the calibration's prior counts: what it takes to move it. Each move shifts the customers of today
    against those of last year. Where one order must hold for years, and the model itself follows the rate, hundreds
    keep it."""

    judged: int = Field(default=5_000, ge=100)
    """Newest final labels per horizon that quality is told of."""

    snapshot_examples: int = Field(default=25, ge=1)
    """Fewest predictions between two snapshots. Counted, not timed, so that a snapshot never depends on a clock."""

    snapshot_growth: float = Field(default=0.1, ge=0)
    """Share of all predictions so far that must be new before the next snapshot, unless `snapshot_hours` have passed:
    one that has seen a tenth more says little else, and each is as large as a few hundred events."""

    snapshot_minutes: float = Field(default=1.0, ge=0)
    """Least event time between two snapshots. While little is known each of many predictions is a tenth more: without
    this, a new learner at 1,000 events a second makes two snapshots a second, which scoring has to take in."""

    snapshot_hours: float = Field(default=24.0, gt=0)
    """Event time after which the next snapshot is due all the same: models a day old rank as well as fresh ones."""

    sentiment_trust: float = Field(default=200.0, gt=0)
    """Rated comments after which the learned text model counts as much as the lexicon."""

    cold_text: ColdText = "lexicon"
    """What reads texts before anything is rated: the `lexicon` alone, or an `embedding` model with it, which knows
    likeness where the lexicon knows words. It gives way in a straight line until a quarter of `sentiment_trust` is
    rated. Not the default: it needs an extra of 91 MB, and about 30 ms per turn until then."""
