"""Every threshold, half-life and cap of the core, with its unit and its reason.

Parameters say *how* the core decides; settings (`streams.settings`) say *where* things are. The hash of the
parameters travels on every alert, so that two alerts can be told apart when somebody has turned a knob between.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.aggregates.parameters import AggregateParams
from models.clocks.jurisdiction import Jurisdiction
from models.clocks.packs import load_pack
from models.organisation import Organisation, load_organisation
from models.text.cold_start import ColdText, require
from schemas.errors import ConfigurationError

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


ProtocolName = Literal["matured", "provisional", "instalments", "weighted"]
"""When a label may be believed; `models.labels` has one strategy each."""

FamilyName = Literal[
    "contacts", "claims", "surveys", "language", "promises", "history", "tallies", "cases", "own", "clocks"
]
"""Families of numeric features; `models.features` has a file each."""

WordName = Literal["circumstances", "own", "own_by_year", "trail", "gaps", "calendar", "dates", "hour"]
"""Families of hashed categories; `models.features.categories` has a function each."""

LabelUnit = Literal["customer", "case"]
"""What a complaint is an answer to."""

LineName = Literal["adagrad", "ftrl"]
"""Learners of risk; `models.risk_learner` has one each."""


class _Params(BaseModel):
    """A frozen group of parameters that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class MemoryParams(_Params):
    """How long and how much a customer's row remembers."""

    fast_half_life_days: float = Field(default=3.0, gt=0)
    """Half-life of fast sentiment: about the time between two contacts on one matter."""

    slow_half_life_days: float = Field(default=45.0, gt=0)
    """Half-life of slow sentiment: the customer's own normal, over a claim's life."""

    heat_half_life_days: float = Field(default=10.0, gt=0)
    """Half-life of dissatisfaction heat: most simulated and reported complaints follow within three weeks."""

    duplicate_horizon_days: float = Field(default=14.0, gt=0)
    """An event id seen again within this time counts once; it is remembered for at most twice as long."""

    remembered_ids: int = Field(default=24, ge=1, le=200)
    """Event ids remembered per horizon and customer: 24 take 265 bytes, and few customers have more."""

    late_minutes: float = Field(default=10.0, ge=0)
    """An event this far behind the partition's clock counts as late. It is used all the same, as of its own time."""

    contacts: int = Field(default=12, ge=5, le=50)
    """Inbound contact times remembered; more than 12 in 30 days is already the highest level."""

    pending_claims: int = Field(default=4, ge=1, le=20)
    """Open claims followed per customer; the oldest gives way."""

    cases: int = Field(default=3, ge=1, le=20)
    """Cases whose course is remembered per customer; the one that was quiet for longest gives way."""

    tally_half_life_days: float = Field(default=7.0, gt=0)
    """Half-life of tallies: as long as the horizon that alerts are ranked by. 2 and 21 days ranked no better."""

    promises: int = Field(default=4, ge=1, le=20)
    """Open promises followed per customer; the oldest gives way."""

    evidence: int = Field(default=4, ge=1, le=10)
    """Event ids kept as evidence."""

    conversation_days: float = Field(default=7.0, gt=0)
    """How long the last conversation is kept for a rating to learn from; then its trace is forgotten. As long as the
    short horizon, so that one look at the customer does both."""

    forget_after_days: float = Field(default=730.0, ge=60)
    """A customer of whom nothing has been heard for so long, and with whom nothing is open, is forgotten. Insurers meet
    a policyholder at least once a year, at the renewal; two years of silence are no customer."""

    forget_left_days: float = Field(default=180.0, ge=60)
    """The same after the last contract has ended: what still follows, a last claim or a refund, is over by then."""

    tombstone_after_days: float = Field(default=45.0, ge=1)
    """Time between forgetting a customer and removing what marks the place: longer than the journal is kept, so that
    no replay meets the customer as a stranger."""


class HeatParams(_Params):
    """What each experience adds to dissatisfaction heat, in complaint-equivalents (a complaint adds 3)."""

    voiced_negative: float = 1.0
    """A furious text (polarity -1); milder ones in proportion."""

    bad_rating: float = 1.0
    """The lowest rating; milder ones in proportion."""

    repeat_contact: float = 0.35
    """Each inbound contact after the first within 7 days: asking again is the commonest tremor."""

    friction: float = 0.2
    """Each transfer or bot loop."""

    long_wait: float = 0.3
    """A wait over `wait_minutes`."""

    wait_minutes: float = Field(default=8.0, gt=0)
    """Queue time that customers remember, in minutes."""

    unresolved: float = 0.3
    """A contact marked as not resolved."""

    broken_promise: float = 1.0
    """A promise whose due time passed."""

    claim_stalled: float = 0.8
    """A claim without visible progress for `policy.claim_stalled_hours`, and again each time it doubles."""

    claim_denied: float = 1.2
    """A denial; a partial approval adds half."""

    survey_ignored: float = 0.5
    """A survey left unanswered after a bad contact."""

    threat: float = 1.5
    """Naming the regulator, a lawyer or the public."""

    complaint: float = 3.0
    """A complaint."""

    positive_relief: float = Field(default=0.5, ge=0, le=1)
    """Share of the heat that a delighted text, a top rating or a paid claim takes away."""

    resolved_relief: float = Field(default=0.7, ge=0, le=1)
    """Share of the heat that an action `resolved` takes away; contact alone takes a third of that."""


class StageParams(_Params):
    """When a customer moves between content, dissatisfied, grumbling, complaint and escalated."""

    dissatisfied_heat: float = Field(default=1.0, gt=0)
    """Heat at which a customer who says nothing counts as dissatisfied."""

    calm_heat: float = Field(default=0.4, gt=0)
    """Heat below which everybody is content again. Well below entry, so that nobody flaps."""

    grumble_polarity: float = Field(default=-0.35, ge=-1, le=0)
    """A text at or below this is a grumble."""

    grumble_days: float = Field(default=14.0, gt=0)
    """A grumble not repeated for this long is silence again."""

    complaint_days: float = Field(default=30.0, gt=0)
    """A complaint is over this long after it was lodged; an action `resolved` or a withdrawal ends it at once."""

    survey_answer_hours: float = Field(default=72.0, gt=0)
    """A survey that is not answered by then is taken as silence."""

    @model_validator(mode="after")
    def _hysteresis(self) -> StageParams:
        """Refuse an exit that is not below the entry."""
        if self.calm_heat >= self.dissatisfied_heat:
            raise ValueError("calm_heat must be below dissatisfied_heat")
        return self


class PolicyParams(_Params):
    """When an alert opens, rises, falls and ends."""

    model: bool = True
    """Whether the model decides who is called; without it every rule speaks for itself."""

    budget: float = Field(default=0.045, gt=0, le=1)
    """Share of customers about whom an alert may ask for a call (yellow or higher) per 30 days. The model ranks, the
    budget says how far down the list one can call, and the threshold follows from both."""

    budget_customers: int = Field(default=1_000, ge=1)
    """A partition with fewer customers has the budget of so many: in a small office every alert would be the last."""

    budget_gain: float = Field(default=120.0, gt=0)
    """How fast the threshold moves, in log-odds per share of customers alerted: alerting .8 % too many raises it by
    one."""

    first_threshold: float = -3.3
    """Where the threshold starts, in log-odds of a complaint within 7 days."""

    hold: float = Field(default=0.5, ge=0)
    """An alert that stands stays supported until the score is this far below the threshold, in log-odds."""

    orange_above: float = Field(default=0.7, gt=0)
    """A score this far above the threshold, in log-odds, is orange: twice as likely as yellow."""

    red_above: float = Field(default=1.4, gt=0)
    """A score this far above the threshold, in log-odds, is red: four times as likely as yellow."""

    risk_days: float = Field(default=7.0, gt=0)
    """How long an alert of the model stands without support before it expires: as long as the horizon that its score
    is for. What comes later is another warning."""

    cold_positives: int = Field(default=100, ge=0)
    """Complaints that the model must have learned from before it says that it knows more than the score card of rules
    that it starts from."""

    threat_days: float = Field(default=3.0, gt=0)
    """How long a threat counts as fresh."""

    repeat_yellow: int = Field(default=3, ge=2)
    """Inbound contacts in 7 days for yellow."""

    repeat_orange: int = Field(default=5, ge=2)
    """Inbound contacts in 7 days for orange."""

    unanswered_hours: float = Field(default=48.0, gt=0)
    """Negative feedback without an answer for this long opens an alert; twice as long raises it."""

    claim_stalled_hours: float = Field(default=96.0, gt=0)
    """A pending claim without visible progress for this long opens an alert; twice as long raises it."""

    friction: int = Field(default=3, ge=1)
    """Transfers and bot loops in one contact that make it a bad experience."""

    bad_rating: float = Field(default=-0.5, ge=-1, le=0)
    """Rating on [-1, 1] at or below which a contact was bad."""

    review_days: float = Field(default=3.0, gt=0)
    """An alert that nothing supports for this long falls to what is supported, or expires."""

    cool_down_days: float = Field(default=3.0, ge=0)
    """After an alert ended, the same cause opens again within this time only at a higher level."""

    dismissed_days: float = Field(default=14.0, ge=0)
    """The same after somebody said: false alarm."""

    lapse_days: float = Field(default=3.0, gt=0)
    """An acknowledgement lapses after so long without anything done about the alert: it is then nobody's again."""

    acknowledge_first: bool = False
    """Whether an alert must be acknowledged before it can be resolved. Without it whoever solves it need not say so
    twice."""

    reopen_days: float = Field(default=14.0, ge=0)
    """How long after its end a person may open an alert again."""

    snooze_days: float = Field(default=14.0, gt=0)
    """The longest that an alert can be left alone; who asks for more gets this."""

    snooze_up_to: Literal["none", "blue", "yellow", "orange", "red"] = "yellow"
    """An alert that is left alone and rises no further than this stays silent until then; above it is told at once."""

    inhibit: bool = True
    """Whether a red alert that was told keeps the yellow and blue ones of its customer back while it stands."""

    silence_look_hours: float = Field(default=1.0, gt=0)
    """How often an alert that a silence hides is looked at, so that it is told soon after somebody ends that early."""

    @model_validator(mode="after")
    def _ordered(self) -> PolicyParams:
        """Refuse thresholds that are not in the order of the levels."""
        if self.orange_above >= self.red_above:
            raise ValueError("orange_above must be below red_above")
        if self.repeat_yellow >= self.repeat_orange:
            raise ValueError("repeat_yellow must be below repeat_orange")
        return self


class LedgerParams(_Params):
    """What is owed an answer, and for how long."""

    feedback_days: float = Field(default=30.0, gt=0)
    """Feedback that nobody has answered for so long has expired: as long as the long horizon, after which the past
    speaks no more."""

    open_feedback: int = Field(default=8, ge=1, le=50)
    """Pieces of feedback that wait per customer; beyond them the first gives way, and the ledger says that it expired.
    Few customers have more than two, and each takes about a hundred bytes of the row."""

    praise_polarity: float = Field(default=0.35, ge=0, le=1)
    """A text at or above this is praise, and owed thanks: as far from neutral as a grumble."""


class LabelParams(_Params):
    """Which predictions become examples, and when their labels are believed."""

    protocol: ProtocolName = "instalments"
    """When a label may be believed: `matured` holds both classes until the horizon ends; `provisional` learns at once
    that no complaint came, and takes that back when one does; `instalments` does so bit by bit, as the quiet lasts;
    `weighted` corrects `provisional` by importance weights."""

    instalments: tuple[float, float] = (0.3, 0.4)
    """Shares of a negative that `instalments` learns at the prediction and when the short horizon has ended; the rest
    follows at the end of the long one. The short model learns the rest when the short horizon ends."""

    short_days: float = Field(default=7.0, gt=0)
    """Length of the horizon that messages call 7d. Other lengths are for data of another kind: a fine is appealed
    within half a year."""

    long_days: float = Field(default=30.0, gt=0)
    """Length of the horizon that messages call 30d."""

    grace_days: float = Field(default=7.0, ge=0)
    """How long after the longer horizon a late record of a complaint still corrects its label."""

    pending: int = Field(default=4, ge=1, le=8)
    """Predictions per customer that wait for the end of the short horizon: bounds the row, and stops loud customers
    from dominating."""

    thinning: float = Field(default=0.5, gt=0, le=1)
    """From the third that waits on, each multiplies the next one's chance of being kept by this; one that is kept
    stands for as many as its chance says."""

    spacing_days: float = Field(default=1.0, ge=0)
    """Least time between two kept predictions of one customer: closer ones say the same."""

    long_spacing_days: float = Field(default=7.0, ge=0)
    """Least time between two that also wait for the end of the long horizon."""

    unit: LabelUnit = "customer"
    """Which predictions a complaint answers: all that wait about its `customer`, or, where both name one, only those
    made after an event of the same `case`. By customer, unless one customer has several cases at once and a complaint
    is about one of them: the quiet of the others is then no fault of the model."""

    deeds: tuple[str, ...] = ()
    """After which deeds predictions become examples, such as `claim:Resolved`; empty for all. For companies whose
    complaints answer one step only, and whose other steps are many: what is learned from them blurs the one."""

    intervened_share: float = Field(default=0.5, ge=0, le=1)
    """How much of a negative stays learned where somebody acted in between: nobody knows whether the customer would
    have complained. 0 forgets it, 1 takes it as clean."""

    @model_validator(mode="after")
    def _ordered(self) -> LabelParams:
        """Refuse horizons that are not in order."""
        if self.short_days >= self.long_days:
            raise ValueError("short_days must be below long_days")
        if min(self.instalments) < 0 or sum(self.instalments) > 1:
            raise ValueError("instalments must be shares that add up to at most 1")
        return self


class LearningParams(_Params):
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


class Params(_Params):
    """All parameters of the core."""

    memory: MemoryParams = MemoryParams()
    """How long and how much a row remembers."""
    heat: HeatParams = HeatParams()
    """What each experience adds to dissatisfaction."""
    stages: StageParams = StageParams()
    """When a customer changes stage."""
    policy: PolicyParams = PolicyParams()
    """When an alert opens, rises, falls and ends."""
    ledger: LedgerParams = LedgerParams()
    """What is owed an answer, and for how long."""
    labels: LabelParams = LabelParams()
    """Which predictions become examples, and when their labels are believed."""
    learning: LearningParams = LearningParams()
    """How the models learn."""
    aggregates: AggregateParams = AggregateParams()
    """When alerts of many customers become one about what they have in common."""
    organisation: Organisation = Organisation()
    """Who answers for alerts, by when, and for how many a day; nobody by default. Usually it has a file of its own,
    which `FORESHOCK_ORGANISATION` names."""
    jurisdiction: Jurisdiction = Jurisdiction()
    """Which complaints the law gives how long; none by default. It comes from the pack that `FORESHOCK_PACK` names."""

    def digest(self) -> str:
        """Return 12 hexadecimal digits that change when any parameter does, but for those of aggregates."""
        # Whoever has no organisation, or no pack, has the hash of before there were any.
        # What aggregates are decided by has a hash of its own: no customer's row follows from it.
        without = {"aggregates"} | ({"organisation"} if not self.organisation.units else set())
        without |= {"jurisdiction"} if not self.jurisdiction.clocks else set()
        plain = self.model_dump(exclude=without)
        if not self.jurisdiction.clocks:
            # Without a clock that runs, who looks at clocks sees what those see who do not.
            plain["learning"]["families"] = [each for each in self.learning.families if each != "clocks"]
        canonical = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(canonical).hexdigest()[:12]


def load_params(path: Path | None, organisation: Path | None = None, pack: str | None = None) -> Params:
    """Read parameters from the table `[params]` of a TOML file; what it does not name keeps its default.

    Parameters
    ----------
    path
        The file; None for the defaults.
    organisation
        A file with the units, owners and clocks, which become the section `organisation`.
    pack
        Name or path of a jurisdiction's pack, which becomes the section `jurisdiction`.

    Raises
    ------
    ConfigurationError
        If a file cannot be read or a value cannot be, if both files have an organisation, or if a parameter asks for
        a package that is not installed; the text names the parameter.
    """
    params = Params() if path is None else _read(path)
    if organisation is not None:
        if params.organisation.units:
            raise ConfigurationError(
                f"{path} has a table params.organisation, and {organisation} is an organisation too: keep one"
            )
        params = params.model_copy(update={"organisation": load_organisation(organisation)})
    if pack is not None:
        params = params.model_copy(update={"jurisdiction": load_pack(pack)})
    require(params.learning.cold_text)
    return params


def _read(path: Path) -> Params:
    """Read the file of parameters."""
    try:
        return Params.model_validate(tomllib.loads(path.read_text(encoding="utf-8")).get("params", {}))
    except OSError as error:
        raise ConfigurationError(f"cannot read parameters from {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        told = "; ".join(f"params.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {told}") from error
